"""Haystack as its tutorials 27 (first RAG pipeline) and 30 (preprocessing) set it up.

DocumentCleaner, DocumentSplitter of 150 words with an overlap of 50, sentence-transformers
embedders, InMemoryEmbeddingRetriever with its default of ten documents, ChatPromptBuilder with the
tutorial's prompt, OpenAIChatGenerator. Nothing in it cites.
"""

import time

from haystack import Document, Pipeline
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from wire import Reply, Setup, document, serve

_PROMPT = """
Given the following information, answer the question.

Context:
{% for document in documents %}
    {{ document.content }}
{% endfor %}

Question: {{question}}
Answer:
"""


class Haystack:
    """An indexing pipeline and a query pipeline over a document store in memory."""

    packages = (
        "haystack-ai",
        "sentence-transformers-haystack",
        "torch",
        "transformers",
        "sentence-transformers",
    )

    def __init__(self, setup: Setup) -> None:
        self._store = InMemoryDocumentStore()
        self._embedder = SentenceTransformersTextEmbedder(model=setup.embedder, progress_bar=False)
        self._embedder.warm_up()
        self._reading = self._reading_pipeline(setup)
        self._answering = self._answering_pipeline(setup)
        self._first, self._start = 0.0, 0.0

    def _reading_pipeline(self, setup: Setup) -> Pipeline:
        embedder = SentenceTransformersDocumentEmbedder(model=setup.embedder, progress_bar=False)
        embedder.warm_up()
        pipeline = Pipeline()
        pipeline.add_component("cleaner", DocumentCleaner())
        pipeline.add_component(
            "splitter", DocumentSplitter(split_by="word", split_length=150, split_overlap=50)
        )
        pipeline.add_component("embedder", embedder)
        pipeline.add_component("writer", DocumentWriter(self._store))
        for left, right in (
            ("cleaner", "splitter"),
            ("splitter", "embedder"),
            ("embedder", "writer"),
        ):
            pipeline.connect(left, right)
        return pipeline

    def _answering_pipeline(self, setup: Setup) -> Pipeline:
        pipeline = Pipeline()
        pipeline.add_component("embedder", self._embedder)
        pipeline.add_component("retriever", InMemoryEmbeddingRetriever(self._store))
        pipeline.add_component(
            "prompt", ChatPromptBuilder(template=[ChatMessage.from_user(_PROMPT)])
        )
        pipeline.add_component(
            "llm",
            OpenAIChatGenerator(
                api_key=Secret.from_token("none"),
                model=setup.model,
                api_base_url=setup.base_url,
                streaming_callback=self._hear,
                generation_kwargs={"temperature": 0.0, "max_tokens": setup.max_tokens},
                timeout=setup.timeout,
                max_retries=0,
            ),
        )
        pipeline.connect("embedder.embedding", "retriever.query_embedding")
        pipeline.connect("retriever.documents", "prompt.documents")
        pipeline.connect("prompt.prompt", "llm.messages")
        return pipeline

    def _hear(self, chunk: object) -> None:
        if chunk.content and not self._first:
            self._first = time.perf_counter() - self._start

    def ingest(self, articles: list[dict[str, str]]) -> int:
        """Run the indexing pipeline."""
        documents = [
            Document(content=document(each), meta={"url": each["url"]}) for each in articles
        ]
        self._reading.run({"cleaner": {"documents": documents}})
        return self._store.count_documents()

    def ask(self, text: str, day: str) -> Reply:
        """Run the query pipeline; the day has no place in this set-up."""
        self._first, self._start = 0.0, time.perf_counter()
        done = self._answering.run(
            {"embedder": {"text": text}, "prompt": {"question": text}},
            include_outputs_from={"retriever"},
        )
        seconds = time.perf_counter() - self._start
        return Reply(
            text=done["llm"]["replies"][0].text or "",
            shown=[(each.meta["url"], each.content) for each in done["retriever"]["documents"]],
            first_token=self._first or seconds,
            seconds=seconds,
        )

    def search(self, text: str, day: str, k: int) -> list[str]:
        """The urls of the nearest documents."""
        vector = self._embedder.run(text)["embedding"]
        found = InMemoryEmbeddingRetriever(self._store).run(query_embedding=vector, top_k=k)
        return [each.meta["url"] for each in found["documents"]]


serve(Haystack)
