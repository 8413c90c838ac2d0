"""EPUB: the chapters in reading order, each through the HTML reader. Runs in the child only."""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from pincite.guard.adapters.html import decode_html, html_elements
from pincite.guard.archives import Archive, attribute, child, children
from pincite.guard.domain import UnreadableDocument
from pincite.guard.sections import Element, cut_sections
from pincite.guard.source import Opened, Source


def open_source(source: Source) -> Opened:
    """Open an e-book."""
    archive = Archive(source)
    if archive.has("META-INF/rights.xml"):
        raise UnreadableDocument("The e-book is protected against copying.", remedy="Upload a copy without protection.")
    return Opened(cut_sections(_elements(archive, _chapters(archive))))


def _chapters(archive: Archive) -> list[str]:
    """Return the members that make up the book, in the order of its spine."""
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
    return [items[name] for name in order if name in items and archive.has(items[name])]


def _elements(archive: Archive, chapters: list[str]) -> Iterator[Element]:
    for number, name in enumerate(chapters):
        for element in html_elements(decode_html(archive.read(name)))[0]:
            # Groups count from 1 in each chapter; keep those of different chapters apart.
            yield Element(element.kind, element.text, element.level, element.group * len(chapters) + number)
