"""Of a model's text what it says: what it thought before is left out where its server passes it on in the text. Pure.

Models that reason write what they think between two marks, before all else. Most servers tell it apart.
"""

_OPENS, _CLOSES = "<think>", "</think>"


class Spoken:
    """Takes a text in pieces and gives back what of it is said."""

    def __init__(self) -> None:
        self._held = ""
        self._is_thinking = False
        self._is_speaking = False

    def __call__(self, text: str, *, final: bool = False) -> str:
        """Return what is said in a piece and what was held of those before it; `final`: nothing comes after it."""
        if self._is_speaking:
            return text
        self._held += text
        if self._is_thinking:
            return self._behind()
        begun = self._held.lstrip()
        if begun.startswith(_OPENS):
            self._is_thinking, self._held = True, begun[len(_OPENS) :]
            return self._behind()
        if _OPENS.startswith(begun) and not final:
            return ""
        return self._speak(self._held)

    def _behind(self) -> str:
        """Return what stands behind the end of a thought, and the blanks after it."""
        at = self._held.find(_CLOSES)
        if at < 0:
            self._held = self._held[-len(_CLOSES) + 1 :]
            return ""
        said = self._held[at + len(_CLOSES) :].lstrip()
        self._held = self._held[at:]
        return self._speak(said) if said else ""

    def _speak(self, said: str) -> str:
        self._is_speaking, self._held = True, ""
        return said
