"""Paths of this machine as people give them; what is there is not asked here.

Whether somebody may name a path at all is decided in `service.py`.
"""

from pathlib import Path

from pincite.sources.domain import BadSource


def whole_path(location: str) -> Path:
    """Return the path that is meant; `~` is a home. Raises: BadSource, for one that is not whole or nobody's."""
    try:
        path = Path(location).expanduser()
    except RuntimeError:
        raise BadSource(f"{location} is in a home that is not known here.", remedy="Give the whole path.") from None
    if not path.is_absolute():
        raise BadSource(f"{location} is no absolute path.", remedy="Give the whole path.")
    return path


def resolved(path: Path) -> Path:
    """Return where a path leads when links are followed. Raises: BadSource, where they lead nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise BadSource(f"{path} cannot be followed.", remedy="Give the path that its links should lead to.") from error
