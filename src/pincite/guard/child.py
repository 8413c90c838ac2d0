"""The confined child: takes a file descriptor and a request, answers with frames. Started by `sandbox.py` by path.

It never imports the rest of Pincite: empty packages stand in for the faces, so that it starts fast and stays small.
"""

import os
import socket
import sys
import types
from pathlib import Path
from typing import BinaryIO


def _stand_in_for_faces() -> None:
    """Make `pincite`, `pincite.core` and `pincite.guard` importable without running their `__init__`."""
    package = Path(__file__).resolve().parents[1]
    for name, folder in (
        ("pincite", package),
        ("pincite.core", package / "core"),
        ("pincite.guard", package / "guard"),
    ):
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.__path__ = [str(folder)]
            sys.modules[name] = module


_NICENESS = 5
"""What reads in the background yields to the server: where there is too little CPU for both it has a quarter.

Not less: its limits are those of a clock on the wall.
"""

if __name__ == "__main__":
    if "yields" in sys.argv[3:]:
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    _stand_in_for_faces()

from pincite.core.errors import PinciteError  # noqa: E402
from pincite.guard import confine, wire  # noqa: E402
from pincite.guard.domain import UnreadableDocument  # noqa: E402
from pincite.guard.operations import OPERATIONS, Channel, Operation  # noqa: E402
from pincite.guard.source import Allowance, ReadLimits, Source  # noqa: E402

OUT_OF_MEMORY = 77
"""Exit code of a child that reached its memory limit."""


def serve(
    requests_fd: int,
    memory_limit_mb: int,
    operations: dict[str, Operation] | None = None,
    *,
    threads: bool = False,
) -> None:
    """Confine this process, then do what is asked until the parent closes its end."""
    table = OPERATIONS if operations is None else operations
    replies = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    channel = Channel(socket.socket(fileno=requests_fd), replies)
    channel.send({"kind": "hello", "confined": confine.confine(memory_limit_mb, threads=threads)})
    while (request := channel.receive()) is not None:
        message, descriptor = request
        confine.limit_cpu(float(message["time_limit_s"]))
        with os.fdopen(descriptor, "rb") as file:
            _answer(channel, table[message["op"]], file, message)


def _answer(channel: Channel, operation: Operation, file: BinaryIO, message: wire.Message) -> None:
    limits = ReadLimits(message["max_pages"], message["max_text_chars"], message["max_unpacked_bytes"], message["ocr"])
    try:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise UnreadableDocument("The file is empty.", remedy="Upload the file again; this copy has no content.")
        operation(channel, Source(file, size, limits, Allowance(limits.max_unpacked_bytes)), message)
    except PinciteError as error:
        page = getattr(error, "page", None)
        channel.send(
            {"kind": "error", "code": error.code, "message": error.message, "remedy": error.remedy, "page": page}
        )
    except MemoryError:
        raise SystemExit(OUT_OF_MEMORY) from None
    # Whatever a parser throws at a stranger's bytes is damage, and no trace may leave.
    except Exception:  # noqa: BLE001
        channel.send(
            {"kind": "error", "code": UnreadableDocument.code, "message": "The file is damaged and cannot be read.",
             "remedy": "Open it in the program it was made with, save it again and upload that copy.", "page": None}
        )  # fmt: skip
    else:
        channel.send({"kind": "done"})


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), threads="threads" in sys.argv[3:])
