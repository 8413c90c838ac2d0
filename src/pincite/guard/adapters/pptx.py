"""PPTX: a page a slide, with its title, text, tables, diagrams and speaker notes. Runs in the child only."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element as Node

from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, PageText, UnreadableDocument
from pincite.guard.sections import Element, lay_out, row_text, squeeze
from pincite.guard.source import Opened, Source

_TITLES = frozenset({"title", "ctrTitle"})
_DECORATION = frozenset({"dt", "ftr", "sldNum", "hdr", "sldImg"})
_NOTES_LEVEL = 3
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
    slides = [relations[name][1] for name in ids if name in relations and archive.has(relations[name][1])]
    return Opened(_pages(archive, slides), len(slides))


def _relation_id(node: Node) -> str:
    return next((value for key, value in node.attrib.items() if key.endswith("}id")), "")


def _pages(archive: Archive, slides: list[str]) -> Iterator[PageText]:
    for number, name in enumerate(slides, start=1):
        relations = archive.relations(name)
        root = archive.xml(name)
        elements = list(_Slide(archive, relations).elements(root))
        notes = next((target for kind, target in relations.values() if kind == "notesSlide"), "")
        said = list(_notes(archive.xml(notes)))
        if said:
            elements += [Element(BlockKind.HEADING, "Notes", level=_NOTES_LEVEL), *said]
        text, blocks = lay_out([element for element in elements if element.text.strip()])
        hidden = root is not None and attribute(root, "show") == "0"
        yield PageText(number, f"Slide {number}", text, blocks, _NOT_SHOWN if hidden else "")


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
            if local(shape) == "graphicFrame":
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

    def _graphic(self, shape: Node) -> Iterator[Element]:
        self._groups += 1
        data = child(shape, "graphic", "graphicData")
        for row in children(child(data, "tbl"), "tr"):
            cells = (" ".join(_paragraphs(child(cell, "txBody"))) for cell in children(row, "tc"))
            yield Element(BlockKind.TABLE, row_text(cells), group=self._groups)
        diagram = child(data, "relIds")
        if diagram is None:
            return
        part = self._relations.get(attribute(diagram, "dm"), ("", ""))[1]
        for point in children(child(self._archive.xml(part), "ptLst"), "pt"):
            for text in _paragraphs(child(point, "t")):
                yield Element(BlockKind.LIST, text, group=self._groups)


def _shapes(tree: Node | None) -> Iterator[Node]:
    for node in tree if tree is not None else ():
        name = local(node)
        if name in {"sp", "graphicFrame"}:
            yield node
        elif name in {"grpSp", "Choice"}:
            yield from _shapes(node)
        elif name == "AlternateContent":
            yield from _shapes(child(node, "Choice"))


def _placeholder(shape: Node) -> str:
    """Return what a shape stands for on its slide: "title", "body", ...; "" for a free text box."""
    for part in children(shape, "nvSpPr", "nvGraphicFramePr"):
        found = child(part, "nvPr", "ph")
        if found is not None:
            return found.get("type", "obj")
    return ""


def _paragraphs(body: Node | None) -> Iterator[str]:
    for paragraph in children(body, "p"):
        parts: list[str] = []
        for run in paragraph:
            if local(run) == "br":
                parts.append(" ")
            else:
                parts += [part.text or "" for part in run.iter() if local(part) == "t"]
        text = squeeze("".join(parts))
        if text:
            yield text


def _notes(root: Node | None) -> Iterator[Element]:
    for shape in _shapes(child(root, "cSld", "spTree")):
        if _placeholder(shape) not in _DECORATION:
            for text in _paragraphs(child(shape, "txBody")):
                yield Element(BlockKind.PARAGRAPH, text)
