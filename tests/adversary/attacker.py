"""A child that does what a hijacked parser might: it runs any code, within the walls or, to prove the code, without.

It is the real child by all but its one operation, and is started as the real one is, by path.
"""

from pathlib import Path
from typing import Any

import pincite
from pincite.guard.sandbox import ChildPool
from pincite.guard.settings import GuardSettings

_PACKAGE = Path(pincite.__file__).parent
_CHILD = """
import ctypes, errno, os, sys, types
from pathlib import Path
package = Path(r"{package}")
for name, folder in (("pincite", package), ("pincite.core", package / "core"), ("pincite.guard", package / "guard")):
    module = types.ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module
from pincite.guard import confine
from pincite.guard.child import serve

libc = ctypes.CDLL(None, use_errno=True)

def call(*arguments):
    if libc.syscall(*map(ctypes.c_long, arguments)) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def attempt(channel, source, message):
    told = []
    given = {{"source": source, "call": call, "libc": libc, "told": told, **message["given"]}}
    try:
        exec(message["code"], given)
        outcome = "done"
    except (OSError, RuntimeError, ValueError) as error:
        outcome = errno.errorcode.get(getattr(error, "errno", 0), type(error).__name__)
    channel.send({{"kind": "outcome", "outcome": outcome, "told": told,
                   "environment": sorted(os.environ), "folder": os.getcwd()}})

if {free}:
    confine.confine = lambda memory_limit_mb, threads: []
serve(int(sys.argv[1]), int(sys.argv[2]), {{"attempt": attempt}}, threads="threads" in sys.argv[3:])
"""
_LIMITS = {"max_pages": 1, "max_text_chars": 1, "max_unpacked_bytes": 1, "ocr": False}


class Attacker:
    """Hands code to hijacked children.

    Args:
        folder: for the child's program and the document that it is given.
        free: without any wall, to prove that an attempt does what it says.
        settings: what the child may use.
    """

    def __init__(self, folder: Path, *, free: bool = False, settings: GuardSettings | None = None) -> None:
        entry = folder / f"hostile-{free}.py"
        entry.write_text(_CHILD.format(package=_PACKAGE, free=free))
        self.document = folder / "given.txt"
        self.document.write_text("the given file")
        self.pool = ChildPool(settings or GuardSettings(memory_limit_mb=256), size=2, entry=entry)

    async def attempt(self, code: str, *, timeout_s: float = 10.0, cpu_s: float = 30.0, **given: Any) -> dict[str, Any]:
        """Run code; `outcome` is "done" or how it was refused. Raises: ParserCrashed, where the child ended."""
        async with self.pool.lease() as child:
            with self.document.open("rb") as file:
                request = {"op": "attempt", "code": code, "given": given, "time_limit_s": cpu_s}
                child.request(request | _LIMITS, file)
            message, _ = await child.reply(timeout_s)
            await child.reply(timeout_s)
            return message
