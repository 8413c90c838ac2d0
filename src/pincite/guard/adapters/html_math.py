"""Formulas of web pages (MathML) on one line: "(a+b)/2", "x^2". Pure.

Who reads "12" for a half reads another number.
"""

from collections import Counter
from dataclasses import dataclass

_BETWEEN = {"mfrac": ("/",), "msup": ("^",), "msub": ("_",), "msubsup": ("_", "^"), "munderover": ("_", "^"),
            "munder": ("_",), "mover": ("^",)}  # fmt: skip
_BEFORE = {"msqrt": "√(", "mroot": "√("}
_AFTER = {"msqrt": ")", "mroot": ")", "mtd": ", ", "mtr": "; "}
UNREAD = frozenset({"annotation", "annotation-xml", "mphantom"})
"""Parts of a formula that are not shown."""


@dataclass(slots=True)
class _Open:
    tag: str
    parts: int = 0
    grouped: bool = False


class Formula:
    """Gives what stands between the letters of a formula, as its tags come."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._tags: Counter[str] = Counter()

    @property
    def is_open(self) -> bool:
        """Whether there is a formula of which more is to come."""
        return bool(self._open)

    def begin(self, tag: str) -> str:
        """Return what stands before an element."""
        said, grouped = "", False
        if self._open:
            around = self._open[-1]
            marks = _BETWEEN.get(around.tag, ())
            said = marks[around.parts - 1] if 0 < around.parts <= len(marks) else ""
            around.parts += 1
            grouped = bool(marks) and tag == "mrow"
        self._open.append(_Open(tag, grouped=grouped))
        self._tags[tag] += 1
        return said + ("(" if grouped else "") + _BEFORE.get(tag, "")

    def end(self, tag: str) -> str:
        """Return what stands behind an element; one that was never opened says nothing."""
        if not self._tags[tag]:
            return ""
        said = ""
        while self._open:
            each = self._open.pop()
            self._tags[each.tag] -= 1
            said += _AFTER.get(each.tag, "") + (")" if each.grouped else "")
            if each.tag == tag:
                break
        return said
