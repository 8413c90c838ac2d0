"""ZIP: each document in the archive as pages of its own, named by its path there. Runs in the child only.

Members that cannot be read are named in warnings; the others are read all the same. Nothing is ever written, so a
path may say what it likes.
"""

import stat
import zipfile
from collections.abc import Iterator

from pincite.guard.adapters.encodings import FALLBACK, guess_encoding
from pincite.guard.adapters.text import decode
from pincite.guard.archives import open_zip, unpack
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.members import Member, Members
from pincite.guard.source import Opened, ReadLimits, Source

_UTF8_NAME = 0x800
_CONSOLE = frozenset({*range(0x20, 0x9B), *range(0xA0, 0xA6), 0xE1})
_MOST_NAMED = 12
_CLUTTER = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini", ".git", ".svn"})


def open_source(source: Source) -> Opened:
    """Open an archive."""
    opened = open_zip(source)
    wanted = [info for info in opened.infolist() if _is_file(info)]
    limit = source.limits.max_unpacked_bytes
    if sum(info.file_size for info in wanted) > limit:
        raise UnreadableDocument(
            f"The archive unpacks to more than {limit >> 20:,} MB, which is the limit.",
            remedy="Split it into smaller ones, or unpack it and upload the documents inside.",
        )
    return Opened(pages_of_members(source, (_member(source, opened, info) for info in wanted)))


def pages_of_members(source: Source, members: Iterator[Member]) -> Iterator[PageText]:
    """Read an archive's members. Raises: UnreadableDocument when none of them can be read."""
    readers = Members(source)
    for member in members:
        yield from readers.pages(member)
    if not readers.read:
        raise UnreadableDocument(_nothing(readers), remedy="Unpack it and upload the documents inside.")
    if readers.foreign:
        said = f"Not read, because of their kind: {_listed(readers.foreign)}."
        yield PageText(readers.last + 1, "Not read", "", warning=said)


def _nothing(readers: Members) -> str:
    if readers.failures:
        return f"Nothing in the archive can be read. {readers.failures[0]}"
    if readers.foreign:
        return f"The archive holds nothing of a kind that Pincite reads, only {_listed(readers.foreign)}."
    return "The archive is empty."


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _member(source: Source, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    def load() -> bytes:
        if info.file_size > source.limits.max_member_bytes:
            raise too_large(source.limits)
        return unpack(opened, info, source.allowance)

    return Member(_name(info), load)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's path; one that is not marked as UTF-8 is in whatever the packer's system had."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    # Packers of old wrote what consoles had: the letters of Western Europe lie there where no other encoding has any.
    western = guess_encoding(raw) == FALLBACK and set(raw) <= _CONSOLE and not _is_utf8(raw)
    return info.filename if western else decode(raw)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_file(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a file that somebody put there: no folder, no link, no clutter."""
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return not (info.filename.endswith("/") or is_link or is_clutter(info.filename))


def too_large(limits: ReadLimits) -> UnreadableDocument:
    """Return the error of a member that is too large to be read within another document."""
    return UnreadableDocument(f"It is larger than {limits.max_member_bytes >> 20:,} MB.", remedy="Upload it by itself.")


def is_clutter(path: str) -> bool:
    """Whether a path names what a file manager or a version control system left behind."""
    parts = path.replace("\\", "/").casefold().split("/")
    return bool(_CLUTTER & set(parts)) or parts[-1].startswith("._")
