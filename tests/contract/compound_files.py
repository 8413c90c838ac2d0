"""Writes compound files (OLE2) and Outlook messages for tests: [MS-CFB] version 3, [MS-OXMSG]."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FREE, _END, _FAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
Storage = Mapping[str, "bytes | Storage"]


def compound(tree: Storage) -> bytes:
    """Return a compound file with these streams and storages."""
    entries: list[list[Any]] = []  # name, kind, right sibling, child, data
    _enter("Root Entry", tree, entries)
    mini, mini_fat = b"", list[int]()
    sectors: list[bytes] = []
    fat: list[int] = []
    places: list[tuple[int, int]] = []
    for _, kind, _, _, data in entries:
        if kind != 2 or not data:
            places.append((_END if kind == 2 else 0, 0))
        elif len(data) < _CUTOFF:
            places.append((len(mini_fat), len(data)))
            _chain(mini_fat, -(-len(data) // _MINI))
            mini += data.ljust(-(-len(data) // _MINI) * _MINI, b"\0")
        else:
            places.append((_store(data, sectors, fat), len(data)))
    places[0] = (_store(mini, sectors, fat) if mini else _END, len(mini))
    table = b"".join(struct.pack("<I", each) for each in mini_fat)
    mini_at = _store(table, sectors, fat, pad=b"\xff") if table else _END
    directory = b"".join(_entry(each, place) for each, place in zip(entries, places, strict=True))
    directory_at = _store(directory, sectors, fat)
    count = 1
    while len(fat) + count > count * 128:
        count += 1
    fat_at = len(sectors)
    fat += [_FAT] * count
    packed = b"".join(struct.pack("<I", each) for each in fat).ljust(count * _SECTOR, b"\xff")
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6,
        0, count, directory_at, 0, _CUTOFF, mini_at, -(-len(table) // _SECTOR), _END, 0,
    )  # fmt: skip
    header = header[:76] + b"".join(
        struct.pack("<I", fat_at + number if number < count else _FREE) for number in range(109)
    )
    return header + b"".join(sectors) + packed


def _enter(name: str, content: "bytes | Storage", entries: list[list[Any]]) -> int:
    number = len(entries)
    if isinstance(content, bytes):
        entries.append([name, 2, _NONE, _NONE, content])
        return number
    entries.append([name, 5 if number == 0 else 1, _NONE, _NONE, b""])
    before = -1
    for inner in sorted(content, key=lambda each: (len(each), each.upper())):
        at = _enter(inner, content[inner], entries)
        entries[number if before < 0 else before][3 if before < 0 else 2] = at
        before = at
    return number


def _entry(entry: list[Any], place: tuple[int, int]) -> bytes:
    name, kind, right, child, _ = entry
    written = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sIQQIQ", written, len(written), kind, 1, _NONE, right, child, bytes(16), 0, 0, 0, *place
    )


def _chain(table: list[int], length: int) -> None:
    first = len(table)
    table += [*range(first + 1, first + length), _END]


def _store(data: bytes, sectors: list[bytes], fat: list[int], pad: bytes = b"\0") -> int:
    at, length = len(sectors), -(-len(data) // _SECTOR)
    sectors += [data[n * _SECTOR : (n + 1) * _SECTOR].ljust(_SECTOR, pad) for n in range(length)]
    _chain(fat, length)
    return at


def message(
    subject: str,
    body: "str | dict[str, bytes]",
    attached: "Mapping[str, bytes | Storage] | None" = None,
    *,
    inner: bool = False,
) -> Storage:
    """Return an Outlook message as a tree of streams; an attached tree is a message of its own."""
    sent = (1772442000 + 11_644_473_600) * 10**7  # 2026-03-02 09:00 UTC
    tree: dict[str, bytes | Storage] = {
        "__properties_version1.0": bytes(24 if inner else 32) + struct.pack("<IIQ", 0x00390040, 0, sent),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_0C1A001F": "Ada".encode("utf-16-le"),
        "__substg1.0_5D01001F": "ada@example.org".encode("utf-16-le"),
        "__substg1.0_0E04001F": "Bob".encode("utf-16-le"),
    }
    tree |= {"__substg1.0_1000001F": body.encode("utf-16-le")} if isinstance(body, str) else body
    for number, (name, data) in enumerate((attached or {}).items()):
        kind = "0102" if isinstance(data, bytes) else "000D"
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            f"__substg1.0_3701{kind}": data,
        }
    return tree


def outlook(path: Path, *arguments: Any) -> None:
    path.write_bytes(compound(message(*arguments)))
