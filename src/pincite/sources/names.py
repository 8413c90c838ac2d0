"""What documents of a source are called; pure functions.

A document is known by (tenant, collection, name), so the source's own name comes first: two places may hold a file
of the same name, and neither may take the other's for its own.
"""

import hashlib
import re

from pincite.sources.domain import BadSource

SOURCE_NAME_CHARS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MOST = 480
_TAIL = 40
_ENDING = 10  # characters of a file's ending, such as docx
# What programs put beside documents while they work, or of their own accord: office programs' locks and half-written
# files, downloads that are under way, editors' copies, what Windows keeps of a folder.
_BYPRODUCT = re.compile(
    r"~\$.*|~WR[A-Z]\d+\..*|\.~lock\..*#|.*\.(?:tmp|crdownload|part|partial|download|swp)|.*~|Thumbs\.db|desktop\.ini|"
    r"\.DS_Store|\._.*",
    re.IGNORECASE | re.DOTALL,
)


def clean_name(name: str) -> str:
    """Return a source's name. Raises: BadSource, for one that could not stand in a document's name or on a shell."""
    if not _NAME.fullmatch(name) or len(name) > SOURCE_NAME_CHARS:
        raise BadSource(
            f"{name[:40]!r} cannot name a source.",
            remedy=f"Use letters, digits, dots, dashes and underscores; at most {SOURCE_NAME_CHARS}.",
        )
    return name


def document_name(source: str, item: str) -> str:
    """Return a document's name. One that is too long keeps its ends, with a hash for what was left out."""
    name = f"{source}/{item}"
    if len(name) <= _MOST:
        return name
    digest = hashlib.sha256(item.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{name[: _MOST - _TAIL - 20]}~{digest}~{name[-_TAIL:]}"


def told_apart(name: str, key: str) -> str:
    """Return a document's name with a mark of its key before the ending: another key of the source has the name."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    folder, _, last = name.rpartition("/")
    stem, dot, ending = last.rpartition(".")
    is_ending = bool(stem) and ending.isalnum() and len(ending) <= _ENDING
    marked = f"{stem}~{digest}{dot}{ending}" if is_ending else f"{last}~{digest}"
    return f"{folder}/{marked}" if folder else marked


def is_byproduct(name: str) -> bool:
    """Say whether a file of this name, without its folders, is what a program made for itself."""
    return _BYPRODUCT.fullmatch(name) is not None
