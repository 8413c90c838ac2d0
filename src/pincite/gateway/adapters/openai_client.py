"""OpenAI's library for chats, with the two steps made quick that took most of its time.

Before it sends a chat it looks through all of it for fields that are to be renamed, of which a chat has none; and it
makes an object of each event in Python, where pydantic's core makes the same of what keeps to the protocol.
"""

from typing import TYPE_CHECKING, Any, cast

from pincite.gateway.adapters.http import http_client
from pincite.gateway.adapters.openai_pieces import chunk_of, piece_of
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.settings import ModelSettings

# What the library calls the same in its chats and in requests of any kind.
_OPTIONS = {"extra_headers": "headers", "extra_query": "params", "extra_body": "extra_json", "timeout": "timeout"}
_STREAM_OPTIONS = {"include_usage": True}  # more than that some servers refuse
_BEARER: Any = {"security": {"bearer_auth": True}}


def last_usage_counts() -> "ModelSettings":
    """Return the settings by which the usage that a stream said last counts.

    What is counted in each chunk, unasked, is all so far: the library adds it up where it does not ask for it itself.
    """
    from pydantic_ai.models.openai import OpenAIChatModelSettings

    return OpenAIChatModelSettings(openai_continuous_usage_stats=True)


def chat_client(
    connection: Connection, *, base_url: str | None, api_key: str, in_pieces: bool = False
) -> "AsyncOpenAI":
    """Return a client that sends each chat once, as it is told to, and gives what came as the library does.

    Where it comes `in_pieces`, what is a piece of text and no more is a `Piece`: for `openai_pieces.in_pieces`.
    """
    from openai import AsyncOpenAI, AsyncStream, NotGiven, Omit
    from openai.resources.chat import AsyncChat, AsyncCompletions
    from openai.types.chat import ChatCompletion, ChatCompletionChunk

    class Chunk(ChatCompletionChunk):
        @classmethod
        def build(cls, *, response: object, data: Any) -> object:  # noqa: ARG003 - as the library calls it
            if not isinstance(data, dict):
                return data
            event = cast("dict[str, Any]", data)
            return (piece_of(event) if in_pieces else None) or chunk_of(event)

    class Completions(AsyncCompletions):
        async def create(self, **given: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] (whatever it takes)
            told = {name: value for name, value in given.items() if not isinstance(value, Omit | NotGiven)}
            if told.get("stream_options"):
                told["stream_options"] = _STREAM_OPTIONS
            options: Any = {_OPTIONS[name]: told.pop(name) for name in _OPTIONS.keys() & told.keys()}
            return await self._client.post(
                "/chat/completions",
                body=told,
                options={name: value for name, value in options.items() if value is not None} | _BEARER,
                cast_to=ChatCompletion,
                stream=bool(told.get("stream")),
                stream_cls=AsyncStream[Chunk],
            )

    class Chat(AsyncChat):
        @property
        def completions(self) -> Completions:
            return Completions(self._client)

    class Client(AsyncOpenAI):
        @property
        def chat(self) -> Chat:
            return Chat(self)

    # Retries are ours (`retrying.py`): the library's own would wait as long as the provider says, unseen.
    return Client(base_url=base_url, api_key=api_key, max_retries=0, http_client=http_client(connection))
