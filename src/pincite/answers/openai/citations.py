"""Pins as OpenAI's annotations: which characters of the reply rest on which passage of which document. Pure.

Indexes count Unicode code points, as Python's strings do, and as pins do.
"""

from collections.abc import Sequence

from pincite.answers.domain import Answer, Pin, PinSpan
from pincite.answers.openai.schemas import Citation, Pinned


def citations_of(answer: Answer, base_url: str) -> Sequence[Citation]:
    """Return one citation for each span of each pin, in the order of the claims.

    Args:
        answer: the answer.
        base_url: where people reach this installation, without a slash at its end.
    """
    return [_citation(pin, span, base_url) for pin in answer.pins for span in pin.spans]


def pinned(answer: Answer, ignored: Sequence[str]) -> Pinned:
    """Return what an answer is beside its text and its citations."""
    return Pinned(
        answer=answer.id,
        conversation=answer.conversation,
        abstained=answer.abstained,
        reason=None if answer.reason is None else answer.reason.value,
        confidence=answer.confidence,
        mode=answer.mode.value,
        model=answer.model,
        unsupported=[pin.claim for pin in answer.pins if not pin.spans],
        ignored=list(ignored),
    )


def _citation(pin: Pin, span: PinSpan, base_url: str) -> Citation:
    return Citation(
        start_index=pin.claim[0],
        end_index=pin.claim[1],
        title=f"{span.source}, {span.place}" if span.place else span.source,
        url=f"{base_url}/v1/passages/{span.revision}/content#page={span.page}",
        file_id=span.document,
        filename=span.source,
        revision=span.revision,
        page=span.page,
        place=span.place,
        start=span.start,
        end=span.end,
        quote=span.quote,
        verdict=pin.verdict.value,
        score=round(pin.score, 4),
    )
