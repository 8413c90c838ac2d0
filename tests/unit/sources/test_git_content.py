"""What a repository holds that is no content, and branches and folders that are not there or have unusual names."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import kept

from pincite.sources import RunState
from pincite.sources.domain import BadSource

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, Callable[..., None]]:
    """An empty repository, and what runs git in it."""
    root = tmp_path / "repository"
    root.mkdir()
    (tmp_path / "home").mkdir()
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")

    def run(*arguments: str) -> None:
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, env=environment, capture_output=True)

    run("init")
    return root, run


async def test_a_pointer_to_content_elsewhere_is_no_document(
    repository: tuple[Path, Callable[..., None]], tmp_path: Path
) -> None:
    root, run = repository
    (root / "report.pdf").write_text(_POINTER)
    (root / "about.md").write_text(f"A pointer looks like this: {_POINTER}")
    (root / "~$report.docx").write_text("Ann")
    run("add", "--all")
    run("commit", "--message=one")
    async with kept(tmp_path / "home") as room:
        await room.add("git", str(root))
        done = await room.sync()
        assert (done.run.state, done.run.counts.failed, set(await room.texts())) == (
            RunState.DONE,
            1,
            {"place/about.md"},
        )
        (troubled,) = await room.sources.troubled(SCOPE, "place")
        assert troubled.trouble is not None
        assert (troubled.name, "Git LFS" in troubled.trouble.message) == ("place/report.pdf", True)
        (root / "report.pdf").write_text("The valve of unit 7 is red.")
        run("commit", "--all", "--message=two")
        assert (await room.sync()).items == 2


async def test_a_repository_without_a_commit_says_so_and_is_read_from_its_first_on(
    repository: tuple[Path, Callable[..., None]], tmp_path: Path
) -> None:
    root, run = repository
    async with kept(tmp_path / "home") as room:
        await room.add("git", str(root), within="docs")
        said = (await room.sync()).run.trouble
        assert said is not None
        assert "first commit" in said.remedy
        (root / "a.md").write_text("Not below the folder.")
        run("add", "--all")
        run("commit", "--message=one")
        done = await room.sync()
        assert (done.run.state, done.run.trouble and done.run.trouble.code) == (RunState.DONE, "nothing-found")
        (root / "docs").mkdir()
        (root / "docs" / "b.md").write_text("The valve of unit 7 is red.")
        run("add", "--all")
        run("commit", "--message=two")
        done = await room.sync()
        assert (done.items, done.run.trouble) == (1, None)


@pytest.mark.parametrize("branch", ["feature/#12-fix", "größer+1", "v1.0@home", "a--b", "=x"])
async def test_a_branch_may_be_called_what_git_allows(
    repository: tuple[Path, Callable[..., None]], tmp_path: Path, branch: str
) -> None:
    root, run = repository
    (root / "a.md").write_text("The valve of unit 7 is red.")
    run("add", "--all")
    run("commit", "--message=one")
    run("branch", branch)
    async with kept(tmp_path / "home") as room:
        await room.add("git", str(root), branch=branch)
        assert ((done := await room.sync()).run.trouble, done.items) == (None, 1)


@pytest.mark.parametrize(
    "branch",
    ["", "-x", "--upload-pack=x", "a b", "a..b", "a:b", "+a:b", "a*", "a^", "a~1", "a@{1}", ".a", "a/.b", "a.lock",
     "a/", "a//b", "a.", "a\\b", "a\nb", "a\x7f", "[a]", "a.lock/b"],
)  # fmt: skip
async def test_a_branch_that_git_would_read_otherwise_is_refused(tmp_path: Path, branch: str) -> None:
    async with kept(tmp_path) as room:
        with pytest.raises(BadSource):
            await room.add("git", str(tmp_path), branch=branch)
