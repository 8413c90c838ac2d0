"""Rewrites an Office file so that the same words give the same bytes on every machine.

Members are stored, not deflated: the result must not depend on which zlib Python was built with.
"""

import re
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_FIXED = (2026, 1, 5, 9, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def settle(path: Path) -> None:
    """Fix member times, order and the core properties' dates, in place."""
    with ZipFile(path) as source:
        members = [(info.filename, source.read(info)) for info in source.infolist()]
    first = [pair for pair in members if pair[0] == "[Content_Types].xml"]
    rest = sorted(pair for pair in members if pair[0] != "[Content_Types].xml")
    with ZipFile(path, "w", ZIP_STORED) as target:
        for name, data in first + rest:
            info = ZipInfo(name, _FIXED)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            target.writestr(info, _STAMP.sub(rb"\g<1>2026-01-05T09:00:00Z\g<3>", data))
