"""Charts and diagrams of Word documents and presentations. Runs in the child only.

Of a chart its titles are read, and the values that are drawn as a table; of a diagram (SmartArt) its texts as a list.

Values are those that were saved with the chart, shown by their formats, as its labels are.
"""

from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.xlsx_numbers import show
from pincite.guard.archives import attribute, child, children, local
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, row_text, squeeze

_MOST_SERIES = 60
_MOST_POINTS = 2_000

_Points = dict[int, str]
"""What is shown of a series' points, by their places."""


def chart_elements(root: Node | None, group: int) -> Iterator[Element]:
    """Yield what a chart says.

    Args:
        root: the chart's part; None where it is missing.
        group: of the table, for which the next number is taken too.
    """
    chart = child(root, "chart")
    area = child(chart, "plotArea")
    axes = [node for node in (area if area is not None else ()) if local(node).endswith("Ax")]
    titles = [_title(chart), *(_title(axis) for axis in axes if local(axis) == "valAx")]
    said = ": ".join(title for title in titles if title)
    if said:
        yield Element(BlockKind.PARAGRAPH, said)
    series = [node for plot in (area if area is not None else ()) for node in children(plot, "ser")][:_MOST_SERIES]
    across = next((title for axis in axes if local(axis) != "valAx" and (title := _title(axis))), "")
    places = [_points(child(one, "cat")) or _points(child(one, "xVal")) for one in series]
    if all(place in ({}, places[0]) for place in places):
        yield from _table(across, places[0] if places else {}, series, group)
        return
    for number, (one, place) in enumerate(zip(series, places, strict=True)):
        yield from _table(across, place, [one], group + number % 2)


def diagram_elements(root: Node | None, group: int) -> Iterator[Element]:
    """Yield the texts of a diagram.

    Args:
        root: the part with its data; None where it is missing.
        group: of the list.
    """
    for point in children(child(root, "ptLst"), "pt"):
        for paragraph in children(child(point, "t"), "p"):
            text = squeeze("".join(part.text or "" for part in paragraph.iter() if local(part) == "t"))
            yield Element(BlockKind.LIST, text, group=group)


def _table(across: str, places: _Points, series: list[Node], group: int) -> Iterator[Element]:
    values = [_points(child(one, "val")) or _points(child(one, "yVal")) for one in series]
    if not any(values):
        return
    yield Element(BlockKind.TABLE, row_text([across, *map(_name, series)]), group=group)
    for at in sorted({*places, *(at for points in values for at in points)})[:_MOST_POINTS]:
        cells = [places.get(at, ""), *(points.get(at, "") for points in values)]
        yield Element(BlockKind.TABLE, row_text(cells), group=group)


def _title(node: Node | None) -> str:
    return _text(child(node, "title", "tx"))


def _name(series: Node) -> str:
    return _text(child(series, "tx"))


def _text(node: Node | None) -> str:
    """Return a text that was written or taken from cells."""
    if node is None:
        return ""
    rich = [part.text or "" for part in node.iter() if local(part) == "t"]
    return squeeze("".join(rich) or " ".join(_points(node).values()) or _value(node))


def _points(node: Node | None) -> _Points:
    """Return the points that were saved of what is taken from cells; of several levels the names one after another."""
    found: _Points = {}
    if node is None:
        return found
    code = "General"
    levels = [part for part in node.iter() if local(part) in {"strCache", "numCache", "strLit", "numLit", "lvl"}]
    for level in reversed(levels):
        said = child(level, "formatCode")
        code = (said.text or code) if said is not None else code
        if level.tag.endswith("lvl"):
            found = _outer(found, level)
            continue
        for point in islice(children(level, "pt"), _MOST_POINTS):
            raw = _value(point)
            numeric = local(level) in {"numCache", "numLit"}
            found[_place(point)] = squeeze(_shown(raw, attribute(point, "formatCode") or code) if numeric else raw)
    return found


def _outer(found: _Points, level: Node) -> _Points:
    """Put a level's names behind those of the level above it, whose names hold until the next one."""
    points = {_place(point): _value(point) for point in islice(children(level, "pt"), _MOST_POINTS)}
    joined: _Points = {}
    above = ""
    for at in sorted({*found, *points}):
        above = found.get(at, above)
        joined[at] = squeeze(f"{above} {points.get(at, '')}")
    return joined


def _place(point: Node) -> int:
    said = attribute(point, "idx")
    return int(said) if said.isdigit() and len(said) < 9 else 0


def _value(node: Node) -> str:
    found = child(node, "v")
    return (found.text or "") if found is not None else ""


def _shown(raw: str, code: str) -> str:
    try:
        return show(raw, code, from_1904=False)
    except (ArithmeticError, ValueError):
        return raw
