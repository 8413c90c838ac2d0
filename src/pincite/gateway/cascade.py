"""What a file of routes says beside its models: when the strong tier answers, and which route is a shadow. Pure.

What an answer is worth is found out by whoever makes it; which models those tiers are is said in `course.py`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

QuestionKind = Literal["number", "money", "time", "duration", "name", "contact", "anything"]
Share = Annotated[float, Field(ge=0, le=1)]


class Cascade(BaseModel):
    """When an answer is the strong tier's: at once, or in place of what the cheap tier wrote.

    Args:
        tenants: at once, for these: whose plan it is.
        questions: at once, where such a thing is asked for.
        min_confidence: at once, where the passages that were found answer with less than this chance.
        max_unsupported: in place, where no passage carries more than this share of the sentences.
        doubt_refusals: in place, where it says that the documents do not say, and the passages that were found answer
            with this chance or more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenants: tuple[str, ...] = ()
    questions: tuple[QuestionKind, ...] = ()
    min_confidence: Share = 0.0
    max_unsupported: Share = 0.3
    doubt_refusals: Share = 0.3

    def at_once(self, tenant: str, kind: str, confidence: float) -> str | None:
        """Return why the strong tier is asked at once, None where the cheap one is.

        Args:
            tenant: whose question it is.
            kind: what is asked for, as one of `QuestionKind`.
            confidence: the chance, 0..1, that the passages that were found answer it.
        """
        if tenant in self.tenants:
            return "it is this tenant's plan"
        if kind in self.questions:
            return f"questions for {_ASKED_FOR.get(kind, f'a {kind}')} are the strong tier's"
        if confidence < self.min_confidence:
            return f"what was found answers with a chance of {confidence:.2f} only"
        return None

    def in_place(self, unsupported: int, sentences: int, refusal: float | None) -> str | None:
        """Return why the strong tier is asked in place of what was written, None where that stands.

        Args:
            unsupported: how many of the sentences no passage carries.
            sentences: of the answer.
            refusal: of an answer that says that the documents do not say, the chance that the passages do.
        """
        if refusal is not None:
            return "it says that the documents do not say" if refusal >= self.doubt_refusals else None
        if not sentences:
            return "it says nothing"
        if unsupported > self.max_unsupported * sentences:
            return f"no passage carries {unsupported} of its {sentences} sentences"
        return None


class Shadow(BaseModel):
    """Another route, by which a share of the answers is made as well: measured, and never shown.

    Args:
        route: its name.
        share: of the answers, in 0..1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    route: str
    share: Share = 0.05


_ASKED_FOR = {"money": "money", "anything": "anything else"}
