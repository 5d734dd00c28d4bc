"""Models of the supported part of OpenAI's chat API, with the extension ``newsrag``.

See https://platform.openai.com/docs/api-reference/chat. Requests for unsupported features (several
answers, tools, JSON) are errors; fields without effect here are accepted.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from rag.server.api.schemas import CitationReply, ClaimReply, DisagreementReply, Within
from rag.types import AnswerStatus

MODEL = "newsrag"
_MOST_MESSAGES = 200
_MOST_CHARACTERS = 200_000  # per message


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: Literal["text"]
    text: str = Field(max_length=_MOST_CHARACTERS)


class AskMessage(BaseModel):
    """A message. Those of `system` and `developer` are accepted and not read."""

    role: Literal["system", "developer", "user"]
    content: str | list[Part] = Field(examples=["Who will Blinken meet in Berlin?"])


class AnswerMessage(BaseModel):
    """A message that answered; one without words, as of a call of tools, says nothing."""

    role: Literal["assistant"]
    content: str | list[Part] | None = None


ChatMessage = Annotated[AskMessage | AnswerMessage, Field(discriminator="role")]


class ResponseFormat(BaseModel):
    """Only text is written."""

    type: Literal["text"]


class StreamOptions(BaseModel):
    """How a stream ends."""

    include_usage: StrictBool | None = Field(None, description="Send the tokens in a last piece.")


class ChatRequest(BaseModel):
    """A chat. Fields of OpenAI's API that are not named here are accepted and without effect.

    So are `temperature`, `top_p`, `seed`, `max_tokens`, `stop`, `user` and their like: answers are
    always the likeliest ones, and as long as their proof.
    """

    model_config = ConfigDict(extra="ignore")

    model: str = Field(MODEL, max_length=200, description="See `/v1/models`.", examples=[MODEL])
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=_MOST_MESSAGES, description="The last one must be the user's."
    )
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = Field(None, description="One answer is given.")
    response_format: ResponseFormat | None = None
    tools: list[object] | None = Field(None, max_length=0, description="There are none.")
    newsrag: Within | None = Field(None, description="Extension: which articles may be used.")


class Sources(BaseModel):
    """Extension of the message: what proves the answer, and what of it is unproven."""

    citations: list[CitationReply] = Field(description="Each quote once, in order of appearance.")
    claims: list[ClaimReply] = Field(description="The short answer and every sentence.")
    short: str = Field(description="The answer in a few words; empty in a refusal.")
    status: AnswerStatus = Field(
        description="Whether quotes state all of it, it is less sure, or the articles do not say."
    )
    refused: bool = Field(description="The articles do not answer the question.")
    confidence: float = Field(description="Probability that the answer is right, 0 to 1.")
    nearest: list[CitationReply] = Field(description="The sentences nearest to the question.")
    disagreements: list[DisagreementReply] = Field(description="Other figures of other articles.")
    draft: str = Field(description="What the model wrote; in a refusal it is unproven.")


class State(BaseModel):
    """Extension of a stream's pieces before the words: what is being done."""

    state: Literal["reading", "writing"]
    passages: int = Field(description="How many passages the model reads.")


class ReplyMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    newsrag: Sources


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: ReplyMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class CachedTokens(BaseModel):
    """Tokens of the prompt that were known from before."""

    cached_tokens: int


class Usage(BaseModel):
    """Tokens, as the generator counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens


class Completion(BaseModel):
    """A whole answer."""

    id: str = Field(examples=["chatcmpl-1f0c"])
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(BaseModel):
    """What a piece of a stream adds to the message; what it does not add is null.

    OpenAI's client adds numbers up and joins words. So the sources come once, in the last piece,
    and what is being done is no part of the message.
    """

    role: Literal["assistant"] | None = None
    content: str | None = None
    newsrag: Sources | None = None


class PieceChoice(BaseModel):
    """The one answer, so far."""

    index: Literal[0] = 0
    delta: Delta
    logprobs: None = None
    finish_reason: Literal["stop"] | None = None


class Piece(BaseModel):
    """A piece of a stream, sent as a server-sent event; the last event is `[DONE]`."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[PieceChoice]
    usage: Usage | None = None
    newsrag: State | None = None


class ModelCard(BaseModel):
    """A model that may be named in a request."""

    id: str = Field(examples=[MODEL])
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["newsrag"] = "newsrag"


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[ModelCard]
