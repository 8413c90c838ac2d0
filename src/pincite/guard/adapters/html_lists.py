"""The numbers that browsers show before the items of a list. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pincite.guard.adapters.docx_numbering import count_as

_KINDS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


@dataclass(slots=True)
class List:
    """An open list; `number` is the next item's, None where items have none or it depends on how many are to come."""

    kind: str
    number: int | None
    step: int = 1

    @classmethod
    def opened(cls, tag: str, attributes: Mapping[str, str | None]) -> "List":
        """Begin a list."""
        start = _number(attributes.get("start"))
        backwards = "reversed" in attributes
        if tag != "ol" or (backwards and start is None):
            return cls("", None)
        kind = _KINDS.get(attributes.get("type") or "1", "decimal")
        return cls(kind, 1 if start is None else start, -1 if backwards else 1)

    def item(self, attributes: Mapping[str, str | None]) -> str:
        """Count an item. Returns what stands before it."""
        if not self.kind:
            return ""
        said = _number(attributes.get("value"))
        number = self.number if said is None else said
        if number is None:
            return ""
        self.number = number + self.step
        return f"{count_as(self.kind, number)}. "


def _number(said: str | None) -> int | None:
    text = (said or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 9 else None
