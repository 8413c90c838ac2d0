"""Finds headings, paragraphs, lists and tables among the lines of a PDF page. Pure.

What is seen of a line is in `pdf_lines.py`, what of it is a running header in `pdf_margins.py`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pincite.guard.adapters.pdf_lines import Line
from pincite.guard.adapters.pdf_tables import head_start, table_of
from pincite.guard.domain import Block, BlockKind

_WORD = re.compile(r"[^\W\d_]{2,}")
_BULLET = re.compile(r"[•●▪◦‣∙·■□➢–*-]\s|\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)]\s")
_NAMED = re.compile(r"(?:(PART)\s+[IVX]+|(?:ITEM|Item)\s+\d{1,2}[A-C]?)\b[.:\s]*[^.]{0,100}$")
_ENDS_SENTENCE = re.compile(r"[.!?:;][\"'”’)\]]*$")
_MAX_HEADING = 120
_BOLD = 600
_TABLE_ROWS = 3
_DIGITS = "0123456789"
_OUTSTANDING = 1.15  # a heading's size beside that of the text
_MAX_STEP = 3
_ALONE = frozenset({BlockKind.TABLE, BlockKind.MARGIN})


def plain(text: str) -> str:
    """Return text as titles are compared: letters and digits only, folded."""
    return "".join(character for character in text.casefold() if character.isalnum())


def find_blocks(lines: Sequence[Line], titles: Mapping[str, int]) -> tuple[Block, ...]:
    """Cut a page into blocks, in the order of its text.

    Args:
        lines: the page's, margins marked; what they are is written into them.
        titles: plain titles that the outline puts on this page, with heading levels.
    """
    if not lines:
        return ()
    _mark_tables(lines)
    _mark_headings(lines, titles)
    return tuple(_with_table(block, lines) for block in _group(lines))


def _with_table(block: Block, lines: Sequence[Line]) -> Block:
    if block.kind is not BlockKind.TABLE:
        return block
    within = [line for line in lines if block.start <= line.start < block.end]
    return replace(block, table=table_of(within))


def _mark_tables(lines: Sequence[Line]) -> None:
    """Mark runs of at least three rows with two or more numbers, and the head above them.

    Up to two label lines may stand between rows.
    """
    run: list[int] = []
    for index, line in enumerate(lines):
        if line.margin or not (line.has_cells or line.is_row):
            continue
        if run and index - run[-1] > _MAX_STEP:
            _mark_run(lines, run)
            run = []
        run.append(index)
    _mark_run(lines, run)


def _mark_run(lines: Sequence[Line], rows: Sequence[int]) -> None:
    if len(rows) >= _TABLE_ROWS:
        for line in lines[head_start(lines, rows[0], rows[-1]) : rows[-1] + 1]:
            line.table = not line.margin


def _mark_headings(lines: Sequence[Line], titles: Mapping[str, int]) -> None:
    body = [line for line in lines if not line.table and not line.margin] or list(lines)
    size = _most_common([(line.size, len(line.text)) for line in body])
    weight = _most_common([(line.weight, len(line.text)) for line in body])
    rows = max(size, _most_common([(line.size, len(line.text)) for line in lines if line.table] or [(0.0, 0)]))
    entitled = _titled(lines, titles) if titles else {}
    for index, line in enumerate(lines):
        if line.margin or (line.table and not (line.size >= _OUTSTANDING * rows and line.numbers == 0)):
            continue
        line.level = entitled.get(index, 0) or _level(line, size, weight)
        line.table = line.table and not line.level


def _most_common(weighted: Sequence[tuple[float, int]]) -> float:
    totals: dict[float, int] = {}
    for value, chars in weighted:
        totals[value] = totals.get(value, 0) + chars
    return max(totals, key=totals.__getitem__)


def _titled(lines: Sequence[Line], titles: Mapping[str, int]) -> dict[int, int]:
    """Return the levels of lines that the outline names, by index: also over two lines, also without their number."""
    found: dict[int, int] = {}
    names = [plain(line.text) if len(line.text) <= _MAX_HEADING and not line.margin else "" for line in lines]
    bare = {name.lstrip(_DIGITS): level for name, level in reversed(list(titles.items())) if name.lstrip(_DIGITS)}
    for index, name in enumerate(names):
        following = names[index + 1] if index + 1 < len(names) else ""
        whole: list[tuple[str, tuple[int, ...]]] = [(name, (index,))] if name else []
        if name and following:
            whole.append((name + following, (index, index + 1)))
        for said, places in whole:
            level = titles.get(said, 0) or bare.get(said.lstrip(_DIGITS), 0)
            if level:
                found.update(dict.fromkeys(places, level))
                break
    return found


def _level(line: Line, size: float, weight: float) -> int:
    """Return the heading level of a line, 0 when it is none."""
    text = line.text
    if len(text) > _MAX_HEADING:
        return 0
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


def _group(lines: Sequence[Line]) -> list[Block]:
    blocks: list[Block] = []
    pitch = _pitch(lines)
    previous: Line | None = None
    for line in lines:
        kind = _kind(line)
        if previous is not None and blocks and _continues(blocks[-1], kind, previous, line, pitch):
            last = blocks[-1]
            blocks[-1] = Block(last.kind, last.start, line.end, last.level)
        else:
            blocks.append(Block(kind, line.start, line.end, line.level))
        previous = line
    return blocks


def _kind(line: Line) -> BlockKind:
    if line.margin:
        return BlockKind.MARGIN
    if line.level:
        return BlockKind.HEADING
    if line.table:
        return BlockKind.TABLE
    return BlockKind.LIST if _BULLET.match(line.text) else BlockKind.PARAGRAPH


def _pitch(lines: Sequence[Line]) -> float:
    """Return the usual distance from one line to the next in points, 0 where it is unknown."""
    steps = sorted(one.bottom - two.bottom for one, two in pairwise(lines))
    steps = [step for step in steps if step > 1]
    return steps[len(steps) // 2] if steps else 0.0


def _continues(block: Block, kind: BlockKind, previous: Line, line: Line, pitch: float) -> bool:
    if BlockKind.HEADING in (block.kind, kind):
        return (
            block.kind is kind
            and block.level == line.level
            and previous.size == line.size
            and _near(previous, line, pitch, 1.9)
        )
    if _ALONE & {block.kind, kind}:
        return block.kind is kind
    if block.kind is BlockKind.LIST and kind is BlockKind.LIST:
        return True
    if kind is BlockKind.LIST:
        return False
    return _near(previous, line, pitch, 1.45) or _goes_on_above(previous, line)


def _goes_on_above(previous: Line, line: Line) -> bool:
    """Whether a sentence goes on at the head of the next column."""
    above = line.bottom > previous.top and line.left > previous.left
    return above and line.text[0].islower() and not _ENDS_SENTENCE.search(previous.text)


def _near(previous: Line, line: Line, pitch: float, times: float) -> bool:
    """Whether a line follows another without a gap; where positions are unknown, whether a sentence goes on."""
    if pitch <= 0:
        return not _ENDS_SENTENCE.search(previous.text)
    return -pitch < previous.bottom - line.bottom <= times * max(pitch, line.size)
