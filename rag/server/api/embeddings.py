"""``/v1/embeddings``: the vectors of the index's embedder, in the format of OpenAI's API."""

import base64
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.server.api.errors import ApiError, documented
from rag.server.api.openai import EMBEDDER, MODEL
from rag.server.api.schemas import Visible
from rag.server.api.service import UseService, router

routes = router("OpenAI", 429, 503, 504)
_Text = Annotated[Visible, Field(max_length=20_000)]


class EmbeddingRequest(BaseModel):
    """Texts to embed. Other fields of OpenAI's API are accepted and have no effect."""

    model_config = ConfigDict(extra="ignore")

    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=256)]
    model: str = Field(EMBEDDER, max_length=200, examples=[EMBEDDER])
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="`base64`: float32, little endian."
    )


class Embedding(BaseModel):
    """The vector of one text, of unit length."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens are not counted for the embedder."""

    prompt_tokens: Literal[0] = 0
    total_tokens: Literal[0] = 0


class EmbeddingList(BaseModel):
    """The vectors, in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage = EmbeddingUsage()


@routes.post("/v1/embeddings", responses=documented(404))
async def embed(asked: EmbeddingRequest, service: UseService) -> EmbeddingList:
    """Embed texts as articles are embedded; a text longer than the model reads is cut off."""
    embedder = service.news.embedder
    known = (EMBEDDER, MODEL, embedder.identity)
    if asked.model not in known:
        raise ApiError("model_not_found", param="model", name=asked.model, known=", ".join(known))
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    vectors = await service.search.result(lambda: embedder.encode_documents(texts))
    in_base64 = asked.encoding_format == "base64"
    return EmbeddingList(
        model=embedder.identity,
        data=[
            Embedding(
                index=place,
                embedding=base64.b64encode(vector.astype("<f4").tobytes()).decode()
                if in_base64
                else vector.tolist(),
            )
            for place, vector in enumerate(vectors)
        ],
    )
