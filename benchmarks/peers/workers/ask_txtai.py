"""txtai as its guide "Build RAG pipelines with txtai" sets it up.

Every paragraph is a row of an Embeddings database, the three nearest (the default) are the context
of the RAG pipeline, with the guide's prompt and system prompt. Its citation is the paragraph that
the pipeline finds nearest to the answer (``output="reference"``).
"""

import time

from txtai import RAG, Embeddings
from txtai.pipeline import Segmentation
from wire import Reply, Setup, document, serve, timed

_SYSTEM = "You are a friendly assistant. You answer questions from users."
_TEMPLATE = """Answer the following question using only the context below. \
Only include information specifically discussed.

question: {question}
context: {context}
"""


class Txtai:
    """An Embeddings database with content and a RAG pipeline over it."""

    packages = ("txtai", "litellm", "torch", "transformers", "faiss-cpu")

    def __init__(self, setup: Setup) -> None:
        self._paragraphs = Segmentation(paragraphs=True)
        self._embeddings = Embeddings(path=setup.embedder, content=True)
        self._embeddings.batchtransform(["warm"])
        self._urls: list[str] = []
        self._rag = RAG(
            self._embeddings,
            f"openai/{setup.model}",
            output="reference",
            system=_SYSTEM,
            template=_TEMPLATE,
            api_base=setup.base_url,
            api_key="none",
            timeout=setup.timeout,
            num_retries=0,
        )
        self._max_tokens = setup.max_tokens

    def ingest(self, articles: list[dict[str, str]]) -> int:
        """Cut into paragraphs and index them; a row's id is its place."""
        rows = [
            (each["url"], paragraph)
            for each in articles
            for paragraph in self._paragraphs(document(each))
        ]
        self._urls = [url for url, _ in rows]
        self._embeddings.index((place, text, None) for place, (_, text) in enumerate(rows))
        return len(rows)

    def ask(self, text: str, day: str) -> Reply:
        """Answer, then find the reference as the pipeline does for an answer that is not streamed."""
        start = time.perf_counter()
        pieces = self._rag(text, maxlength=self._max_tokens, temperature=0.0, stream=True)
        reply, first, seconds = timed(pieces, start)
        found = self._rag.query([text], None)[0]
        ((_, _, reference),) = self._rag.reference([text], [(None, reply)], [found])
        texts = {place: (self._urls[int(place)], paragraph) for place, paragraph, _ in found}
        return Reply(
            text=reply,
            shown=list(texts.values()),
            cited=[texts[reference]] if reference in texts else [],
            first_token=first,
            seconds=seconds,
        )

    def search(self, text: str, day: str, k: int) -> list[str]:
        """The urls of the nearest paragraphs."""
        return [self._urls[int(row["id"])] for row in self._embeddings.search(text, k)]


serve(Txtai)
