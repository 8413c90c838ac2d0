"""Whether a question may be asked and a sentence shown: by phrases of this installation's own, and by a provider.

Off unless it is set up. Where it is consulted is in `service.py`; how text is held back until it was, in `held.py`.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pincite.core import ErrorKind, InvalidInput, PinciteError, Scope, Unavailable, get_logger
from pincite.ledger import BudgetExceeded, PriceUnknown

MOST_PHRASES, LONGEST_PHRASE = 10_000, 200

log = get_logger(__name__)


class Moderator(Protocol):
    """A provider that says whether a text is fit; the gateway's."""

    async def flagged(self, scope: Scope, text: str) -> tuple[str, ...]:
        """Return the categories that speak against it; none where it is fit. Raises: ModelError."""
        ...


class QuestionRefused(PinciteError):
    """The question is one that this installation does not answer. Nothing was done with it."""

    code = "question-refused"
    kind = ErrorKind.INVALID


class AnswerRefused(PinciteError):
    """A sentence of the answer is one that this installation does not show; what came before it was fit."""

    code = "answer-refused"
    kind = ErrorKind.INVALID


class ModerationFailed(Unavailable):
    """Whoever is to say whether a text is fit did not say it, and nothing is asked or shown without."""

    code = "moderation-failed"


class Phrases:
    """Phrases that are refused: whole words, in any case and spacing. Looking takes time linear in the text.

    Args:
        lines: one phrase a line; empty ones and those that begin with "#" count for nothing.

    Raises:
        InvalidInput: there are more than `MOST_PHRASES`, or one is longer than `LONGEST_PHRASE`.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        written = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        if len(written) > MOST_PHRASES or any(len(line) > LONGEST_PHRASE for line in written):
            raise InvalidInput(
                f"At most {MOST_PHRASES:,} phrases of {LONGEST_PHRASE} characters can be refused.",
                remedy="Shorten the file that PINCITE_MODERATION_PHRASES names.",
            )
        self._phrases = tuple(phrase for phrase in dict.fromkeys(map(_words_of, written)) if phrase.strip())

    def are_in(self, text: str) -> bool:
        """Say whether any of them is in a text."""
        words = _words_of(text)
        return any(phrase in words for phrase in self._phrases)


@dataclass(frozen=True, slots=True)
class Moderation:
    """What is asked before a question is, and before a sentence is shown.

    Args:
        phrases: phrases that are refused; None for none.
        moderator: who is asked beside; None for nobody.
        closed: refuse where the moderator fails; else go on without it, and say so in the log.
    """

    phrases: Phrases | None = None
    moderator: Moderator | None = None
    closed: bool = True

    @classmethod
    def of(cls, lines: Iterable[str] | None, moderator: Moderator | None, *, closed: bool) -> "Moderation":
        """Make it of the lines of a file of phrases, if there is one. Raises: InvalidInput."""
        return cls(None if lines is None else Phrases(lines), moderator, closed)

    @property
    def active(self) -> bool:
        """Whether anything is looked for."""
        return self.phrases is not None or self.moderator is not None

    async def question(self, scope: Scope, text: str) -> None:
        """Let a question pass. Raises: QuestionRefused, ModerationFailed."""
        why = await self._why_not(scope, text)
        if why is not None:
            raise QuestionRefused(
                f"This question is not answered here{why}.",
                remedy="Ask something else, or ask whoever runs this installation what is not answered.",
            )

    async def sentence(self, scope: Scope, text: str) -> None:
        """Let text of an answer pass. Raises: AnswerRefused, ModerationFailed."""
        why = await self._why_not(scope, text)
        if why is not None:
            raise AnswerRefused(
                f"The answer went on with something that is not shown here{why}.",
                remedy="Ask more narrowly, or ask whoever runs this installation what is not shown.",
            )

    async def _why_not(self, scope: Scope, text: str) -> str | None:
        if self.phrases is not None and self.phrases.are_in(text):
            return ""  # which phrase it is, is nobody's business
        if self.moderator is None:
            return None
        try:
            categories = await self.moderator.flagged(scope, text)
        except (BudgetExceeded, PriceUnknown):
            raise  # or whoever uses up a budget would be moderated no more
        except PinciteError as error:
            log.warning("not moderated", closed=self.closed, problem=error.message)
            if self.closed:
                said = "It could not be checked whether this may be asked or shown."
                raise ModerationFailed(said, remedy=_LATER) from error
            return None
        return f" ({', '.join(categories)})" if categories else None


_LATER = "Try again in a moment; the log says what failed."


def _words_of(text: str) -> str:
    """Return the words of a text in one spelling, with a blank before and after each."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return f" {' '.join(''.join(letter if letter.isalnum() else ' ' for letter in seen).split())} "
