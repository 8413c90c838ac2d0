"""A Git repository, on this machine or over https: the files of one branch, fetched without history.

Nothing is checked out; files are read from git's own store. Over https the host's address is checked by `guard` and
pinned for git, which resolves nothing and follows no redirect.
"""

import asyncio
import fnmatch
import re
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from pincite.guard import UnsupportedType
from pincite.sources.domain import (
    BadSource,
    Found,
    Pattern,
    Place,
    Recall,
    SecretName,
    SourceUnreachable,
    Tools,
    Trouble,
)
from pincite.sources.git import Git, sign_in
from pincite.sources.names import is_byproduct
from pincite.sources.paths import whole_path

# What git allows (git-check-ref-format) and no refspec reads otherwise.
_BRANCH = re.compile(
    r"(?!-)(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\./][^\x00-\x20\x7f~^:?*\[\\]{0,200}(?<![./])"
)
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_HEAD = "refs/pincite/head"
_OLDEST = (2, 37)  # knows http.curloptResolve
_FILES = frozenset({"100644", "100755"})  # a link leads elsewhere, a submodule is another repository


class GitOptions(BaseModel):
    """What a repository takes besides its path or address."""

    model_config = ConfigDict(extra="forbid")

    branch: str | None = Field(None, max_length=500, description="Default is the repository's own.")
    within: str = Field("", max_length=500, description="Only what is below this folder, such as docs.")
    only: list[Pattern] = Field([], max_length=100, description="Patterns such as `*.md`; a file must fit one of them.")
    token: SecretName | None = Field(
        None, description="Variable with a token to read it by, such as PINCITE_SECRET_GIT."
    )


class GitSource:
    """Files by their path in the branch; one has changed when the hash of its content has."""

    kind: ClassVar[str] = "git"
    options: ClassVar[type[BaseModel]] = GitOptions
    every_s: ClassVar[int] = 3600
    one_by_one: ClassVar[bool] = False
    forgets: bool = True
    partly: Trouble | None = None

    def __init__(self, place: Place, options: GitOptions, tools: Tools) -> None:
        if options.branch is not None and not _BRANCH.fullmatch(options.branch):
            raise BadSource("The branch has no name that git knows.", remedy="Give it as main.")
        self._options = options
        self._tools = tools
        self._folder = tools.cache / "git" / place.source_id
        self._local = self.local_path(place.location)
        self._where = str(self._local) if self._local else tools.fetcher.normal(place.location)
        self._protocol = "file" if self._local else urlsplit(self._where).scheme
        if self._protocol == "http":
            host, port = _host_of(self._where)
            if not tools.fetcher.outbound.is_allowed(host, port):
                raise BadSource("A repository is read over https, not http.", remedy="Give its https address.")

    @classmethod
    def local_path(cls, location: str, /) -> Path | None:
        """Return the repository's folder, where it is on this machine. Raises: BadSource."""
        return None if "://" in location else whole_path(location)

    def watched(self) -> Path | None:
        """Return None: a repository changes in many small steps."""
        return None

    async def find(self, _recall: Recall, /) -> AsyncGenerator[Found, None]:
        """Show the files of the branch. Raises: SourceUnreachable, AddressRefused."""
        git = await self._fetched()
        listing = await git.text("ls-tree", "-r", "-z", _HEAD)
        within = self._options.within.strip("/")
        is_none = bool(within)
        for line in listing.split("\0"):
            head, _, path = line.partition("\t")
            mode, _, digest = head.partition(" blob ")
            if mode not in _FILES or not path.startswith(f"{within}/" if within else ""):
                continue
            is_none = False
            name = path.removeprefix(f"{within}/" if within else "")
            if self._is_wanted(name) and not is_byproduct(name.rpartition("/")[2]):
                spelled = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                yield Found(spelled, shown, digest, partial(_read, git, digest))
        if is_none:
            self.partly = Trouble(
                "nothing-found", f"There is no file below {within} on the branch.", "Check the option `within`."
            )

    async def _fetched(self) -> Git:
        """Bring the branch's newest commit here, unless it is here; a store that was damaged is made anew."""
        git = Git(self._folder, self._protocol, await self._config())
        wanted = f"refs/heads/{self._options.branch}" if self._options.branch else "HEAD"
        said = await git.text("ls-remote", "--", self._where, wanted)
        commit = next((line.split("\t")[0] for line in said.splitlines() if line.endswith(f"\t{wanted}")), "")
        if not commit and self._options.branch is None:
            raise SourceUnreachable(
                f"{self._where} has nothing on the branch that is its own.",
                remedy="Put a first commit there, or name a branch with `branch`.",
            )
        if not commit:
            raise SourceUnreachable(
                f"{self._where} has no branch {self._options.branch}.", remedy="Check the branch's name."
            )
        try:
            if (await git.text("rev-parse", "--verify", "--quiet", _HEAD)).strip() == commit:
                return git
            await self._bring(git, wanted)
        except SourceUnreachable:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            await self._bring(git, wanted)
        return git

    async def _bring(self, git: Git, wanted: str) -> None:
        if not (self._folder / "HEAD").exists():
            await git.text("init", "--bare", "--quiet", "--template=", str(self._folder))
        fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        await git.text(*fetch, "--", self._where, f"+{wanted}:{_HEAD}")

    async def _config(self) -> dict[str, str]:
        if self._protocol == "file":
            return {}
        await self._refuse_old()
        host, port = _host_of(self._where)
        addresses = await self._tools.fetcher.outbound.addresses(host, port)
        spelled = ",".join(f"[{each}]" if ":" in each else each for each in addresses[:4])
        pinned = {"http.curloptResolve": f"{host}:{port}:{spelled}"}
        return pinned if self._options.token is None else pinned | sign_in(self._tools.secret(self._options.token))

    async def _refuse_old(self) -> None:
        """Refuse a git that would ask for the host's address by itself. Raises: SourceUnreachable."""
        said = await Git(self._folder, "file", {}).text("version")
        numbers = re.search(r"(\d+)\.(\d+)", said)
        if numbers is None or (int(numbers[1]), int(numbers[2])) < _OLDEST:
            raise SourceUnreachable(f"{said.strip()[:60]} is too old.", remedy="Install git 2.37 or newer.")

    def _is_wanted(self, name: str) -> bool:
        return not self._options.only or any(fnmatch.fnmatch(name, pattern) for pattern in self._options.only)


async def _read(git: Git, digest: str) -> AsyncIterator[bytes]:
    async for piece in git.pieces("cat-file", "blob", digest):
        if piece.startswith(_POINTER):
            raise UnsupportedType(
                "The repository has only a pointer to it (Git LFS), not its content.",
                remedy="Have it read from a folder, a site or a bucket where it is.",
            )
        yield piece


def _host_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
