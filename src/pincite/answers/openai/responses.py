"""Answers and replies as OpenAI's responses: whole. Pure.

How one comes event by event is in `response_events.py`; what is asked, in `response_bodies.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from pincite.answers.domain import Answer, AnswerMode, AnswerState
from pincite.answers.openai.citations import citations_of, pinned
from pincite.answers.openai.completions import Told, finished, name_of
from pincite.answers.openai.schemas import Json, Pinned
from pincite.core import PinciteError
from pincite.gateway import ChatFinished, ToolCall, Usage

_STATUS: dict[AnswerState, "Status"] = {
    AnswerState.RUNNING: "in_progress",
    AnswerState.COMPLETED: "completed",
    AnswerState.FAILED: "failed",
    AnswerState.CANCELLED: "cancelled",
}
Status = Literal["in_progress", "completed", "failed", "cancelled", "incomplete"]
Fields = dict[str, Any]


class ResponseUsage(BaseModel):
    """Tokens; `estimated` where the provider said nothing, `cost_usd` where it is known, `cached` of a kept reply."""

    input_tokens: int
    input_tokens_details: dict[str, int]
    output_tokens: int
    output_tokens_details: dict[str, int] = {"reasoning_tokens": 0}
    total_tokens: int
    estimated: bool = False
    cost_usd: float | None = None
    cached: bool = False


class ResponseResource(BaseModel):
    """A response. Texts in `output` are annotated with citations; `pincite` is there where an assistant made it."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Status
    background: bool = False
    error: dict[str, str] | None = None
    incomplete_details: dict[str, str] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    metadata: dict[str, Json] = {}
    model: str
    output: list[dict[str, Json]] = []
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    temperature: float | None = None
    text: dict[str, Json] = {"format": {"type": "text"}}
    tool_choice: Json = "auto"
    tools: list[dict[str, Json]] = []
    top_p: float | None = None
    usage: ResponseUsage | None = None
    pincite: Pinned | None = None


class Deleted(BaseModel):
    """That a response is deleted."""

    id: str
    object: Literal["response"] = "response"
    deleted: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """What a response is from its beginning: its id, when it was made (seconds since 1970), and what was asked."""

    id: str
    created_at: int
    model: str
    asked: Fields

    def resource(self, status: Status, output: Sequence[Fields] = (), **more: Any) -> ResponseResource:
        """Return the response in a state."""
        return ResponseResource(
            id=self.id,
            created_at=self.created_at,
            model=self.model,
            status=status,
            output=list(output),
            **self.asked,
            **more,
        )

    @property
    def message_id(self) -> str:
        """The id of the message in its output."""
        return f"msg_{self.id}"

    def message(self, content: Sequence[Fields], status: str = "completed") -> Fields:
        """Return the message of its output."""
        return {
            "type": "message",
            "id": self.message_id,
            "status": status,
            "role": "assistant",
            "content": list(content),
        }

    def call(self, call: ToolCall) -> Fields:
        """Return a call of its output."""
        return {
            "type": "function_call",
            "id": f"fc_{call.id}",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "status": "completed",
        }

    def failed(self, error: PinciteError) -> ResponseResource:
        """Return the response as failed."""
        return self.resource("failed", error={"code": error.code, "message": f"{error.message} {error.remedy}".strip()})


def frame_of(answer: Answer, asked: Mapping[str, Any]) -> Frame:
    """Return the frame of an answer's response."""
    return Frame(answer.id, int(answer.created_at.timestamp()), name_of(answer), dict(asked))


def text_part(text: str, annotations: Sequence[Fields] = ()) -> Fields:
    """Return a text of a message."""
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def file_citations(answer: Answer, base_url: str) -> list[Fields]:
    """Return an answer's citations in the form that responses have for them; `index` is where the claim ends."""
    return [
        {"type": "file_citation", "index": each.end_index, **each.model_dump(mode="json")}
        for each in citations_of(answer, base_url)
    ]


def answer_response(frame: Frame, answer: Answer, told: Told) -> ResponseResource:
    """Return an answer, in whatever state it is, as a response."""
    if answer.ended is not None and answer.state is AnswerState.COMPLETED:
        return reply_response(frame, answer.text, finished(answer, answer.ended))
    problem = answer.problem
    output = [frame.message([text_part(answer.text, file_citations(answer, told.base_url))])] if answer.text else []
    return frame.resource(
        _STATUS[answer.state],
        output,
        error=None
        if problem is None
        else {"code": problem.code, "message": f"{problem.message} {problem.remedy}".strip()},
        usage=None
        if answer.state is AnswerState.RUNNING
        else usage_of(answer.usage, answer.cost_usd, cached=answer.cached),
        pincite=None if answer.mode is AnswerMode.REPLY else pinned(answer, told.ignored),
    )


def reply_response(frame: Frame, text: str, end: ChatFinished) -> ResponseResource:
    """Return a model's reply as a response."""
    said = [frame.message([text_part(text)])] if text or not end.calls else []
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(end.reason)
    return frame.resource(
        "completed" if cut is None else "incomplete",
        [*said, *map(frame.call, end.calls)],
        incomplete_details=None if cut is None else {"reason": cut},
        usage=usage_of(end.usage, end.cost_usd, cached=end.cached),
    )


def usage_of(usage: Usage, cost_usd: Any, *, cached: bool = False) -> ResponseUsage:
    """Return usage as it is told."""
    return ResponseUsage(
        input_tokens=usage.input_tokens,
        input_tokens_details={"cached_tokens": usage.cached_tokens},
        output_tokens=usage.output_tokens,
        total_tokens=usage.input_tokens + usage.output_tokens,
        estimated=usage.estimated,
        cost_usd=None if cost_usd is None else float(cost_usd),
        cached=cached,
    )
