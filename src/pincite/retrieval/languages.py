"""Which languages a question's words are stemmed as: its own where documents are in it, else all there are. Pure.

How a language is told is in `core/languages.py`.
"""

from collections.abc import Sequence

from pincite.core.languages import UNDETERMINED, language_of

# Each costs a question a few more words to look for.
MOST_AT_ONCE = 8


def asked_in(question: str, there: Sequence[str]) -> tuple[str, ...]:
    """Return the languages to look for a question's words in.

    In a language of few documents, words that its stemmer leaves whole are rare, so that they would count for more than
    they say: they are not looked for when it can be told that the question is in another. Takes a millisecond, none
    where all documents are in one language.

    Args:
        question: as it was asked.
        there: the languages of the documents in view, that of most first.
    """
    told = [each for each in there if each != UNDETERMINED]
    if len(told) > 1 and (own := language_of(question)) in told:
        return tuple(each for each in there if each in {own, UNDETERMINED})
    return tuple(there[:MOST_AT_ONCE])
