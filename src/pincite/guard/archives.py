"""Opens zip containers and the XML in them without being blown up: sizes, ratios, entities. Runs in the child only.

What the XML means is in `adapters/`.
"""

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree as ET
from xml.parsers import expat

from pincite.guard.domain import UnreadableDocument
from pincite.guard.source import Allowance, Source, bomb

MAX_MEMBERS = 20_000
"""Most members of one archive."""
_MAX_RATIO = 200
_RATIO_FREE_BYTES = 32 << 20  # small members may compress as well as they like
_MAX_DEPTH = 400
_FEED_BYTES = 1 << 16
TAR_BLOCK = 512
"""Bytes of a tape archive's header."""
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, ValueError, struct.error,
)  # fmt: skip
_DAMAGED = "Open it in the program it was made with, save it again and upload that copy."


class Archive:
    """A zip container whose members are read whole, within the upload's allowance.

    Raises, on opening and on reading: UnreadableDocument.
    """

    def __init__(self, source: Source) -> None:
        self._zip = open_zip(source)
        self._allowance = source.allowance
        self._members = {info.filename.replace("\\", "/").lstrip("/"): info for info in self._zip.infolist()}

    @property
    def names(self) -> list[str]:
        """The members' names."""
        return list(self._members)

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """Unpack one member; "" when there is none."""
        info = self._members.get(name)
        if info is None:
            return b""
        return unpack(self._zip, info, self._allowance)

    def xml(self, name: str) -> ET.Element | None:
        """Parse one member as XML; None when there is none."""
        return parse_xml(self.read(name)) if self.has(name) else None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return an OOXML part's relations: id -> (type's last word, target as a member's name)."""
        folder, name = posixpath.split(part)
        root = self.xml(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            if relation.get("TargetMode") == "External":
                continue
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], path)
        return found


def open_zip(source: Source) -> zipfile.ZipFile:
    """Open a zip container. Raises: UnreadableDocument when it is damaged or has too many members."""
    try:
        opened = zipfile.ZipFile(source.file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise UnreadableDocument("The file is damaged or truncated.", remedy=_DAMAGED) from error
    members = len(opened.infolist())
    source.allowance.spend(members=members)
    if members > MAX_MEMBERS:
        raise too_many()
    return opened


def too_many() -> UnreadableDocument:
    """Return the error of an archive with too many members."""
    return UnreadableDocument(
        f"The archive has more than {MAX_MEMBERS:,} members, which is the limit.",
        remedy="Split it into smaller ones and upload those.",
    )


def unpack(opened: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance) -> bytes:
    """Unpack one member. Raises: UnreadableDocument when it is damaged, encrypted, or more than is allowed."""
    if info.flag_bits & 1:
        raise UnreadableDocument(
            "The file is encrypted and needs a password.", remedy="Save a copy without a password and upload that."
        )
    if info.file_size > _RATIO_FREE_BYTES and info.file_size > _MAX_RATIO * max(info.compress_size, 1):
        raise bomb()
    try:
        with opened.open(info) as member:
            data = member.read(allowance.bytes_left + 1)
    except _DAMAGES as error:
        raise UnreadableDocument("The file is damaged or truncated.", remedy=_DAMAGED) from error
    allowance.spend(unpacked_bytes=len(data))
    return data


def is_tar(head: bytes) -> bool:
    """Whether bytes begin with a tape archive's header: its checksum says so, with or without the magic word."""
    if len(head) < TAR_BLOCK or not head[0]:
        return False
    said = head[148:156].strip(b" \0")
    if not said or set(said) - set(b"01234567"):
        return False
    return int(said, 8) == sum(head[:148]) + 8 * 0x20 + sum(head[156:TAR_BLOCK])


def gzip_head(data: bytes) -> bytes:
    """Return the first bytes of what gzip packed, as far as `data` goes; "" when it is damaged."""
    try:
        return zlib.decompressobj(31).decompress(data, 1 << 16)
    except zlib.error:
        return b""


def local(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1]


def attribute(element: ET.Element, name: str) -> str:
    """Return an attribute by its name without namespace (there are two generations of them), "" when absent."""
    value = element.get(name)
    if value is not None:
        return value
    return next((found for key, found in element.attrib.items() if key.endswith("}" + name)), "")


def children(element: ET.Element | None, *names: str) -> Iterator[ET.Element]:
    """Yield the children with one of these local names."""
    for child in element if element is not None else ():
        if local(child) in names:
            yield child


def child(element: ET.Element | None, *path: str) -> ET.Element | None:
    """Walk down by local names; None where the path ends."""
    for name in path:
        element = next(children(element, name), None)
    return element


def parse_xml(data: bytes) -> ET.Element:
    """Parse XML. Declared entities are refused, and so is nesting beyond reason. Raises: UnreadableDocument."""
    collector = _Collector(None)
    collector.feed(data, last=True)
    return collector.take()[0]


class _Collector:
    """Feeds expat and collects complete elements: those with one local name, or the root when `name` is None."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._found: list[ET.Element] = []
        self._builder: ET.TreeBuilder | None = None
        self._depth = self._built_from = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
            raise UnreadableDocument("The file's XML is damaged.", remedy=_DAMAGED) from error

    def take(self) -> list[ET.Element]:
        found, self._found = self._found, []
        return found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnreadableDocument("The file's XML is nested too deeply.", remedy=_DAMAGED)
        if self._builder is None and self._name in {None, tag.rsplit("}", 1)[-1]}:
            self._builder, self._built_from = ET.TreeBuilder(), self._depth
        if self._builder is not None:
            self._builder.start(_qualified(tag), {_qualified(key): value for key, value in attributes.items()})

    def _end(self, tag: str) -> None:
        if self._builder is not None:
            self._builder.end(_qualified(tag))
            if self._depth == self._built_from:
                self._found.append(self._builder.close())
                self._builder = None
        self._depth -= 1

    def _text(self, data: str) -> None:
        if self._builder is not None:
            self._builder.data(data)

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_internal_subset: int) -> None:
        if has_internal_subset:
            raise UnreadableDocument(
                "The file's XML declares entities, which are refused because they can exhaust memory.", remedy=_DAMAGED
            )


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name


def iter_xml(data: bytes, name: str) -> Iterator[ET.Element]:
    """Yield the elements with a local name one by one, so that a large part never stands in memory as a tree.

    Refuses what `parse_xml` refuses. Raises: UnreadableDocument.
    """
    collector = _Collector(name)
    view = memoryview(data)
    for at in range(0, len(data), _FEED_BYTES):
        collector.feed(bytes(view[at : at + _FEED_BYTES]), last=at + _FEED_BYTES >= len(data))
        yield from collector.take()
