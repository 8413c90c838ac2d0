"""The bodies of OpenAI's chat completions, embeddings and models, as far as they are spoken here.

Parameters that are named here and do nothing are dealt with in `parameters.py`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

LONGEST_TEXT = 1_000_000
LONGEST_ADDRESS = 20 << 20
"""No longer than a body; how large an image may be is said in `images.py`."""
Name = Annotated[str, Field(max_length=200)]
CallId = Annotated[str, Field(max_length=65_536)]
"""As the model's provider makes them: some write what was thought into it."""
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Address = Annotated[str, Field(max_length=LONGEST_ADDRESS)]
Json = JsonValue
Object = Annotated[dict[str, Json], Field(max_length=1_000)]
_QUESTION = "How much leave is there when a parent dies?"


class ImageAddress(BaseModel):
    """An image, as a data address; `detail` is `auto`, `low`, `high` or `original`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    url: Address
    detail: Name | None = None


class ContentPart(BaseModel):
    """A part of a message: a text, or of a user's message to a model itself an image; `type` says which."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    type: Annotated[str, Field(max_length=40)]
    text: Text | None = None
    image_url: ImageAddress | Address | None = None
    detail: Name | None = None
    file_id: Name | None = None


class CalledFunction(BaseModel):
    """What is called, with arguments as JSON in a string."""

    name: Name
    arguments: Text


class CallBody(BaseModel):
    """A tool call."""

    id: CallId
    type: Literal["function"] = "function"
    function: CalledFunction


class ChatMessage(BaseModel):
    """One message. What replies hold besides (annotations, refusals) may be sent back, and counts for nothing."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | Annotated[list[ContentPart], Field(max_length=1_000)] | None = None
    tool_calls: Annotated[list[CallBody], Field(max_length=128)] | None = None
    function_call: Object | None = None
    tool_call_id: CallId | None = None


class FunctionBody(BaseModel):
    """A function that the model may ask to be called; `parameters` is a JSON schema."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")]
    description: Annotated[str, Field(max_length=20_000)] | None = None
    parameters: Object | None = None
    strict: bool | None = None


class ToolBody(BaseModel):
    """A tool; functions are the only kind."""

    type: Literal["function"]
    function: FunctionBody


class NamedFunction(BaseModel):
    """A function by its name."""

    name: Name


class NamedTool(BaseModel):
    """The tool that has to be called."""

    type: Literal["function"]
    function: NamedFunction


class SchemaBody(BaseModel):
    """A JSON schema with a name."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    schema_: Object = Field(alias="schema")
    description: Annotated[str, Field(max_length=20_000)] | None = None
    strict: bool | None = None


class ResponseFormat(BaseModel):
    """What the reply must be: text, any JSON object, or JSON of a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaBody | None = None


class StreamOptions(BaseModel):
    """What a stream holds besides."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    include_usage: bool | None = None


class AskedOfModel(BaseModel):
    """What both protocols ask alike of a model."""

    model: Name = Field(description="`pincite/default`, or this installation's chat model; see `GET /v1/models`.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    parallel_tool_calls: bool | None = None
    user: Name | None = None
    metadata: Object | None = None
    store: bool | None = Field(
        None,
        description="Of a model itself: store the reply, to be followed, left and read. Default is no.",
    )
    service_tier: Name | None = None
    safety_identifier: Name | None = None
    prompt_cache_key: Name | None = None
    prompt_cache_retention: Name | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)


class ChatBody(AskedOfModel):
    """A request for a chat completion."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"model": "pincite/default", "messages": [{"role": "user", "content": _QUESTION}]}
        },
    )

    messages: list[ChatMessage] = Field(min_length=1, max_length=1_000)
    seed: int | None = Field(None, ge=-(2**63), le=2**63 - 1)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=1_000_000)
    stop: Annotated[str, Field(max_length=200)] | Annotated[list[Name], Field(max_length=4)] | None = None
    n: int | None = Field(None, ge=1, le=128, description="1 only.")
    tools: list[ToolBody] | None = Field(None, max_length=128)
    tool_choice: Literal["auto", "none", "required"] | NamedTool | None = None
    response_format: ResponseFormat | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: Object | None = None
    logprobs: bool | None = None
    reasoning_effort: Name | None = None
    verbosity: Name | None = None
    modalities: Annotated[list[Name], Field(max_length=10)] | None = None
    audio: Object | None = None
    prediction: Object | None = None
    web_search_options: Object | None = None
    functions: Annotated[list[Object], Field(max_length=128)] | None = None
    function_call: Name | Object | None = None


class Citation(BaseModel):
    """What carries a claim: `text[start_index:end_index]` rests on `quote`, which is the document's text, verbatim.

    Indexes count characters (Unicode code points). `start` and `end` are the quote's place on its page.
    """

    start_index: int
    end_index: int
    title: str
    url: str
    file_id: str
    filename: str
    revision: str
    page: int
    place: str
    start: int
    end: int
    quote: str
    verdict: str
    score: float


class Annotation(BaseModel):
    """A citation in the form that chat completions have for it."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: Citation


class Pinned(BaseModel):
    """What an answer is beside its text. `unsupported` are claims that nothing carries; `ignored` was not heeded."""

    answer: str
    conversation: str
    abstained: bool
    reason: str | None = None
    confidence: float | None = None
    mode: str
    model: str | None = None
    unsupported: list[tuple[int, int]] = []
    ignored: list[str] = []


class AskedFunction(BaseModel):
    """What a model wants called: its own words, whatever they are."""

    name: str
    arguments: str


class AskedCall(BaseModel):
    """A tool call that a model asks for."""

    id: str
    type: Literal["function"] = "function"
    function: AskedFunction


class ReplyMessage(BaseModel):
    """The reply."""

    role: Literal["assistant"] = "assistant"
    content: str | None = None
    refusal: str | None = None
    annotations: list[Annotation] = []
    tool_calls: list[AskedCall] | None = None


class Choice(BaseModel):
    """The one choice that there is."""

    index: int = 0
    message: ReplyMessage
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter"]
    logprobs: None = None


class TokenUsage(BaseModel):
    """Tokens; `estimated` where the provider said nothing, `cost_usd` where it is known, `cached` of a kept reply."""

    prompt_tokens: int
    prompt_tokens_details: dict[str, int]
    completion_tokens: int
    total_tokens: int
    estimated: bool = False
    cost_usd: float | None = None
    cached: bool | None = None


class Completion(BaseModel):
    """A chat completion; `pincite` is there where an assistant gave it."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: TokenUsage
    pincite: Pinned | None = None


class CompletionDeleted(BaseModel):
    """That a chat completion is deleted."""

    id: str
    object: Literal["chat.completion.deleted"] = "chat.completion.deleted"
    deleted: bool = True


class ModelBody(BaseModel):
    """A model; `pincite` says what it is for: `assistant`, `chat` or `embedder`."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    pincite: str


class ModelList(BaseModel):
    """Every model that there is."""

    object: Literal["list"] = "list"
    data: list[ModelBody]
