"""Runs `git` as a child that reads no configuration, runs no hook, asks nothing and reaches one checked address.

Which repository, and what of it is wanted, is the business of `adapters/git.py`.
"""

import asyncio
import base64
import contextlib
import os
import resource
import shutil
import signal
import ssl
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from pincite.sources.domain import DISTRUSTED, SourceUnreachable

_LIMIT_S = 900.0
_END_S = 10.0
_PIECE = 1 << 20
_KEPT = 1 << 16  # bytes of complaints
_SAID = 300
# Everything that could run a program, ask somebody, follow a redirect or reach another place is off.
_SAFE = {
    "protocol.allow": "never",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "http.followRedirects": "false",
    "http.proxy": "",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "transfer.credentialsInUrl": "die",
    "fetch.uriProtocols": "",
    "transfer.bundleURI": "false",
    "core.bigFileThreshold": "16m",
    "pack.windowMemory": "64m",
}
_MOST_TEXT = 256 << 20
# What one process of git's may use: a server could send a repository without end.
_LIMITS = ((resource.RLIMIT_FSIZE, 8 << 30), (resource.RLIMIT_AS, 16 << 30))


_Run = tuple[asyncio.subprocess.Process, asyncio.Task[str]]  # with what git complained of, once it has ended


class Git:
    """Runs git in one bare repository.

    Args:
        folder: the repository, made by `init`.
        protocol: the one that may be spoken: `file` or `https`, or `http`.
        config: further settings; they are in the child's environment, where a process list does not show them.
    """

    def __init__(self, folder: Path, protocol: str, config: Mapping[str, str]) -> None:
        self._folder = folder
        self._protocol = protocol
        self._config = {**_SAFE, f"protocol.{protocol}.allow": "always", **config}

    async def text(self, *arguments: str) -> str:
        """Run a command and return what it says. Raises: SourceUnreachable."""
        said = bytearray()
        async with aclosing(self.pieces(*arguments)) as pieces:
            async for piece in pieces:
                said += piece
                if len(said) > _MOST_TEXT:
                    raise SourceUnreachable("The repository lists more than can be held.", remedy="Split it.")
        return said.decode("utf-8", "surrogateescape")

    async def pieces(self, *arguments: str) -> AsyncGenerator[bytes]:
        """Run a command and give its output as it comes. Raises: SourceUnreachable, where it fails in the end."""
        async with self._running(arguments) as (process, complaints):
            assert process.stdout is not None
            while piece := await process.stdout.read(_PIECE):
                yield piece
            said = await complaints
            if await process.wait() != 0:
                untrusted = "certificate" in said.lower()
                remedy = DISTRUSTED if untrusted else "Check the repository, its branch and token."
                raise SourceUnreachable(f"git said: {_line(said)}", remedy=remedy)

    @asynccontextmanager
    async def _running(self, arguments: Sequence[str]) -> AsyncGenerator[_Run]:
        program = shutil.which("git")
        if program is None:
            raise SourceUnreachable("There is no `git` on this machine.", remedy="Install git and try again.")
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        process = await asyncio.create_subprocess_exec(
            program, f"--git-dir={self._folder}", *arguments, env=self._environment(program), cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        _limit(process)
        watch = asyncio.get_running_loop().call_later(_LIMIT_S, _end, process)
        # Read beside the output: git waits for whoever does not listen to its complaints.
        complaints = asyncio.create_task(_read_out(process.stderr), name="git-complaints")
        try:
            yield process, complaints
        finally:
            watch.cancel()
            if process.returncode is None:
                _end(process)
            # The end of a process is reported only when its pipes have ended, and what was not read holds them open.
            try:
                async with asyncio.timeout(_END_S):
                    await _read_out(process.stdout)
                    await complaints
                    await process.wait()
            except TimeoutError:
                _end(process)  # a program of git's that outlived it

    def _environment(self, program: str) -> dict[str, str]:
        pairs = list(self._config.items())
        settings = {
            name: value
            for number, (key, set_to) in enumerate(pairs)
            for name, value in ((f"GIT_CONFIG_KEY_{number}", key), (f"GIT_CONFIG_VALUE_{number}", set_to))
        }
        # git trusts the certificates that all else here does: those of SSL_CERT_FILE where it is set.
        trusted = {"GIT_SSL_CAINFO": own} if (own := ssl.get_default_verify_paths().cafile) else {}
        return {
            **trusted,
            "PATH": f"{Path(program).parent}{os.pathsep}{os.defpath}",
            "HOME": str(self._folder),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": self._protocol,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_CONFIG_COUNT": str(len(pairs)),
            **settings,
        }


def sign_in(token: str) -> dict[str, str]:
    """Return the setting that sends a token as GitHub, GitLab, Gitea and Bitbucket take it."""
    encoded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {"http.extraHeader": f"Authorization: Basic {encoded}"}


def _limit(process: asyncio.subprocess.Process) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):  # it has ended
            for kind, most in _LIMITS:
                resource.prlimit(process.pid, kind, (most, most))


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _read_out(stream: asyncio.StreamReader | None) -> str:
    """Read to the end and return how it began, as text."""
    kept = b""
    while stream is not None and (piece := await stream.read(_PIECE)):
        kept += piece[: _KEPT - len(kept)]
    return kept.decode("utf-8", "replace")


def _line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = next((line for line in lines if line.startswith("fatal:")), lines[-1] if lines else "nothing")
    return "".join(char if char.isprintable() else "?" for char in text)[:_SAID]
