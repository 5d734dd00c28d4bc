"""LlamaIndex as its starter tutorial sets it up: ``from_documents``, ``as_query_engine``.

All defaults: SentenceSplitter of 1,024 tokens with an overlap of 200, the two nearest nodes, the
"compact" synthesiser with its own prompt. The variant ``citations`` is the CitationQueryEngine of
its example: three nodes, sources of 512 tokens.
"""

import re
import time
from pathlib import Path

from llama_index.core import (
    Document,
    Settings,
    StorageContext,
    VectorStoreIndex,
    load_index_from_storage,
)
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.openai_like import OpenAILike
from wire import Reply, Setup, document, serve, timed

_MARK = re.compile(r"\[(\d+)\]")


class LlamaIndex:
    """A VectorStoreIndex in memory and its query engine."""

    packages = ("llama-index-core", "torch", "transformers", "sentence-transformers")

    def __init__(self, setup: Setup) -> None:
        Settings.embed_model = HuggingFaceEmbedding(model_name=setup.embedder)
        Settings.llm = OpenAILike(
            model=setup.model,
            api_base=setup.base_url,
            api_key="none",
            is_chat_model=True,
            context_window=setup.context,
            max_tokens=setup.max_tokens,
            temperature=0.0,
            timeout=setup.timeout,
            max_retries=0,
        )
        self._cites = setup.variant == "citations"
        self._folder = Path(setup.folder) / "storage"

    def ingest(self, articles: list[dict[str, str]]) -> int:
        """As SimpleDirectoryReader does with a file's path, the url is kept but not read."""
        if self._folder.is_dir():
            context = StorageContext.from_defaults(persist_dir=str(self._folder))
            self._index = load_index_from_storage(context)
        else:
            self._index = VectorStoreIndex.from_documents(list(map(_document, articles)))
            self._index.storage_context.persist(persist_dir=str(self._folder))
        if self._cites:
            self._engine = CitationQueryEngine.from_args(
                self._index, similarity_top_k=3, citation_chunk_size=512, streaming=True
            )
        else:
            self._engine = self._index.as_query_engine(streaming=True)
        return len(self._index.docstore.docs)

    def ask(self, text: str, day: str) -> Reply:
        """Answer; the day has no place in this set-up."""
        start = time.perf_counter()
        response = self._engine.query(text)
        reply, first, seconds = timed(response.response_gen, start)
        shown = [(node.metadata["url"], node.get_content()) for node in response.source_nodes]
        cited = None
        if self._cites:
            numbers = dict.fromkeys(int(mark) for mark in _MARK.findall(reply))
            nowhere = ("", "")  # a mark without a source
            cited = [shown[n - 1] if 0 < n <= len(shown) else nowhere for n in numbers]
        return Reply(text=reply, shown=shown, cited=cited, first_token=first, seconds=seconds)

    def search(self, text: str, day: str, k: int) -> list[str]:
        """The urls of the nearest nodes."""
        found = self._index.as_retriever(similarity_top_k=k).retrieve(text)
        return [node.metadata["url"] for node in found]


def _document(article: dict[str, str]) -> Document:
    return Document(
        text=document(article),
        metadata={"url": article["url"]},
        excluded_embed_metadata_keys=["url"],
        excluded_llm_metadata_keys=["url"],
    )


serve(LlamaIndex)
