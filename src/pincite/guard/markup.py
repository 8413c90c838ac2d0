"""What a page, a sitemap or a feed leads to: its links, all absolute, and what it asks of those who collect pages.

Runs in the child only; the text of a page is read by `adapters/html.py`.
"""

import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

from pincite.guard.adapters.html import decode_html
from pincite.guard.archives import attribute, child, children, local, parse_xml
from pincite.guard.domain import UnreadableDocument
from pincite.guard.source import Source
from pincite.guard.urls import BadUrl, Url, join_url, parse_url

_MAX_BYTES = 50 << 20
_MAX_LINKS = 50_000
_MAX_ENTRY_CHARS = 1_000_000
_XML = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex|rss|feed|RDF)[\s>]")
_SPACE = re.compile(r"\s+")
_REFRESH = re.compile(r"\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?[\"']?([^\"']*)", re.IGNORECASE)
Found = dict[str, Any]


def read_markup(source: Source, base: str) -> Found:
    """Return what the file leads to, as `service.DocumentReader.markup` gives it. Raises: UnreadableDocument."""
    data = _unpacked(source.file.read(_MAX_BYTES + 1))
    if len(data) > _MAX_BYTES:
        raise UnreadableDocument(f"The page has more than {_MAX_BYTES >> 20} MB, which is the limit.")
    url = parse_url(base)
    if not _XML.search(data[:8192]):
        return _page(decode_html(data), url)
    root = parse_xml(data.lstrip())
    kind = local(root)
    if kind in {"urlset", "sitemapindex"}:
        return _sitemap(root, kind, url)
    return {"kind": "feed", "links": list(_limited(_entries(root, url)))}


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _MAX_BYTES + 1)
    except zlib.error:
        raise UnreadableDocument("The packed file is damaged.") from None


def _page(markup: str, url: Url) -> Found:
    reader = _Links(url)
    reader.feed(markup)
    reader.close()
    links = [{"url": each} for each in dict.fromkeys(reader.links) if each != str(url)]
    return {
        "kind": "page",
        "links": links[:_MAX_LINKS] if reader.follow else [],
        "canonical": reader.canonical,
        "index": reader.index,
    }


class _Links(HTMLParser):
    """Collects links, the base they hang on, and what the page asks of robots."""

    def __init__(self, url: Url) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self._has_base = False
        self.links: list[str] = []
        self.canonical = ""
        self.index = self.follow = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        rel = given.get("rel", "").lower().split()
        if tag == "base" and "href" in given and not self._has_base:
            self._has_base = True
            self._base = _joined(self._base, given["href"]) or self._base
        elif tag in {"a", "area"} and "href" in given and "nofollow" not in rel:
            self._add(given["href"])
        elif tag in {"frame", "iframe"} and given.get("src"):
            self._add(given["src"])
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            leads = _REFRESH.match(given.get("content", ""))
            if leads is not None and leads[1].strip():
                self._add(leads[1].strip())
        elif tag == "link" and "canonical" in rel and not self.canonical:
            found = _joined(self._base, given.get("href", ""))
            self.canonical = "" if found is None else str(found)
        elif tag == "meta" and given.get("name", "").lower() in {"robots", "pincite"}:
            asked = {word.strip() for word in given.get("content", "").lower().split(",")}
            self.index = self.index and asked.isdisjoint({"noindex", "none"})
            self.follow = self.follow and asked.isdisjoint({"nofollow", "none"})

    def _add(self, href: str) -> None:
        found = _joined(self._base, href) if len(self.links) < 2 * _MAX_LINKS else None
        if found is not None:
            self.links.append(str(found))


def _sitemap(root: ET.Element, kind: str, url: Url) -> Found:
    name = "url" if kind == "urlset" else "sitemap"
    links = (
        {"url": _text(child(each, "loc")), "stamp": _text(child(each, "lastmod"))} for each in children(root, name)
    )
    return {"kind": kind, "links": list(_limited(_absolute(links, url)))}


def _entries(root: ET.Element, url: Url) -> Iterator[Found]:
    """Yield the entries of RSS 0.9 to 2.0 or Atom: where each leads ("" for nowhere), since when, title and text."""
    held = root if local(root) in {"feed", "RDF"} else child(root, "channel")
    for each in children(held, "item", "entry"):
        entry = _entry(each)
        found = _joined(url, entry["url"]) if entry["url"] else None
        yield {**entry, "url": "" if found is None else str(found)}


def _entry(entry: ET.Element) -> Found:
    link = next((attribute(each, "href") or _text(each) for each in children(entry, "link") if _leads(each)), "")
    text = next((_inner(each) for name in ("encoded", "content", "description", "summary")
                 for each in children(entry, name)), "")  # fmt: skip
    guid = child(entry, "guid")
    known_by = _text(child(entry, "id")) or _text(guid) or link
    if not link and guid is not None and attribute(guid, "isPermaLink") != "false":
        link = _text(guid)
    stamp = next((_text(each) for each in children(entry, "updated", "pubDate", "date", "published")), "")
    title = _text(child(entry, "title"))
    return {"url": link, "stamp": stamp, "title": title[:300], "key": known_by[:2000], "text": text[:_MAX_ENTRY_CHARS]}


def _leads(link: ET.Element) -> bool:
    return attribute(link, "rel") in {"", "alternate"}


def _inner(element: ET.Element) -> str:
    """Return an element's text; markup in it that is not escaped stays markup, without the prefixes of XML."""
    if len(element) == 0:
        return (element.text or "").strip()
    for each in element.iter():
        each.tag = local(each)
    return (element.text or "") + "".join(ET.tostring(each, encoding="unicode", method="html") for each in element)


def _absolute(links: Iterator[Found], base: Url) -> Iterator[Found]:
    for link in links:
        found = _joined(base, link["url"]) if link["url"] else None
        if found is not None:
            yield {**link, "url": str(found)}


def _limited(links: Iterator[Found]) -> Iterator[Found]:
    for count, link in enumerate(links):
        if count == _MAX_LINKS:
            return
        yield link


def _joined(base: Url, reference: str) -> Url | None:
    try:
        return join_url(base, reference)
    except BadUrl:
        return None


def _text(element: ET.Element | None) -> str:
    return "" if element is None else _SPACE.sub(" ", "".join(element.itertext())).strip()
