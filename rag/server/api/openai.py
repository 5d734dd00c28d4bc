"""Models of the supported part of OpenAI's chat API, with the extension ``newsrag``.

See https://platform.openai.com/docs/api-reference/chat. Requests for unsupported features (several
answers, tools, JSON) are errors; fields without effect here are accepted.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from rag.server.api.schemas import ArticleFilters, Evidence

MODEL = "newsrag"
EMBEDDER = "newsrag-embedder"


class Part(BaseModel):
    """A part of a message; only text is supported."""

    type: Literal["text"]
    text: str = Field(max_length=200_000)


class AskMessage(BaseModel):
    """A message. Messages of `system` and `developer` are accepted and ignored."""

    role: Literal["system", "developer", "user"]
    content: str | list[Part] = Field(examples=["Who will Blinken meet in Berlin?"])


class AnswerMessage(BaseModel):
    """A message of the assistant; it may have no text, as a tool call has none."""

    role: Literal["assistant"]
    content: str | list[Part] | None = None


ChatMessage = Annotated[AskMessage | AnswerMessage, Field(discriminator="role")]


class ResponseFormat(BaseModel):
    """Only text is supported."""

    type: Literal["text"]


class StreamOptions(BaseModel):
    """Options of a stream."""

    include_usage: StrictBool | None = Field(
        None, description="Send the token counts in a final chunk."
    )


class ChatRequest(BaseModel):
    """A chat. Other fields of OpenAI's API are accepted and have no effect.

    These include `temperature`, `top_p`, `seed`, `max_tokens`, `stop` and `user`: answers are
    always the most likely ones, and as long as their evidence.
    """

    model_config = ConfigDict(extra="ignore")

    model: str = Field(MODEL, max_length=200, description="See `/v1/models`.", examples=[MODEL])
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=200, description="The last one must be from the user."
    )
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = Field(None, description="Only one answer is supported.")
    response_format: ResponseFormat | None = None
    tools: list[object] | None = Field(None, max_length=0, description="Not supported.")
    newsrag: ArticleFilters | None = Field(
        None, description="Extension: which articles may be used."
    )


class StreamState(BaseModel):
    """Extension of the chunks before the text: what is being done."""

    state: Literal["reading", "writing"]
    passages: int = Field(description="Number of passages that the model reads.")


class ReplyMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    newsrag: Evidence = Field(description="Extension: the evidence for the answer.")


class Choice(BaseModel):
    """The only answer."""

    index: Literal[0] = 0
    message: ReplyMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class CachedTokens(BaseModel):
    """Tokens of the prompt that were in the cache."""

    cached_tokens: int


class Usage(BaseModel):
    """Token counts, as the model counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens


class Completion(BaseModel):
    """A complete answer."""

    id: str = Field(examples=["chatcmpl-1f0c"])
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(BaseModel):
    """What a chunk adds to the message; anything else is null.

    OpenAI's client concatenates text and adds up numbers. So the evidence comes once, in the last
    chunk, and what is being done is not part of the message.
    """

    role: Literal["assistant"] | None = None
    content: str | None = None
    newsrag: Evidence | None = None


class ChunkChoice(BaseModel):
    """The only answer, so far."""

    index: Literal[0] = 0
    delta: Delta
    logprobs: None = None
    finish_reason: Literal["stop"] | None = None


class CompletionChunk(BaseModel):
    """A chunk of a stream, sent as a server-sent event; the last event is `[DONE]`."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None
    newsrag: StreamState | None = None


class ModelCard(BaseModel):
    """A model that a request may name."""

    id: str = Field(examples=[MODEL])
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["newsrag"] = "newsrag"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelCard]
