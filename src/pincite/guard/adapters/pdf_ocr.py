"""Reads the picture of a page by OCR, where the extra `ocr` is installed. Runs in the child only.

RapidOCR finds stretches of text with their boxes; here they become lines in reading order, on which `pdf_layout.py`
works as on any page's. Its models lie in its wheel: nothing is fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

import pypdfium2

from pincite.guard.adapters.pdf_lines import Line, Piece, count_numbers, mark_rows
from pincite.guard.domain import Box, Overlay, PlacedText

_DPI = 150
_LONGEST_PX = 2_000
_SAME_ROW = 0.5  # of the lower one's height
_SIZE = 0.75  # a font's size beside the height of its box
_GUTTERS = range(30, 71, 2)  # where columns may part, in hundredths of the page's width
_MOST_ACROSS = 0.2
_WIDE = 0.2  # of the page's width: stretches of prose


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture says: the text, its lines in points (y upwards), and where the parts lie as shown."""

    text: str
    lines: list[Line]
    overlay: Overlay


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    box: Box


def read_picture(page: pypdfium2.PdfPage) -> Reading | None:
    """Read a page as it is shown; None where it is blank or nothing is recognised."""
    width, height = page.get_size()
    scale = min(_DPI / 72, _LONGEST_PX / max(width, height, 1.0))
    picture = cast("Any", page).render(scale=scale).to_numpy()
    if picture.min() == picture.max():
        return None
    found = _engine()(picture)
    if found.boxes is None or not found.txts:
        return None
    parts = [
        _Part(" ".join(text.split()), _box(corners, scale))
        for text, corners in zip(found.txts, found.boxes, strict=True)
        if text.strip()
    ]
    return _reading(_rows(parts, width), width, height) if parts else None


@lru_cache(maxsize=1)
def _engine() -> Any:  # the package is an extra and has no types
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    engine = "EngineConfig.onnxruntime."
    threads = {f"{engine}intra_op_num_threads": 1, f"{engine}inter_op_num_threads": 1}
    return RapidOCR(params={"Global.log_level": "critical", **threads})


def _box(corners: Any, scale: float) -> Box:
    xs, ys = [float(x) / scale for x, _ in corners], [float(y) / scale for _, y in corners]
    return Box(round(min(xs), 1), round(min(ys), 1), round(max(xs), 1), round(max(ys), 1))


def _rows(parts: Sequence[_Part], width: float) -> list[list[_Part]]:
    """Return the parts by rows in reading order: a column of prose after the other, between what goes across both."""
    gutter = _gutter(parts, width)
    if gutter is None:
        return _by_height(parts)
    rows: list[list[_Part]] = []
    left: list[_Part] = []
    right: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.box.y0):
        if part.box.x0 < gutter < part.box.x1:
            rows += [*_by_height(left), *_by_height(right), [part]]
            left, right = [], []
        else:
            (left if part.box.x1 <= gutter else right).append(part)
    return [*rows, *_by_height(left), *_by_height(right)]


def _gutter(parts: Sequence[_Part], width: float) -> float | None:
    """Return where two columns of prose part; None where there is one column, or a table."""

    def across(x: float) -> int:
        return sum(part.box.x0 < x < part.box.x1 for part in parts)

    best = min((width * hundredth / 100 for hundredth in _GUTTERS), key=across)
    sides = [[part for part in parts if part.box.x1 <= best], [part for part in parts if part.box.x0 >= best]]
    prose = all(len(side) >= 3 and sum(map(_width, side)) / len(side) > _WIDE * width for side in sides)
    return best if prose and across(best) <= _MOST_ACROSS * len(parts) else None


def _width(part: _Part) -> float:
    return part.box.x1 - part.box.x0


def _by_height(parts: Sequence[_Part]) -> list[list[_Part]]:
    rows: list[list[_Part]] = []
    for part in sorted(parts, key=lambda part: part.box.y0 + part.box.y1):
        if rows and _level(rows[-1][0].box, part.box):
            rows[-1].append(part)
        else:
            rows.append([part])
    return [sorted(row, key=lambda part: part.box.x0) for row in rows]


def _level(one: Box, other: Box) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > _SAME_ROW * min(one.y1 - one.y0, other.y1 - other.y0)


def _reading(rows: Sequence[Sequence[_Part]], width: float, height: float) -> Reading:
    text, lines, places = "", list[Line](), list[PlacedText]()
    for row in rows:
        text += "\r\n" if text else ""
        start, pieces = len(text), list[Piece]()
        for part in row:
            text += " " if pieces else ""
            places.append(PlacedText(len(text), len(text) + len(part.text), part.box))
            pieces.append(Piece(len(text), len(text) + len(part.text), part.box.x0, part.box.x1))
            text += part.text
        top, bottom = min(part.box.y0 for part in row), max(part.box.y1 for part in row)
        line = Line(start, len(text), text[start:], round(_SIZE * (bottom - top), 1))
        line.top, line.bottom, line.left, line.right = height - top, height - bottom, pieces[0].left, pieces[-1].right
        line.numbers, line.pieces = count_numbers(line.text), tuple(pieces)
        line.has_cells = any(two.left - one.right > line.size for one, two in pairwise(pieces))
        lines.append(line)
    mark_rows(lines)
    return Reading(text, lines, Overlay(width, height, tuple(places)))
