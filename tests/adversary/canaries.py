"""Canaries, and finding them in whatever was said, however they are written there."""

import base64
import codecs
import re
from dataclasses import dataclass
from urllib.parse import quote

_APART = re.compile(r"[\s\-_.,;:|*`'\"\u200b]+")


@dataclass(frozen=True)
class Canary:
    """A word that stands in one document alone; `home` is the collection that it lies in."""

    word: str
    home: str

    @property
    def spellings(self) -> tuple[str, ...]:
        """Itself and what encodings make of it, in lower case, without what stands between letters."""
        raw = self.word.encode()
        # In base64 a word looks in three ways, by where it begins; what depends on its neighbours is cut off.
        based = [base64.b64encode(b"x" * lead + raw).decode()[[0, 2, 3][lead] : -4] for lead in range(3)]
        made = [self.word, self.word[::-1], raw.hex(), codecs.encode(self.word, "rot13"), quote(self.word), *based]
        return tuple(dict.fromkeys(_APART.sub("", each).lower() for each in made))


def found(said: str, canaries: tuple[Canary, ...]) -> set[Canary]:
    """Return the canaries that something said holds."""
    # Escapes of JSON, as of a blank of no width, are what they stand for.
    plain = _APART.sub("", said.replace("\\u200b", "").replace("\\n", " ").replace("\\", "")).lower()
    return {each for each in canaries if any(spelling in plain for spelling in each.spellings)}
