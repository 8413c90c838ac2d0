"""EPUB: the chapters in reading order, each through the HTML reader, notes and asides with them. In the child only."""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from pincite.guard.adapters.html import decode_html, html_elements
from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.members import shown
from pincite.guard.sections import Element, cut_sections
from pincite.guard.source import Opened, Source

_MOST_NAMED = 12


def open_source(source: Source) -> Opened:
    """Open an e-book."""
    archive = Archive(source)
    if archive.has("META-INF/rights.xml"):
        raise UnreadableDocument("The e-book is protected against copying.", remedy="Upload a copy without protection.")
    chapters, missing = _chapters(archive)
    if _encrypted(archive) & set(chapters):
        raise UnreadableDocument("The e-book is protected against copying.", remedy="Upload a copy without protection.")
    return Opened(_pages(archive, chapters, missing))


def _pages(archive: Archive, chapters: list[str], missing: list[str]) -> Iterator[PageText]:
    last = 0
    for page in cut_sections(_elements(archive, chapters)):
        yield page
        last = page.number
    if missing:
        named = ", ".join(map(shown, missing[:_MOST_NAMED])) + (" and more" * (len(missing) > _MOST_NAMED))
        yield PageText(last + 1, "Missing", "", warning=f"Parts of the e-book are missing from its file: {named}.")


def _encrypted(archive: Archive) -> set[str]:
    """Return the members that are encrypted; fonts often are, which says nothing of the text."""
    root = archive.xml("META-INF/encryption.xml")
    references = () if root is None else (node for node in root.iter() if local(node) == "CipherReference")
    return {posixpath.normpath(unquote(attribute(node, "URI"))) for node in references}


def _chapters(archive: Archive) -> tuple[list[str], list[str]]:
    """Return the members that make up the book, in the order of its spine, and those that the file does not hold."""
    rootfile = child(archive.xml("META-INF/container.xml"), "rootfiles", "rootfile")
    package_name = attribute(rootfile, "full-path") if rootfile is not None else ""
    package = archive.xml(package_name)
    if package is None:
        raise UnreadableDocument(
            "The e-book has no table of its parts.", remedy="Export it again and upload that copy."
        )
    folder = posixpath.dirname(package_name)
    items = {
        attribute(item, "id"): posixpath.normpath(posixpath.join(folder, unquote(attribute(item, "href"))))
        for item in children(child(package, "manifest"), "item")
        if "nav" not in attribute(item, "properties").split()
    }
    order = [attribute(reference, "idref") for reference in children(child(package, "spine"), "itemref")]
    folded = {name.casefold(): name for name in archive.names}  # some file systems tell no capitals apart
    wanted = [items[name] for name in order if name in items]
    found = [name if archive.has(name) else folded.get(name.casefold(), "") for name in wanted]
    return [name for name in found if name], [name for name, held in zip(wanted, found, strict=True) if not held]


def _elements(archive: Archive, chapters: list[str]) -> Iterator[Element]:
    for number, name in enumerate(chapters):
        for element in html_elements(decode_html(archive.read(name)), whole=True)[0]:
            # Groups count from 1 in each chapter; keep those of different chapters apart.
            yield Element(element.kind, element.text, element.level, element.group * len(chapters) + number)
