"""Git reaches the one address that was checked, follows nobody and runs nothing that a repository asks for."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.contract.places import git
from tests.doubles.site import Reply, serving
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import kept

from pincite.guard import DocumentReader, Fetcher
from pincite.guard.outbound import Outbound
from pincite.guard.settings import GuardSettings
from pincite.sources import RunState, Tools
from pincite.sources.adapters.git import GitOptions, GitSource
from pincite.sources.domain import Place, SourceUnreachable


async def test_the_checked_address_is_pinned_and_no_redirect_is_followed(tmp_path: Path) -> None:
    async def names(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with serving() as there, serving() as elsewhere:
        host = f"git.example.com:{there.port}"
        fetcher = Fetcher(Outbound([host], resolver=names))
        tools = Tools(fetcher, DocumentReader(GuardSettings()), {"TOKEN": "very-secret"}.__getitem__, tmp_path)
        path = "/x.git/info/refs?service=git-upload-pack"
        for reply in (Reply(b"no", status=404), Reply(b"", status=302, headers={"location": elsewhere.url + path})):
            there.replies[path] = reply
            source = GitSource(Place("1", f"http://{host}/x.git"), GitOptions.model_validate({"token": "TOKEN"}), tools)
            with pytest.raises(SourceUnreachable) as caught:
                await anext(source.find(_nothing_known))
            assert "very-secret" not in str(caught.value)
        assert set(there.asked) == {path}, "nobody but us knows where git.example.com is"
        assert elsewhere.asked == []


async def _nothing_known(_key: str) -> None:
    return None


async def test_links_submodules_and_hooks_are_left_alone(tmp_path: Path) -> None:
    root, home = tmp_path / "repository", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}

    def run(*arguments: str) -> None:
        who = (
            "-c",
            f"core.hooksPath={os.devnull}",
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b.c",
            "-c",
            "init.defaultBranch=main",
        )
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, env=environment, capture_output=True)

    run("init")
    (root / "real.md").write_text("The valve is red.")
    (root / "link.md").symlink_to("/etc/passwd")
    (root / "r\u00e9sum\u00e9 \u201cnew\u201d.txt").write_text("Pumps are blue.")
    run("add", "--all")
    run("update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,module")
    run("commit", "--message=one")
    run("branch", "other")
    for hook in ("post-checkout", "reference-transaction", "pre-receive"):
        path = root / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran-{hook}\n")
        path.chmod(0o755)
    async with kept(home) as room:
        await room.add("git", str(root), branch="other")
        done = await room.sync()
        assert (done.run.state, done.items) == (RunState.DONE, 2)
        assert set(await room.texts()) == {"place/real.md", "place/r\u00e9sum\u00e9 \u201cnew\u201d.txt"}
        damaged = next((home / "cache" / "git").iterdir())
        (damaged / "HEAD").unlink()
        (root / "real.md").write_text("The valve is green.")
        run("commit", "--all", "--message=two")
        run("branch", "--force", "other")
        assert (await room.sync()).run.counts.changed == 1
    assert list(tmp_path.glob("ran-*")) == []


@pytest.mark.parametrize("documents", [True, False])
async def test_what_was_fetched_goes_with_the_source(tmp_path: Path, documents: bool) -> None:
    cache = tmp_path / "home" / "cache"
    async with git(tmp_path) as place:
        await place.put({"one": "The valve of unit 7 is red."})
        (tmp_path / "home").mkdir()
        async with kept(tmp_path / "home") as room:
            await room.add(place.kind, place.location, **place.options)
            assert (await room.sync()).items == 1
            assert len(list(cache.glob("git/*"))) == 1
            await room.sources.remove(SCOPE, "place", documents=documents)
            async with asyncio.timeout(20):
                while await room.sources.sources(SCOPE) or list(cache.glob("git/*")):
                    await asyncio.sleep(0.02)


async def test_what_another_process_left_of_a_source_that_is_gone_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    cache = tmp_path / "home" / "cache"
    async with git(tmp_path) as place:
        await place.put({"one": "The valve of unit 7 is red."})
        async with kept(tmp_path / "home", chores=True) as room:
            source = await room.add(place.kind, place.location, **place.options)
            (cache / "git" / "gone").mkdir(parents=True)
            (cache / "git" / "gone" / "HEAD").write_text("ref: refs/heads/main")
            async with asyncio.timeout(20):
                while (cache / "git" / "gone").exists() or (await room.ended()).run.number == 0:
                    await asyncio.sleep(0.02)
            assert [path.name for path in cache.glob("git/*")] == [source.id]
