"""PPTX: a page a slide, with its title, text, tables, diagrams, charts and speaker notes. Runs in the child only."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.docx_numbering import count_as
from pincite.guard.adapters.docx_signs import formula
from pincite.guard.adapters.ooxml_charts import chart_elements, diagram_elements
from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, PageText, UnreadableDocument
from pincite.guard.grids import Span, TableRows
from pincite.guard.hidden import STYLED, told, warned
from pincite.guard.sections import Element, lay_out, raised, squeeze
from pincite.guard.source import Opened, Source

_TITLES = frozenset({"title", "ctrTitle"})
_DECORATION = frozenset({"dt", "ftr", "sldNum", "hdr", "sldImg"})
_COUNTED = re.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc)(Period|ParenR|ParenBoth|Plain)")
_KINDS = {
    "arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}  # fmt: skip
_AROUND = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}"}
_TRUE = frozenset({"1", "true"})
_NOTES_LEVEL = 3
# What runs through a deck is told by its first slides: it stands on so many of them at least, and on half of them.
_LOOKED_AT, _ENOUGH = 40, 3
_DIGITS = re.compile(r"\d+")
_MISSING = "The slide is missing from the file."
_NOT_SHOWN = "The slide is hidden: it is not shown when the presentation is."


def open_source(source: Source) -> Opened:
    """Open a presentation; the total is known at once."""
    archive = Archive(source)
    part = next((target for kind, target in archive.relations("").values() if kind == "officeDocument"), "")
    part = part if archive.has(part) else "ppt/presentation.xml"
    root = archive.xml(part)
    if root is None:
        raise UnreadableDocument(
            "The presentation is damaged.", remedy="Open it in PowerPoint, save it again and upload that copy."
        )
    relations = archive.relations(part)
    ids = (_relation_id(slide) for slide in children(child(root, "sldIdLst"), "sldId"))
    parts = (relations.get(name, ("", ""))[1] for name in ids)
    slides = [part if archive.has(part) else "" for part in parts]
    if slides and not any(slides):
        raise UnreadableDocument(
            "The presentation holds none of its slides.", remedy="Open it in PowerPoint, save it and upload that copy."
        )
    return Opened(_pages(archive, slides), len(slides))


def _relation_id(node: Node) -> str:
    return next((value for key, value in node.attrib.items() if key.endswith("}id")), "")


def _pages(archive: Archive, slides: list[str]) -> Iterator[PageText]:
    running = _running(archive, [each for each in slides[:_LOOKED_AT] if each])
    for number, name in enumerate(slides, start=1):
        if not name:
            yield PageText(number, f"Slide {number}", "", warning=_MISSING)
            continue
        relations = archive.relations(name)
        root = archive.xml(name)
        elements = [_told(element, running) for element in _Slide(archive, relations).elements(root)]
        notes = next((target for kind, target in relations.values() if kind == "notesSlide"), "")
        said = list(_Slide(archive, archive.relations(notes) if notes else {}).notes(archive.xml(notes)))
        if said:
            elements += [Element(BlockKind.HEADING, "Notes", level=_NOTES_LEVEL), *said]
        elements = [element for element in elements if element.text.strip()]
        text, blocks = lay_out([element for element in elements if element.kind is not BlockKind.HIDDEN])
        unseen = [(element.text, STYLED) for element in elements if element.kind is BlockKind.HIDDEN]
        hidden = root is not None and attribute(root, "show") in {"0", "false"}
        yield warned(PageText(number, f"Slide {number}", text, blocks, told(unseen)), _NOT_SHOWN if hidden else "")


def _running(archive: Archive, slides: list[str]) -> frozenset[str]:
    """Return what the text boxes of most slides say, without its figures: the deck's name, a number of the slide."""
    said = Counter(text for name in slides for text in set(_boxes(archive.xml(name))))
    return frozenset(text for text, times in said.items() if times >= max(_ENOUGH, len(slides) / 2))


def _boxes(root: Node | None) -> Iterator[str]:
    for shape in _shapes(child(root, "cSld", "spTree")):
        paragraphs = [text for text in _paragraphs(child(shape, "txBody")) if text]
        if not _placeholder(shape) and len(paragraphs) == 1:
            yield _DIGITS.sub("0", paragraphs[0])


def _told(element: Element, running: frozenset[str]) -> Element:
    """Return an element as a margin, where it is one line that most slides have."""
    is_running = element.kind is BlockKind.PARAGRAPH and _DIGITS.sub("0", element.text) in running
    return replace(element, kind=BlockKind.MARGIN) if is_running else element


class _Slide:
    """Walks the shapes of a slide, the title first."""

    def __init__(self, archive: Archive, relations: dict[str, tuple[str, str]]) -> None:
        self._archive = archive
        self._relations = relations
        self._groups = 0

    def elements(self, root: Node | None) -> Iterator[Element]:
        shapes = list(_shapes(child(root, "cSld", "spTree")))
        shapes.sort(key=lambda shape: _placeholder(shape) not in _TITLES)
        for shape in shapes:
            if _is_unseen(shape):
                yield Element(BlockKind.HIDDEN, " ".join(_paragraphs(child(shape, "txBody"))))
            elif local(shape) == "graphicFrame":
                yield from self._graphic(shape)
            elif _placeholder(shape) not in _DECORATION:
                yield from self._text(shape)

    def _text(self, shape: Node) -> Iterator[Element]:
        kind = _placeholder(shape)
        paragraphs = [text for text in _paragraphs(child(shape, "txBody")) if text]
        if kind in _TITLES:
            yield Element(BlockKind.HEADING, squeeze(" ".join(paragraphs)), level=1)
            return
        self._groups += 1
        listed = len(paragraphs) > 1 and kind in {"body", "obj"}
        for text in paragraphs:
            yield Element(BlockKind.LIST if listed else BlockKind.PARAGRAPH, text, group=self._groups)

    def notes(self, root: Node | None) -> Iterator[Element]:
        """Yield what the speaker's notes say."""
        for shape in _shapes(child(root, "cSld", "spTree")):
            if local(shape) == "graphicFrame":
                yield from self._graphic(shape)
            elif _placeholder(shape) not in _DECORATION:
                yield from (Element(BlockKind.PARAGRAPH, text) for text in _paragraphs(child(shape, "txBody")))

    def _graphic(self, shape: Node) -> Iterator[Element]:
        self._groups += 2
        data = child(shape, "graphic", "graphicData")
        table = TableRows(self._groups)
        for row in children(child(data, "tbl"), "tr"):
            yield from table.add(_cells(row))
        yield from table.end()
        chart = child(data, "chart")
        if chart is not None:
            part = self._relations.get(attribute(chart, "id"), ("", ""))[1]
            yield from chart_elements(self._archive.xml(part), self._groups - 1)
        diagram = child(data, "relIds")
        if diagram is None:
            return
        part = self._relations.get(attribute(diagram, "dm"), ("", ""))[1]
        yield from diagram_elements(self._archive.xml(part), self._groups)


def _cells(row: Node) -> Iterator[Span]:
    """Yield the cells of a row; those that others cover stand in the file too."""
    for cell in children(row, "tc"):
        if not (attribute(cell, "hMerge") in _TRUE or attribute(cell, "vMerge") in _TRUE):
            text = " ".join(_paragraphs(child(cell, "txBody")))
            yield Span(text, _count(cell, "gridSpan"), _count(cell, "rowSpan"))


def _count(cell: Node, name: str) -> int:
    said = attribute(cell, name)
    return int(said) if said.isdigit() and len(said) < 5 else 1


def _shapes(tree: Node | None) -> Iterator[Node]:
    for node in tree if tree is not None else ():
        name = local(node)
        if name in {"sp", "graphicFrame"}:
            yield node
        elif name in {"grpSp", "Choice"}:
            yield from _shapes(node)
        elif name == "AlternateContent":
            yield from _shapes(child(node, "Choice"))


def _is_unseen(shape: Node) -> bool:
    """Whether a shape is switched off in the list of what lies on its slide."""
    named = (child(part, "cNvPr") for part in children(shape, "nvSpPr", "nvGraphicFramePr"))
    return any(node is not None and attribute(node, "hidden") in _TRUE for node in named)


def _placeholder(shape: Node) -> str:
    """Return what a shape stands for on its slide: "title", "body", ...; "" for a free text box."""
    for part in children(shape, "nvSpPr", "nvGraphicFramePr"):
        found = child(part, "nvPr", "ph")
        if found is not None:
            return found.get("type", "obj")
    return ""


def _paragraphs(body: Node | None) -> Iterator[str]:
    """Yield what the paragraphs of a shape say, with the numbers of those that are counted."""
    counts: dict[int, tuple[str, int]] = {}
    for paragraph in children(body, "p"):
        parts: list[str] = []
        for run in paragraph:
            if local(run) == "br":
                parts.append(" ")
            else:
                said = _run_text(run)
                parts.append(raised(said) if _is_raised(run) else said)
        text = squeeze("".join(parts))
        if text:
            yield squeeze(f"{_number(child(paragraph, 'pPr'), counts)} {text}")


def _run_text(node: Node) -> str:
    """Return the text of a run; formulas on one line."""
    if local(node) == "t":
        return node.text or ""
    if local(node) == "AlternateContent":
        return _run_text(next(iter(node), Node("t")))
    said = formula(node, _run_text) if "/math" in node.tag else None
    return "".join(_run_text(part) for part in node) if said is None else said


def _is_raised(run: Node) -> bool:
    properties = child(run, "rPr")
    said = attribute(properties, "baseline") if properties is not None else ""
    return said.removesuffix("%").isdigit() and said not in {"0", "0%"}


def _number(properties: Node | None, counts: dict[int, tuple[str, int]]) -> str:
    """Count a paragraph, and forget the counts of deeper levels. Returns its number as shown, "" for none."""
    said = attribute(properties, "lvl") if properties is not None else ""
    level = int(said) if said.isdigit() and len(said) == 1 else 0
    counting = child(properties, "buAutoNum")
    kind = "" if counting is None else attribute(counting, "type")
    before, number = counts.get(level, ("", 0))
    for deeper in [each for each in counts if each >= level]:
        del counts[deeper]
    form = _COUNTED.fullmatch(kind)
    if counting is None or form is None:
        return ""
    start = attribute(counting, "startAt")
    number = number + 1 if before == kind else int(start) if start.isdigit() and len(start) < 6 else 1
    counts[level] = (kind, number)
    return _AROUND[form[2]].format(count_as(_KINDS[form[1]], number))
