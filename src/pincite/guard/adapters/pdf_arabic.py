"""Arabic letters that one sign stands for, in the order in which they are written. Runs in the child only.

pdfium turns text from right to left around, and with it the letters of a sign for two: "لا" becomes "ال", and half of
all texts' words are others. Two letters of one sign have one place, so that the order changes no character's box.
"""

import re

from pincite.guard.adapters.pdf_lines import Glyphs

_TURNED = re.compile("[اأإآٱ]ل|هللا?")


def in_written_order(text: str, glyphs: Glyphs) -> str:
    """Return a page's text with letters that were turned within a sign turned back; its length stays."""
    return _TURNED.sub(lambda found: _turned_back(found, glyphs), text)


def _turned_back(found: re.Match[str], glyphs: Glyphs) -> str:
    boxes = {glyphs.box(at, 0) for at in range(found.start(), found.end())}
    return found[0][::-1] if len(boxes) == 1 and None not in boxes else found[0]
