"""Makes markup harmless for the standard library's parser, whose time grows with the square of what is never closed.

One pass from left to right, as browsers do it where they agree: comments and declarations go, a tag that has no end
within reason is text. Pure.
"""

import re
from collections.abc import Iterator

_MARKS = re.compile(r"<(?:(!--)|([!?])|(script|style)\b|/|[a-zA-Z])?", re.IGNORECASE)
_MAX_TAG = 1 << 16
_NEVER = -1


def tame(markup: str) -> str:
    """Return markup without comments, declarations, scripts and styles, in which each tag is closed."""
    return "".join(_kept(markup)) if "<" in markup else markup


def _kept(markup: str) -> Iterator[str]:
    closing, ends = _Next(markup, ">"), _Next(markup, "-->")
    raw = {name: _Next(markup, f"</{name}") for name in ("script", "style")}
    at = done = 0
    while (found := _MARKS.search(markup, at)) is not None:
        start, at = found.start(), found.end()
        if at == start + 1:  # a sign of its own: "a < b"
            continue
        comment, declared, hidden = found.groups()
        end = ends.after(at) if comment else closing.after(at)
        if end == _NEVER or (not comment and end - start > _MAX_TAG):
            yield markup[done:start] + "&lt;"
            done = start + 1
        elif comment or declared:
            yield markup[done:start] + (" " if declared else "")
            at = done = end + (3 if comment else 1)
        elif hidden:
            over = raw[hidden.casefold()].after(at)
            if over != _NEVER:
                yield markup[done:start]
                at = done = over
    yield markup[done:]


class _Next:
    """The next place of a mark behind places that only grow; all calls together read the text once."""

    def __init__(self, text: str, mark: str) -> None:
        self._text = text
        self._mark = re.compile(mark, re.IGNORECASE)
        self._place = 0
        self._known = False

    def after(self, at: int) -> int:
        if not self._known or _NEVER < self._place < at:
            found = self._mark.search(self._text, at)
            self._place, self._known = _NEVER if found is None else found.start(), True
        return self._place
