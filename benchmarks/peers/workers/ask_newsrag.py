"""newsrag with its default profile, reading from the same server as the others.

The variant ``dated`` also passes the day on which the question was asked.
"""

import json
import time
from datetime import date
from pathlib import Path

from wire import Reply, Setup, serve

import rag
from rag.config import load
from rag.types import Answer, Draft, Filters, Found


class Newsrag:
    """An index on disk, as ``rag ingest`` makes it, and ``rag ask``."""

    packages = ("quoted-news", "torch", "transformers", "sentence-transformers", "faiss-cpu")

    def __init__(self, setup: Setup) -> None:
        settings = load(
            overrides=[
                "generator.engine=openai",
                f"generator.base_url={setup.base_url}",
                f"generator.model={setup.model}",
                f"generator.context_length={setup.context}",
                f"generator.timeout={setup.timeout}",
                f"embedder.model={setup.embedder}",
                f"answer.max_tokens={setup.max_tokens}",
            ]
        )
        self._dated = setup.variant == "dated"
        self._folder = Path(setup.folder)
        self._news = rag.open(self._folder / "index", settings=settings)
        self._news.warm()

    def ingest(self, articles: list[dict[str, str]]) -> int:
        """Through a file of JSON Lines, since that is what ``rag ingest`` reads."""
        path = self._folder / "articles.jsonl"
        path.write_text("".join(json.dumps(each) + "\n" for each in articles), encoding="utf-8")
        return self._news.ingest([path]).chunks

    def ask(self, text: str, day: str) -> Reply:
        """Answer; the first token is the first piece of the draft that a reader sees.

        Checkouts of before answers had a status are asked by the same code.
        """
        start, first, answer, read = time.perf_counter(), 0.0, None, ()
        for event in self._news.stream(text, filters=self._filters(day)):
            if isinstance(event, Found) and not first:
                read = event.passages
            elif isinstance(event, Draft) and event.text and not first:
                first = time.perf_counter() - start
            elif isinstance(event, Answer):
                answer = event
        seconds = time.perf_counter() - start
        return Reply(
            text=answer.text,
            short=answer.short,
            status=getattr(answer, "status", None),
            read=[passage.chunk.text for passage in read],
            shown=[(passage.article.url, passage.chunk.text) for passage in answer.passages],
            cited=[(citation.url, citation.quote) for citation in answer.citations],
            first_token=first or seconds,
            seconds=seconds,
        )

    def search(self, text: str, day: str, k: int) -> list[str]:
        """The urls of the best passages."""
        found = self._news.search(text, filters=self._filters(day), k=k)
        return [passage.article.url for passage in found]

    def _filters(self, day: str) -> Filters:
        return Filters(as_of=date.fromisoformat(day)) if self._dated else Filters()


serve(Newsrag)
