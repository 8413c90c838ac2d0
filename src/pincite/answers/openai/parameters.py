"""From OpenAI's requests to ours: a question with what was said before it, or a request to a chat model. Pure.

What cannot be done as asked is refused, naming the parameter; nothing that changes the reply is left out in silence.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pincite.answers.domain import Turn
from pincite.answers.openai.domain import ParameterRefused, Question
from pincite.answers.openai.images import KINDS, Content, image_of, refuse_too_many, shows
from pincite.answers.openai.schemas import ChatBody, ChatMessage, ContentPart, ResponseFormat, ToolBody
from pincite.core.images import Image
from pincite.gateway import ChatRequest, Message, Shape, ToolCall
from pincite.retrieval import MAX_QUESTION_CHARS

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_VERBOSITIES = ("low", "medium", "high")
_TEXTS = frozenset({"text", "input_text", "output_text"})
_NOTHING: tuple[Any, ...] = (None, [], {}, "")
# Of these a value that asks for nothing is taken; any other would change the reply in a way that is not spoken here.
_UNSPOKEN: Mapping[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "logit_bias": _NOTHING,
    "modalities": (*_NOTHING, ["text"]),
    "audio": _NOTHING,
    "prediction": _NOTHING,
    "web_search_options": (None,),
    "functions": _NOTHING,
    "function_call": (None, "auto", "none"),
}
_OF_MODELS: Mapping[str, tuple[Any, ...]] = {"tools": _NOTHING, "stop": _NOTHING, "tool_choice": (None, "auto", "none")}
# An assistant is worded as it is set up; it says which of these it was sent and did not heed.
_UNHEEDED = (
    *("temperature", "top_p", "seed", "max_tokens", "max_completion_tokens", "presence_penalty"),
    *("frequency_penalty", "reasoning_effort", "verbosity", "parallel_tool_calls"),
)


def question_of(body: ChatBody) -> Question:
    """Return what an assistant is asked: the user's last words, after the turns before. Raises: ParameterRefused."""
    _refuse(body, {**_UNSPOKEN, **_OF_MODELS}, "Assistants do not take it; ask the chat model itself.")
    if body.response_format is not None and body.response_format.type != "text":
        raise ParameterRefused("response_format", "Assistants reply in text.", remedy="Leave `response_format` out.")
    ignored = [name for name in _UNHEEDED if getattr(body, name) is not None]
    if any(each.role in {"system", "developer"} and text_of(each, at) for at, each in enumerate(body.messages)):
        ignored.append("messages.system")
    return asked(body.messages, "messages", ignored)


def asked(messages: Sequence[ChatMessage], param: str, ignored: Sequence[str]) -> Question:
    """Return the question of a conversation and its turns; what the user said in a row is one text.

    Args:
        messages: the conversation.
        param: the parameter that holds them.
        ignored: what was sent beside and is not heeded.

    Raises:
        ParameterRefused: the last word is not the user's, or a message is of tools.
    """
    turns: list[Turn] = []
    waiting: list[str] = []
    for at, message in enumerate(messages):
        if message.role == "tool" or message.tool_calls or message.function_call:
            raise ParameterRefused(
                f"{param}.{at}", "Assistants call no tools.", remedy="Leave the tools' messages out."
            )
        if message.role == "user":
            waiting.append(text_of(message, at, param))
        elif message.role == "assistant" and waiting:
            turns.append(Turn("\n\n".join(waiting)[:MAX_QUESTION_CHARS], text_of(message, at, param)))
            waiting = []
    if not waiting:
        raise ParameterRefused(param, "The last message is not the user's.", remedy="End with what the user asks.")
    return Question("\n\n".join(waiting), tuple(turns), tuple(ignored))


def request_of(body: ChatBody) -> ChatRequest:
    """Return what a chat model is asked. Raises: ParameterRefused."""
    _refuse(body, _UNSPOKEN, "It cannot be passed on.")
    tools = _tools(body.tools or ())
    return ChatRequest(
        system="",
        messages=messages_of(body.messages, "messages"),
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        seed=body.seed,
        stop=tuple(each for each in ([body.stop] if isinstance(body.stop, str) else body.stop or ()) if each),
        presence_penalty=body.presence_penalty or None,
        frequency_penalty=body.frequency_penalty or None,
        effort=_one_of(_EFFORTS, body.reasoning_effort, "reasoning_effort"),
        verbosity=_one_of(_VERBOSITIES, body.verbosity, "verbosity"),
        tools=tools,
        tool_choice=_choice(body, tools),
        parallel_calls=body.parallel_tool_calls,
        reply=_reply(body.response_format),
        may_be_cut=True,
    )


def contents_of(body: ChatBody) -> Sequence[Content]:
    """Return what the messages of a chat hold."""
    return [each.content for each in body.messages]


def messages_of(messages: Sequence[ChatMessage], param: str) -> tuple[Message, ...]:
    """Return a conversation as models take it. Raises: ParameterRefused."""
    known: dict[str, ToolCall] = {}
    found: list[Message] = []
    refuse_too_many((each.content for each in messages), param)
    for at, message in enumerate(messages):
        if message.function_call:
            said = "Functions are called as tools."
            raise ParameterRefused(f"{param}.{at}.function_call", said, remedy="Send it in `tool_calls`.")
        if message.role == "user" and shows(message.content):
            found.append(Message.shown(tuple(_parts_of(message, at, param))))
            continue
        text = text_of(message, at, param)
        calls = tuple(
            ToolCall(each.id, each.function.name, each.function.arguments) for each in message.tool_calls or ()
        )
        if message.role == "tool":
            call = known.get(message.tool_call_id or "")
            if call is None:
                said = "It is the result of no call that the messages before it ask for."
                raise ParameterRefused(f"{param}.{at}.tool_call_id", said, remedy="Send the call's message as well.")
            found.append(Message("tool", text, (call,)))
        elif message.role == "assistant":
            known |= {each.id: each for each in calls}
            found.append(Message("assistant", text, calls))
        else:
            found.append(Message("user" if message.role == "user" else "system", text))
    if not any(each.role in {"user", "tool"} for each in found):
        raise ParameterRefused(param, "There is no message of the user's.", remedy="End with what the user asks.")
    return tuple(found)


def text_of(message: ChatMessage, at: int, param: str = "messages") -> str:
    """Return the text of a message. Raises: ParameterRefused for one with images, sound or files."""
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    for number, part in enumerate(message.content):
        if part.type not in _TEXTS or part.text is None:
            raise _unread(part, f"{param}.{at}.content.{number}")
    return "\n".join(part.text or "" for part in message.content)


def _parts_of(message: ChatMessage, at: int, param: str) -> Iterator[str | Image]:
    """Yield the texts and images of a message. Raises: ParameterRefused for what is neither."""
    for number, part in enumerate(message.content or ()):
        assert isinstance(part, ContentPart), "what is one text has no parts"
        where = f"{param}.{at}.content.{number}"
        if part.type in KINDS:
            yield image_of(part, where)
        elif part.type in _TEXTS and part.text is not None:
            yield part.text
        else:
            raise _unread(part, where)


def _unread(part: ContentPart, where: str) -> ParameterRefused:
    if part.type in _TEXTS:
        return ParameterRefused(
            f"{where}.text", "There is no text in it.", remedy="Send `text`, or leave the part out."
        )
    said = f"Only text is read, and this is `{part.type}`."
    remedy = "Images go to a model itself, in the user's messages." if part.type in KINDS else "Send text alone."
    return ParameterRefused(where, said, remedy=remedy)


def _refuse(body: ChatBody, unspoken: Mapping[str, tuple[Any, ...]], remedy: str) -> None:
    for name, harmless in unspoken.items():
        if getattr(body, name) not in harmless:
            raise ParameterRefused(name, f"The value of `{name}` is not supported.", remedy=remedy)


def _one_of(known: Sequence[str], value: str | None, name: str) -> Any:
    if value is not None and value not in known:
        remedy = f"Use one of {', '.join(known)}."
        raise ParameterRefused(name, f"The value of `{name}` is not supported.", remedy=remedy)
    return value


def _tools(tools: Sequence[ToolBody]) -> tuple[Shape, ...]:
    found = tuple(
        Shape(
            each.function.name,
            each.function.parameters or _NO_ARGUMENTS,
            each.function.description,
            each.function.strict,
        )
        for each in tools
    )
    if len({each.name for each in found}) < len(found):
        raise ParameterRefused("tools", "Two tools have one name.", remedy="Give each a name of its own.")
    return found


_NO_ARGUMENTS: Mapping[str, Any] = {"type": "object", "properties": {}}


def _choice(body: ChatBody, tools: Sequence[Shape]) -> Any:
    choice = body.tool_choice
    if choice is None or isinstance(choice, str):
        if choice == "required" and not tools:
            raise ParameterRefused("tool_choice", "There is no tool that could be called.", remedy="Send `tools`.")
        return choice or "auto"
    if choice.function.name not in {each.name for each in tools}:
        raise ParameterRefused("tool_choice", "It names none of the `tools`.", remedy="Name one of them.")
    return (choice.function.name,)


def _reply(wanted: ResponseFormat | None) -> Shape | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return Shape("json_object", {"type": "object"})
    schema = wanted.json_schema
    if schema is None:
        raise ParameterRefused("response_format.json_schema", "There is no schema.", remedy="Send `json_schema`.")
    return Shape(schema.name, schema.schema_, schema.description, schema.strict)
