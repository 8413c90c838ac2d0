"""Real places to keep in step, one for each kind: what they hold can be set, and they can be made to fail."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


PLACES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Opened]]] = {"folder": folder, "web": web}
