"""Finds headings, paragraphs, lists and tables in a PDF page's text. Cheap on purpose: a few calls a line.

Uses the text and, of each line's first character, font size, weight and height on the page. Nothing is drawn.
"""

import ctypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.domain import Block, BlockKind

_NUMBER = re.compile(r"(?<![\w.])[($€£-]*\d[\d,.]*[)%x]*(?!\w)|(?<!\S)[—–-](?!\S)")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2,}")
_BULLET = re.compile(r"[•●▪◦‣∙·■□➢–*-]\s|\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)]\s")
_NAMED = re.compile(r"(?:(PART)\s+[IVX]+|(?:ITEM|Item)\s+\d{1,2}[A-C]?)\b[.:\s]*[^.]{0,100}$")
_ENDS_SENTENCE = re.compile(r"[.!?:;][\"'”’)\]]*$")
_MAX_HEADING = 120
_MAX_LINES = 3_000  # beyond this a page is a data dump; it stays without blocks
_BOLD = 600
_TABLE_ROWS = 3
_OUTSTANDING = 1.15  # a heading's size beside that of the text
_MAX_STEP = 3
_NUMBERS_IN_ROW = 2
_LOOSE = 1.1  # beside the usual width of a character
_SPACE = re.compile(r"\s+")


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    text: str
    size: float = 0.0
    weight: int = 0
    top: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    left: float = 0.0
    numbers: int = 0
    has_cells: bool = False
    level: int = 0
    table: bool = False


def plain(text: str) -> str:
    """Return text as titles are compared: letters and digits only, folded."""
    return "".join(character for character in text.casefold() if character.isalnum())


def find_blocks(
    text: str, text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None, titles: Mapping[str, int]
) -> tuple[Block, ...]:
    """Cut a page into blocks.

    Args:
        text: the page's text.
        text_page: pdfium's page, for fonts and positions.
        indices: pdfium's index of each character, None where they are the same.
        titles: plain titles that the outline puts on this page, with heading levels.
    """
    lines = _lines(text)
    if not lines or len(lines) > _MAX_LINES:
        return ()
    for line in lines:
        _measure(line, text_page, indices)
    _mark_cells(lines, text_page, indices)
    _mark_tables(lines)
    _mark_headings(lines, titles)
    return tuple(_group(lines))


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    at = 0
    for raw in text.splitlines(keepends=True):
        stripped = raw.strip()
        if stripped:
            start = at + len(raw) - len(raw.lstrip())
            line = _Line(start, start + len(stripped), stripped)
            line.numbers = len(_NUMBER.findall(stripped)) if _DIGIT.search(stripped) else 0
            found.append(line)
        at += len(raw)
    return found


_left, _right, _bottom, _top = (ctypes.c_double() for _ in range(4))
_edges = (ctypes.byref(_left), ctypes.byref(_right), ctypes.byref(_bottom), ctypes.byref(_top))


def _measure(line: _Line, text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> None:
    index, last = line.start, line.end - 1
    if indices is not None:
        index, last = indices[index], indices[last]
    line.size = round(pdfium.FPDFText_GetFontSize(text_page, index), 1)
    line.weight = pdfium.FPDFText_GetFontWeight(text_page, index)
    if pdfium.FPDFText_GetCharBox(text_page, index, *_edges):
        line.bottom, line.top, line.left = _bottom.value, _top.value, _left.value
    if pdfium.FPDFText_GetCharBox(text_page, last, *_edges):
        line.right = _right.value
    if line.size <= 1.0:  # the size is in a scaled text space; the letter's height is what people see
        line.size = round((line.top - line.bottom) * 1.4, 1)


def _mark_cells(lines: Sequence[_Line], text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> None:
    """Find lines with a gap wider than a letter is high. Only those that are wide for their characters are tried."""
    loose = [(line.right - line.left) / (len(line.text) * line.size) if line.size > 0 else 0.0 for line in lines]
    usual = sorted(loose)[len(loose) // 2]
    for line, looseness in zip(lines, loose, strict=True):
        if looseness > _LOOSE * usual and line.numbers < _NUMBERS_IN_ROW:
            line.has_cells = _has_gap(line, text_page, indices)


def _has_gap(line: _Line, text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> bool:
    for space in _SPACE.finditer(line.text):
        before, after = line.start + space.start() - 1, line.start + space.end()
        if indices is not None:
            before, after = indices[before], indices[after]
        if not pdfium.FPDFText_GetCharBox(text_page, before, *_edges):
            continue
        end = _right.value
        if pdfium.FPDFText_GetCharBox(text_page, after, *_edges) and _left.value - end > line.size:
            return True
    return False


def _mark_tables(lines: Sequence[_Line]) -> None:
    """Mark runs of at least three rows with two or more numbers; up to two label lines may stand between rows."""
    run: list[int] = []
    for index, line in enumerate(lines):
        if not _is_row(line):
            continue
        if run and index - run[-1] > _MAX_STEP:
            _mark_run(lines, run)
            run = []
        run.append(index)
    _mark_run(lines, run)


def _mark_run(lines: Sequence[_Line], rows: Sequence[int]) -> None:
    if len(rows) >= _TABLE_ROWS:
        for line in lines[rows[0] : rows[-1] + 1]:
            line.table = True


def _is_row(line: _Line) -> bool:
    if line.has_cells:
        return True
    if line.numbers < _NUMBERS_IN_ROW:
        return False
    words = len(_WORD.findall(line.text))
    return line.numbers * 2 >= words - 1 and not (_ENDS_SENTENCE.search(line.text) and words > 8)


def _mark_headings(lines: Sequence[_Line], titles: Mapping[str, int]) -> None:
    body = [line for line in lines if not line.table] or list(lines)
    size = _most_common([(line.size, len(line.text)) for line in body])
    weight = _most_common([(line.weight, len(line.text)) for line in body])
    for line in lines:
        if line.table and not (line.size >= _OUTSTANDING * size and line.numbers == 0):
            continue
        line.level = _level(line, size, weight, titles)
        line.table = line.table and not line.level


def _most_common(weighted: Sequence[tuple[float, int]]) -> float:
    totals: dict[float, int] = {}
    for value, chars in weighted:
        totals[value] = totals.get(value, 0) + chars
    return max(totals, key=totals.__getitem__)


def _level(line: _Line, size: float, weight: float, titles: Mapping[str, int]) -> int:
    """Return the heading level of a line, 0 when it is none."""
    text = line.text
    if len(text) > _MAX_HEADING:
        return 0
    known = titles.get(plain(text), 0) if titles else 0
    if known:
        return known
    if not _WORD.search(text) or text[0].islower() or text[0] == "(" or text[-1] in ",;":
        return 0
    ratio = line.size / size if size > 0 else 1.0
    if ratio >= _OUTSTANDING:
        return 1 if ratio >= 1.7 else 2 if ratio >= 1.35 else 3
    named = _NAMED.match(text)
    bold = line.weight >= _BOLD and weight < _BOLD
    if named and (bold or text.isupper()):
        return 1 if named.group(1) else 2
    return 4 if bold and ratio >= 0.97 and not text.endswith(".") and len(text) <= 90 else 0


def _group(lines: Sequence[_Line]) -> list[Block]:
    blocks: list[Block] = []
    pitch = _pitch(lines)
    previous: _Line | None = None
    for line in lines:
        kind = _kind(line)
        if previous is not None and blocks and _continues(blocks[-1], kind, previous, line, pitch):
            last = blocks[-1]
            blocks[-1] = Block(last.kind, last.start, line.end, last.level)
        else:
            blocks.append(Block(kind, line.start, line.end, line.level))
        previous = line
    return blocks


def _kind(line: _Line) -> BlockKind:
    if line.level:
        return BlockKind.HEADING
    if line.table:
        return BlockKind.TABLE
    return BlockKind.LIST if _BULLET.match(line.text) else BlockKind.PARAGRAPH


def _pitch(lines: Sequence[_Line]) -> float:
    """Return the usual distance from one line to the next in points, 0 where it is unknown."""
    steps = sorted(one.bottom - two.bottom for one, two in pairwise(lines))
    steps = [step for step in steps if step > 1]
    return steps[len(steps) // 2] if steps else 0.0


def _continues(block: Block, kind: BlockKind, previous: _Line, line: _Line, pitch: float) -> bool:
    if BlockKind.HEADING in (block.kind, kind):
        return (
            block.kind is kind
            and block.level == line.level
            and previous.size == line.size
            and _near(previous, line, pitch, 1.9)
        )
    if BlockKind.TABLE in (block.kind, kind):
        return block.kind is kind
    if block.kind is BlockKind.LIST and kind is BlockKind.LIST:
        return True
    if kind is BlockKind.LIST:
        return False
    return _near(previous, line, pitch, 1.45)


def _near(previous: _Line, line: _Line, pitch: float, times: float) -> bool:
    """Whether a line follows another without a gap; where positions are unknown, whether a sentence goes on."""
    if pitch <= 0:
        return not _ENDS_SENTENCE.search(previous.text)
    return -pitch < previous.bottom - line.bottom <= times * max(pitch, line.size)
