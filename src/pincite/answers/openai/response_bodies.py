"""What `POST /v1/responses` takes, and the chat that it stands for. Translation only.

What of that can be done is decided in `parameters.py`, which both protocols share.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from pincite.answers.openai.domain import ParameterRefused
from pincite.answers.openai.images import Content
from pincite.answers.openai.schemas import (
    AskedOfModel,
    CallBody,
    CalledFunction,
    CallId,
    ChatBody,
    ChatMessage,
    ContentPart,
    FunctionBody,
    Name,
    NamedFunction,
    NamedTool,
    Object,
    ResponseFormat,
    SchemaBody,
    Text,
    ToolBody,
)

Parts = Annotated[list[ContentPart], Field(max_length=1_000)]
# What a parameter is called there, of what it is called in a chat.
_NAMES = {
    "messages": "input",
    "messages.system": "instructions",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "response_format.json_schema": "text.format",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
}


class MessageItem(BaseModel):
    """A message; what replies hold besides may be sent back, and counts for nothing."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: Text | Parts


class CallItem(BaseModel):
    """A call that the model asked for."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    type: Literal["function_call"]
    call_id: CallId
    name: Name
    arguments: Text


class OutputItem(BaseModel):
    """What came of a call."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    type: Literal["function_call_output"]
    call_id: CallId
    output: Text | Parts


class FlatTool(FunctionBody):
    """A function that the model may ask to be called."""

    type: Literal["function"]


class FlatChoice(NamedFunction):
    """The function that has to be called."""

    type: Literal["function"]


class TextFormat(BaseModel):
    """What the reply must be: text, any JSON object, or JSON of a schema."""

    type: Literal["text", "json_object", "json_schema"]
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")] | None = None
    schema_: Object | None = Field(None, alias="schema")
    description: Annotated[str, Field(max_length=20_000)] | None = None
    strict: bool | None = None


class TextOptions(BaseModel):
    """How the reply is written."""

    format: TextFormat | None = None
    verbosity: Name | None = None


class ResponseBody(AskedOfModel):
    """A request for a response."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"model": "pincite/default", "input": "How much leave is there when a parent dies?"}
        },
    )

    input: Text | Annotated[list[MessageItem | CallItem | OutputItem], Field(min_length=1, max_length=1_000)]
    instructions: Text | None = None
    previous_response_id: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="Of an assistant's response: its conversation goes on."
    )
    background: bool | None = Field(None, description="Answer at once, and be read or followed later.")
    max_output_tokens: int | None = Field(None, ge=1, le=1_000_000)
    tools: list[FlatTool] | None = Field(None, max_length=128)
    tool_choice: Literal["auto", "none", "required"] | FlatChoice | None = None
    text: TextOptions | None = None
    truncation: Literal["auto", "disabled"] | None = None
    reasoning: Object | None = None
    include: list[Name] | None = Field(None, max_length=20)


def chat_of(body: ResponseBody) -> ChatBody:
    """Return the chat that a request stands for. Raises: ParameterRefused."""
    if body.include:
        raise ParameterRefused("include", "There is nothing more to include.", remedy="Leave it out.")
    if body.truncation == "auto":
        raise ParameterRefused("truncation", "Nothing of the input is left out.", remedy="Send less, without it.")
    choice = body.tool_choice
    named = (
        NamedTool(type="function", function=NamedFunction(name=choice.name)) if isinstance(choice, FlatChoice) else None
    )
    return ChatBody.model_validate(
        {
            "model": body.model,
            "messages": _messages(body),
            "stream": body.stream,
            "temperature": body.temperature,
            "top_p": body.top_p,
            "max_completion_tokens": body.max_output_tokens,
            "tools": [ToolBody(type="function", function=each) for each in body.tools or ()],
            "tool_choice": choice if isinstance(choice, str) else named,
            "parallel_tool_calls": body.parallel_tool_calls,
            "response_format": _format(body.text),
            "verbosity": None if body.text is None else body.text.verbosity,
            "reasoning_effort": _effort(body),
            "top_logprobs": body.top_logprobs,
        }
    )


def refuse_beside_effort(body: ResponseBody) -> None:
    """Of what is said of a model's thinking, how much is all that is passed on. Raises: ParameterRefused."""
    for name, value in (body.reasoning or {}).items():
        if name != "effort" and value is not None:
            where = f"reasoning.{name[:40]}"
            raise ParameterRefused(where, "A model is told its `effort` alone.", remedy=f"Leave `{where}` out.")


def _effort(body: ResponseBody) -> str | None:
    """Return how much is to be thought, or that something is said of it."""
    said = {name: value for name, value in (body.reasoning or {}).items() if value is not None}
    effort = said.get("effort")
    return effort[:40] if isinstance(effort, str) else ("otherwise" if said else None)


def contents_of(body: ResponseBody) -> Sequence[Content]:
    """Return what the items of a request hold."""
    if isinstance(body.input, str):
        return [body.input]
    return [each.output if isinstance(each, OutputItem) else getattr(each, "content", None) for each in body.input]


@contextmanager
def in_its_words(body: ResponseBody) -> Iterator[None]:
    """Let what is refused of a chat name the parameter that a request for a response has for it."""
    try:
        yield
    except ParameterRefused as error:
        raise ParameterRefused(renamed(error.param, body), error.message, remedy=error.remedy) from error


def renamed(param: str, body: ResponseBody) -> str:
    """Return what a chat's parameter is called in the request for a response that the chat stands for."""
    if param in _NAMES:
        return _NAMES[param]
    first, dot, rest = param.partition(".")
    number, _, behind = rest.partition(".")
    if first == "messages" and number.isdigit() and not isinstance(body.input, str):
        return f"input.{_places(body)[int(number)]}.{behind.replace('tool_call_id', 'call_id')}".rstrip(".")
    return f"{_NAMES.get(first, first)}{dot}{rest.replace('tool_call_id', 'call_id')}"


def _places(body: ResponseBody) -> list[int]:
    """Return the number of the item that each message of the chat begins with; of instructions, 0."""
    items, places = [] if isinstance(body.input, str) else body.input, list[int]()
    for number, item in enumerate(items):
        before = items[number - 1] if number else None
        goes_on = isinstance(before, CallItem) or (isinstance(before, MessageItem) and before.role == "assistant")
        if not (isinstance(item, CallItem) and goes_on):
            places.append(number)
    return places if body.instructions is None else [0, *places]


def _messages(body: ResponseBody) -> list[ChatMessage]:
    first = [] if body.instructions is None else [ChatMessage(role="system", content=body.instructions)]
    if isinstance(body.input, str):
        return [*first, ChatMessage(role="user", content=body.input)]
    return [*first, *_said(body.input)]


def _said(items: Sequence[MessageItem | CallItem | OutputItem]) -> Iterator[ChatMessage]:
    """Yield items as messages: calls in a row, and what was said right before them, are one."""
    waiting: ChatMessage | None = None
    for item in items:
        if isinstance(item, CallItem):
            call = CallBody(id=item.call_id, function=CalledFunction(name=item.name, arguments=item.arguments))
            before = waiting or ChatMessage(role="assistant")
            waiting = before.model_copy(update={"tool_calls": [*(before.tool_calls or ()), call]})
            continue
        if waiting is not None:
            yield waiting
            waiting = None
        if isinstance(item, OutputItem):
            yield ChatMessage(role="tool", content=item.output, tool_call_id=item.call_id)
        elif item.role == "assistant":
            waiting = ChatMessage(role="assistant", content=item.content)
        else:
            yield ChatMessage(role=item.role, content=item.content)
    if waiting is not None:
        yield waiting


def _format(text: TextOptions | None) -> ResponseFormat | None:
    wanted = None if text is None else text.format
    if wanted is None:
        return None
    if wanted.type != "json_schema":
        return ResponseFormat(type=wanted.type)
    if wanted.schema_ is None:
        raise ParameterRefused("text.format", "There is no schema.", remedy="Send `schema`.")
    if wanted.name is None:
        raise ParameterRefused("text.format", "The schema has no name.", remedy="Send `name`.")
    schema = {"name": wanted.name, "schema": wanted.schema_, "description": wanted.description, "strict": wanted.strict}
    return ResponseFormat(type="json_schema", json_schema=SchemaBody.model_validate(schema))
