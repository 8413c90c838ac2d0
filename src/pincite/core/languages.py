"""Which language a text is in, told by the frequency of its byte n-grams (Lui & Baldwin 2012, by py3langid).

The model comes with the library, so nothing is fetched. It is loaded when it is first needed: 76 MB and 0.7 s.
"""

from functools import cache
from typing import Any, Protocol, cast

UNDETERMINED = "und"
"""The language of a text that is too short, or no language: BCP-47's own word for it."""

LOOKED_AT = 3_000
"""Characters that are enough to tell a language by."""

_SURE = 0.3
_SHORTEST = 12  # letters
# What the model calls otherwise than BCP-47, and what it takes formal English for now and then.
_ALSO = {"kik": "ki", "hbo": "he", "no": "nb", "pcm": "en", "zxx": UNDETERMINED}


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def language_of(text: str) -> str:
    """Return a text's language as BCP-47, `und` where it cannot be told. Takes about a millisecond of one core."""
    some = text[:LOOKED_AT]
    if sum(letter.isalpha() for letter in some) < _SHORTEST:
        return UNDETERMINED
    found, sureness = _identifier().classify(some)
    return _ALSO.get(found, found) if sureness >= _SURE else UNDETERMINED


def load_languages() -> None:
    """Load the model now. Blocks for about a second."""
    _identifier()


@cache
def _identifier() -> _Identifier:
    # Imported here: a process that reads no document needs neither the library nor its model.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # pyright: ignore[reportMissingTypeStubs]

    return cast("Any", LanguageIdentifier).from_model_file(MODEL_FILE, norm_probs=True)
