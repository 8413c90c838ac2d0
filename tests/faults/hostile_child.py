"""A confined child whose parser does what a document says, as one that was taken over would. Started by path.

It is the real child: limits, filters and the way of answering are those of `pincite.guard`.
"""

import os
import sys
import threading
import time
import types
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "pincite"
for name, folder in (("pincite", PACKAGE), ("pincite.core", PACKAGE / "core"), ("pincite.guard", PACKAGE / "guard")):
    module = types.ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module

from pincite.guard import operations, wire  # noqa: E402
from pincite.guard.child import serve  # noqa: E402
from pincite.guard.source import Source  # noqa: E402


def _read(channel: operations.Channel, source: Source, message: wire.Message) -> None:
    said = source.file.read(20).split()
    source.file.seek(0)
    _DEEDS.get(said[0] if said else b"", lambda: None)()
    operations.OPERATIONS["read"](channel, source, message)


def _eat() -> None:
    held: list[bytearray] = []
    while True:
        held.append(bytearray(8 << 20))


def _turn() -> None:
    while True:
        pass


def _fork() -> None:
    while True:
        os.fork()


def _crowd() -> None:
    while True:
        threading.Thread(target=time.sleep, args=(1000,)).start()


def _crash() -> None:
    os.abort()


def _flood() -> None:
    for _ in range(1 << 20):
        os.write(_ANSWERS, b"\xff" * 65536)


_DEEDS = {b"EAT": _eat, b"TURN": _turn, b"SLEEP": lambda: time.sleep(1000), b"FORK": _fork, b"CROWD": _crowd,
          b"CRASH": _crash, b"FLOOD": _flood}  # fmt: skip
_ANSWERS = os.dup(1)

if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), {**operations.OPERATIONS, "read": _read})
