"""What word search sees of a chunk. Pure; used by every engine, shown to nobody."""

from pincite.core.terms import hyphenated, terms
from pincite.core.words import whole_words


def searched_terms(title: str, text: str, language: str) -> list[str]:
    """Return the terms of a chunk's title (source name, heading path) and text, and of its hyphenated words joined.

    Words that a line's end cut in two are whole.
    """
    whole = whole_words(text)
    return terms(f"{title}\n{whole}", language) + terms(_joined(whole), language)


def searched_text(title: str, text: str) -> str:
    """Return a chunk's title above its text, and hyphenated words also joined: for engines that cut words themselves.

    They cut "pass-phrase" in two; who asks for a "passphrase" should find it all the same. Words that the end of a line
    cut in two are whole.
    """
    whole = whole_words(text)
    return "\n".join(part for part in (title, whole, _joined(whole)) if part)


def _joined(text: str) -> str:
    return " ".join(dict.fromkeys(hyphenated(text)))
