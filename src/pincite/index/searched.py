"""The text that word search sees of a chunk. Pure; used by every engine, shown to nobody."""

import re

from pincite.core.words import whole_words

_HYPHENATED = re.compile(r"\b[^\W\d_]+(?:-[^\W\d_]+)+\b")


def searched_text(title: str, text: str) -> str:
    """Return a chunk's title (source name, heading path) above its text, and hyphenated words also joined.

    Engines cut "pass-phrase" in two; who asks for a "passphrase" should find it all the same. Words that a line's end
    cut in two are whole.
    """
    text = whole_words(text)
    joined = " ".join(dict.fromkeys(word.replace("-", "") for word in _HYPHENATED.findall(text)))
    return "\n".join(part for part in (title, text, joined) if part)
