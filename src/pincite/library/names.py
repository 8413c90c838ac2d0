"""Cleaning the names that people give to documents and collections; pure functions.

A source is a name and never a path on this machine: nothing opens a file by it.
"""

import re
import unicodedata

from pincite.core import InvalidInput

SOURCE_CHARS = 500
COLLECTION_CHARS = 100
BATCH_CHARS = 200
_DRIVES = re.compile(r"(?:[A-Za-z]:)+")
# Direction overrides make a name look like another one (Unicode TR 36, "bidirectional text spoofing").
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")
# Nobody sees these, so that two names look the same; joiners stay, which some scripts are written with.
_UNSEEN = frozenset("\u00ad\u200b\u2060\u2061\u2062\u2063\u2064\ufff9\ufffa\ufffb")
_HIDDEN = _OVERRIDES | _UNSEEN
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})  # and what breaks a line
_TAGS = range(0xE0000, 0xE0080)  # letters nobody sees, which models read


def clean_source(name: str) -> str:
    """Return a name that is safe to show, to store and to use in a header: a relative path with `/`.

    Control characters go, lone surrogates become U+FFFD, `.`, `..`, drive letters and leading slashes go; the result
    is in Unicode's composed form (NFC), so that the same name from two systems is one document.

    Raises:
        InvalidInput: nothing is left, or the name is longer than 500 characters.
    """
    parts = [part.strip() for part in _printable(name).replace("\\", "/").split("/")]
    kept = [part for part in parts if part not in {"", ".", ".."}]
    while len(parts) > 1 and kept and _DRIVES.fullmatch(kept[0]):
        del kept[0]
    cleaned = "/".join(kept)
    if not cleaned:
        raise InvalidInput("The file has no name that can be kept.", remedy="Give it a name with letters in it.")
    if len(cleaned) > SOURCE_CHARS:
        raise InvalidInput(
            f"The file's name has {len(cleaned)} characters; at most {SOURCE_CHARS} can be kept.",
            remedy="Give it a shorter name.",
        )
    return cleaned


def clean_collection(name: str) -> str:
    """Return a collection's name without control characters and outer blanks.

    Raises:
        InvalidInput: nothing is left, or the name is longer than 100 characters.
    """
    cleaned = " ".join(_printable(name).split())
    if not cleaned or len(cleaned) > COLLECTION_CHARS:
        raise InvalidInput(
            f"A collection's name has 1 to {COLLECTION_CHARS} characters.", remedy="Choose another name."
        )
    return cleaned


def clean_batch(name: str) -> str:
    """Return a batch's name without control characters and outer blanks.

    Raises:
        InvalidInput: nothing is left, or the name is longer than 200 characters.
    """
    cleaned = " ".join(_printable(name).split())
    if not cleaned or len(cleaned) > BATCH_CHARS:
        raise InvalidInput(f"A batch's name has 1 to {BATCH_CHARS} characters.", remedy="Choose another name.")
    return cleaned


def _printable(name: str) -> str:
    whole = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in name)
    return unicodedata.normalize("NFC", "".join(filter(_is_seen, whole)))


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in _CONTROLS and char not in _HIDDEN and ord(char) not in _TAGS
