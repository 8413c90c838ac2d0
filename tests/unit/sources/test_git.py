"""Git reaches the one address that was checked, follows nobody and runs nothing that a repository asks for."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.doubles.site import Reply, serving
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
