"""Documents of other formats within a Word document (altChunk): HTML, a saved web page, RTF, text. In the child only.

Programs that make Word files of HTML put the whole page in as such a part, and Word reads it when it opens the file.
"""

import email
import re
from collections.abc import Iterator

from pincite.guard.adapters.html import decode_html, html_elements
from pincite.guard.adapters.rtf import rtf_elements
from pincite.guard.adapters.text import clean, decode, decode_as
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element

_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|div|p|h[1-6]|table|ul|ol|span)\b", re.IGNORECASE)
_MHT = re.compile(rb"(?:[A-Za-z-]{1,60}:.*\r?\n)*?mime-version:", re.IGNORECASE)
_HEAD = 4_096


def foreign_elements(data: bytes) -> Iterator[Element]:
    """Yield the elements of a part that is no Word document itself."""
    head = data[:_HEAD]
    if head.lstrip().startswith(b"{\\rtf"):
        yield from rtf_elements(data)
    elif _MHT.match(head.lstrip()):
        yield from html_elements(_saved_page(data))[0]
    elif _MARKUP.search(head):
        yield from html_elements(decode_html(data))[0]
    else:
        for paragraph in decode(data).split("\n"):
            yield Element(BlockKind.PARAGRAPH, paragraph.strip())


def _saved_page(data: bytes) -> str:
    """Return the first HTML of a page that was saved with its pictures."""
    for part in email.message_from_bytes(data).walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            found = payload if isinstance(payload, bytes) else b""
            charset = part.get_content_charset()
            return clean(decode_as(found, charset)) if charset else decode_html(found)
    return ""
