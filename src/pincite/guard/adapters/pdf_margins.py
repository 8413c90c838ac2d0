"""Finds running headers, footers and page numbers: lines at the same place on page after page. Pure.

A page is compared with the four before it and the four after it, so that memory stays bounded and a first batch comes
at once. Odd and even pages may differ, and pages may be turned: a place is told by the nearer edge, and lines that run
in different directions are looked at apart, for a page may be turned for its table while its header stays where it was.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from pincite.guard.adapters.pdf_annotations import Annotations
from pincite.guard.adapters.pdf_lines import Line
from pincite.guard.adapters.pdf_turns import Rectangle, heights
from pincite.guard.hidden import Hidden

_REACH = 4
_ENOUGH = 2  # other pages that have the line at its place
_ENOUGH_OF_MANY = 3  # the same, where all eight are there: a table's head comes again on two
_BANDS = 3  # from the top, and as many from the bottom
_SAME_HEIGHT = 3.0  # points
_SET_APART = 1.25  # a margin's distance to the text beside that of the text's lines
_FROM_ABOVE = -1_000  # keeps what is near the upper edge from what is near the lower one
_ZONE = 0.15  # of the page's height, at the top and at the bottom
_LARGE = 1.15
_MOST_NUMBERS = 3
_LONGEST_NUMBER = 5
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]+")

_Key = tuple[str, int]
"""What a line says, and how far from the nearer edge."""
_Band = list[Line]


@dataclass(slots=True)
class Sheet:
    """A page on its way: its text and its lines.

    `titles` are those that the outline puts there (see `plain`); `edges` are the page's, None where nothing is known of
    them; `over` is what lies over it, `hidden` what of its text nobody sees. `size` is the usual font's and `keys` what
    stands at the edges, filled in here.
    """

    number: int
    label: str
    text: str
    lines: list[Line]
    titles: Mapping[str, int]
    edges: Rectangle | None = None
    warning: str = ""
    size: float = 0.0
    keys: frozenset[_Key] = field(default_factory=frozenset[_Key])
    over: Annotations | None = None
    hidden: Sequence[Hidden] = ()


@dataclass(frozen=True, slots=True)
class _Zone:
    """The outermost bands of a page, and the one behind them."""

    bands: Sequence[_Band]
    behind: _Band | None


def with_margins(sheets: Iterator[Sheet], *, ahead: bool) -> Iterator[Sheet]:
    """Yield the pages in order with the lines of their margins marked.

    Args:
        sheets: the pages.
        ahead: whether pages behind the one that is given may be read; without, the first ones keep their margins.
    """
    window: list[Sheet] = []
    at = 0
    for sheet in sheets:
        sheet.size = _usual_size(sheet.lines)
        sheet.keys = frozenset(
            key for zone in _zones(sheet) for band in zone.bands for line in band for key in _keys(line, sheet)
        )
        window.append(sheet)
        while len(window) - at > (_REACH if ahead else 0):
            yield _marked(window, at)
            at += 1
            if at > _REACH:
                del window[0]
                at -= 1
    for place in range(at, len(window)):
        yield _marked(window, place)


def _marked(window: Sequence[Sheet], at: int) -> Sheet:
    sheet = window[at]
    others = [other.keys for other in (*window[max(0, at - _REACH) : at], *window[at + 1 : at + 1 + _REACH])]
    if len(others) >= _ENOUGH and sheet.lines:
        pitch = _pitch(_bands(max(_directions(sheet).values(), key=len)))
        for zone in _zones(sheet):
            for line in _margin(zone, pitch, sheet, others):
                line.margin = True
    return sheet


def _bands(lines: Sequence[Line]) -> list[_Band]:
    """Return the lines by height on the page, highest first; those of one height together."""
    ordered = sorted(lines, key=lambda line: -line.bottom)
    return [list(band) for _, band in groupby(ordered, key=lambda line: round(line.bottom / _SAME_HEIGHT))]


def _directions(sheet: Sheet) -> dict[int, list[Line]]:
    """Return the lines by the turn that makes them upright."""
    found: dict[int, list[Line]] = {}
    for line in sheet.lines:
        found.setdefault(line.turn, []).append(line)
    return found


def _zones(sheet: Sheet) -> list[_Zone]:
    """Return the bands at the top and those at the bottom of a page, from the outside inwards, of each direction."""
    if sheet.edges is None:
        return []
    zones: list[_Zone] = []
    for turn, lines in _directions(sheet).items():
        bands = _bands(lines)
        low, high = heights(turn, sheet.edges)
        zone = _ZONE * (high - low)
        above = sum(band[0].bottom > high - zone for band in bands)
        below = sum(band[0].bottom < low + zone for band in bands)
        zones += [_zone(bands, above), _zone(bands[::-1], below)]
    return zones


def _zone(bands: Sequence[_Band], within: int) -> _Zone:
    """Return so many bands; a page's number counts as within wherever the text ends."""
    count = min(_BANDS, max(within, int(bool(bands) and len(bands[0]) == 1 and bands[0][0].text.isdecimal())))
    return _Zone(bands[:count], bands[count] if count < len(bands) else None)


def _margin(zone: _Zone, pitch: float, sheet: Sheet, others: Sequence[frozenset[_Key]]) -> list[Line]:
    """Return what of the outermost bands is repeated, as far as a gap sets it apart from the text."""
    repeated: list[list[Line]] = []
    for band in zone.bands:
        same = [line for line in band if _is_repeated(line, sheet, others)]
        if same:
            repeated.append(same)
        if len(same) < len(band):
            break
    within = [*zone.bands[1:], zone.behind]
    for count in range(len(repeated), 0, -1):
        following = within[count - 1]
        if following is None or _step(zone.bands[count - 1], following) > _SET_APART * pitch:
            return [line for band in repeated[:count] for line in band]
    return []


def _is_repeated(line: Line, sheet: Sheet, others: Sequence[frozenset[_Key]]) -> bool:
    enough = _ENOUGH_OF_MANY if len(others) == 2 * _REACH else _ENOUGH
    return any(
        sum(any((said, height + step) in keys for step in (-1, 0, 1)) for keys in others) >= enough
        for said, height in _keys(line, sheet)
    )


def _keys(line: Line, sheet: Sheet) -> list[_Key]:
    """Return what a line says and where; also with a number as its distance from the page's, as "Page 12 of 80" has it.

    A number alone is known by that distance wherever it stands. What the outline calls a title is never repeated.
    """
    text = " ".join(line.text.casefold().split())
    if sheet.titles and "".join(filter(str.isalnum, text)) in sheet.titles:
        return []
    height = _height(line, sheet)
    if _ROMAN.fullmatch(text):
        return [("roman", height)]
    numbers = [found for found in _DIGITS.finditer(text) if len(found[0]) <= _LONGEST_NUMBER][:_MOST_NUMBERS]
    counted = [f"{text[: found.start()]}#{int(found[0]) - sheet.number}{text[found.end() :]}" for found in numbers]
    if text.isdecimal() and numbers:
        return [(counted[0], 0)]
    large = line.size >= _LARGE * sheet.size
    return [(said, height) for said in ([text] if large else [text, *counted])]


def _height(line: Line, sheet: Sheet) -> int:
    """Return how far it is from the lower edge, or how far below the upper one (less than 0), whichever is nearer."""
    low, high = (0.0, 0.0) if sheet.edges is None else heights(line.turn, sheet.edges)
    above, below = round((line.bottom - low) / _SAME_HEIGHT), round((high - line.bottom) / _SAME_HEIGHT)
    return above if above <= below else _FROM_ABOVE - below


def _usual_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return max(sizes, key=sizes.__getitem__, default=0.0)


def _step(one: _Band, two: _Band) -> float:
    return abs(one[0].bottom - two[0].bottom)


def _pitch(bands: Sequence[_Band]) -> float:
    steps = sorted(_step(one, two) for one, two in pairwise(bands))
    return steps[len(steps) // 2] if steps else 0.0
