"""The installation's secret key: from `PINCITE_SECRET_KEY`, else from a file in the data folder, made at first start.

It is never in the database. What it encrypts is decided in the rooms; losing it is described in docs/how-to/sign-in.md.
"""

import os
import secrets
import tempfile
from pathlib import Path

from pincite.app.settings import Settings

FILE = "secret.key"
_BYTES = 32


def installation_key(settings: Settings) -> bytes:
    """Return the key, of 32 bytes or more. Blocks, for a small file. Raises: OSError."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.home / FILE
    if not path.exists():
        _make(path)
    return path.read_bytes().strip()


def _make(path: Path) -> None:
    """Write a new key, whole or not at all; of two processes that start at once, both get the first one's."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}-")  # which none but us may read
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(_BYTES).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            _link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _link(name: str, path: Path) -> None:
    try:
        os.link(name, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links; two first starts at once are the less likely there
        Path(name).replace(path)
