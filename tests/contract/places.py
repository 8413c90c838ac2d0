"""Real places to keep in step, one for each kind: what they hold can be set, and they can be made to fail."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.doubles.bucket import serving_bucket
from tests.doubles.mail_server import serving_mail
from tests.doubles.site import Reply, serving


@dataclass(frozen=True, slots=True)
class Opened:
    """A place that is open.

    Args:
        kind, location, options, secrets, allowed: how a source is made of it.
        put: makes it hold these texts by name and nothing else.
        fail: makes it fail when it is listed.
        reads: how many contents it gave away so far, where it can count them.
        edits: whether a thing in it can change, and does not go and come anew.
    """

    kind: str
    location: str
    put: Callable[[Mapping[str, str]], Awaitable[None]]
    fail: Callable[[], Awaitable[None]]
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    allowed: Collection[str] = ()
    reads: Callable[[], int] = lambda: 0
    edits: bool = True


@asynccontextmanager
async def folder(tmp: Path) -> AsyncIterator[Opened]:
    """Files, one of them further down."""
    root = tmp / "files"
    root.mkdir()

    async def put(texts: Mapping[str, str]) -> None:
        for path in root.rglob("*.txt"):
            if path.stem not in texts:
                path.unlink()
        for name, text in texts.items():
            path = root / ("deep" if name == "two" else ".") / f"{name}.txt"
            path.parent.mkdir(exist_ok=True)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    async def fail() -> None:
        shutil.rmtree(root)

    yield Opened("folder", str(root), put, fail)


@asynccontextmanager
async def web(tmp: Path) -> AsyncIterator[Opened]:
    """A site with robots.txt, a sitemap and links between its pages."""
    async with serving() as site:
        site.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n", "text/plain")

        async def put(texts: Mapping[str, str]) -> None:
            for path in [path for path in site.replies if path.startswith("/docs/")]:
                del site.replies[path]
            links = "".join(f'<a href="{name}.html">{name}</a>' for name in texts if name != "three")
            site.page("/docs/", f"<html><head><meta name=robots content=noindex></head>{links}</html>")
            for name, text in texts.items():
                site.page(f"/docs/{name}.html", f"<html><body><main><h1>{name}</h1><p>{text}</p></main></body></html>")
            listed = f"<url><loc>{site.url}/docs/three.html</loc></url>" if "three" in texts else ""
            sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
            site.replies["/sitemap.xml"] = Reply(sitemap.encode(), "application/xml")

        async def fail() -> None:
            site.down = True

        def reads() -> int:
            return sum(path.startswith("/docs/") and path != "/docs/" for path in site.given)

        yield Opened("web", f"{site.url}/docs/", put, fail, {"pause_s": 0}, {}, [f"127.0.0.1:{site.port}"], reads)


@asynccontextmanager
async def bucket(tmp: Path) -> AsyncIterator[Opened]:
    """Objects below a prefix, beside others, behind keys."""
    async with serving_bucket("AKTEST") as store:
        store.objects["other/secret.txt"] = b"Not ours."

        async def put(texts: Mapping[str, str]) -> None:
            store.objects = {f"docs/{name}.txt": text.encode() for name, text in texts.items()}
            store.objects["other/secret.txt"] = b"Not ours."

        async def fail() -> None:
            store.down = True

        options = {"endpoint": f"http://127.0.0.1:{store.port}", "key_id": "ID", "key": "KEY"}
        secrets = {"ID": "AKTEST", "KEY": "very secret"}
        allowed = [f"127.0.0.1:{store.port}"]
        yield Opened("bucket", "s3://papers/docs", put, fail, options, secrets, allowed, lambda: len(store.given))


@asynccontextmanager
async def git(tmp: Path) -> AsyncIterator[Opened]:
    """A repository with a working copy, read by its path."""
    root = tmp / "repository"
    root.mkdir()

    def run(*arguments: str) -> None:
        environment = {"PATH": os.defpath, "HOME": str(tmp), "GIT_CONFIG_NOSYSTEM": "1"}
        names = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *names, *arguments], cwd=root, check=True, env=environment, capture_output=True)

    run("init")

    async def put(texts: Mapping[str, str]) -> None:
        for path in root.rglob("*.md"):
            path.unlink()
        for name, text in texts.items():
            (root / "docs" / "deep").mkdir(parents=True, exist_ok=True)
            (root / "docs" / "deep" / f"{name}.md").write_text(text)
        (root / "outside.md").write_text("Not below the folder.")
        run("add", "--all")
        run("commit", "--message=next", "--allow-empty")

    async def fail() -> None:
        shutil.rmtree(root / ".git")

    yield Opened("git", str(root), put, fail, {"within": "docs"})


@asynccontextmanager
async def feed(tmp: Path) -> AsyncIterator[Opened]:
    """A feed whose entries lead to pages, which are all it shows."""
    async with serving() as site:

        async def put(texts: Mapping[str, str]) -> None:
            entries = ""
            for name, text in texts.items():
                site.page(f"/{name}.html", f"<html><body><h1>{name}</h1><p>{text}</p></body></html>")
                updated = hashlib.sha256(text.encode()).hexdigest()
                entries += f"<entry><id>urn:{name}</id><title>{name}</title><updated>{updated}</updated>"
                entries += f'<link href="/{name}.html"/></entry>'
            body = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{entries}</feed>'
            site.replies["/feed.xml"] = Reply(body.encode(), "application/atom+xml")

        async def fail() -> None:
            site.replies["/feed.xml"] = Reply(b"<html>moved</html>", status=500)

        def reads() -> int:
            return sum(path != "/feed.xml" for path in site.given)

        options = {"keep": False, "pause_s": 0}
        yield Opened("feed", f"{site.url}/feed.xml", put, fail, options, {}, [f"127.0.0.1:{site.port}"], reads)


@asynccontextmanager
async def imap(tmp: Path) -> AsyncIterator[Opened]:
    """A mailbox, whose messages never change: another text is another message."""
    async with serving_mail("ann", "pass word") as mail:
        uids: dict[str, int] = {}

        async def put(texts: Mapping[str, str]) -> None:
            for text in texts.values():
                uids.setdefault(text, len(uids) + 1)
            mail.messages = {
                uids[text]: f"From: a@b.example\r\nSubject: {name}\r\n\r\n{text}\r\n".encode()
                for name, text in texts.items()
            }
            mail.messages[99] = b"Subject: gone\r\n\r\nMarked as deleted.\r\n"
            mail.deleted = {99}

        async def fail() -> None:
            mail.down = True

        options = {"user": "ann", "password": "MAIL"}
        allowed = [f"127.0.0.1:{mail.port}"]
        yield Opened("imap", f"imap://127.0.0.1:{mail.port}/INBOX", put, fail, options, {"MAIL": "pass word"}, allowed,
                     lambda: len(mail.given), edits=False)  # fmt: skip


PLACES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Opened]]] = {
    "folder": folder,
    "web": web,
    "bucket": bucket,
    "git": git,
    "feed": feed,
    "imap": imap,
}
