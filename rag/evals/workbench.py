"""Shared resources of a run's tasks: the data folder, the models and the open indexes."""

import gzip
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import KW_ONLY, InitVar, dataclass
from itertools import count
from pathlib import Path

from rag.check import Parser
from rag.config import Settings
from rag.errors import IndexProblem, SourceError
from rag.evals.machine import PACKAGE, tree_digest
from rag.evals.questions import HopQuestion, Quiz, quizzes
from rag.evals.sets import Row, Text, file_digest, read_lines
from rag.evals.task import Record
from rag.index.embedding import Embedder
from rag.library import News
from rag.library.resources import Resources
from rag.llm import Generator
from rag.search.reranking import Reranker
from rag.types import Answer

Advance = Callable[[str, int, int | None], None]  # what is done, number done, total
_MARKER = "measured.json"


@dataclass
class Workbench:
    """The models of a run, shared between all its indexes; close it after use.

    Attributes:
        data: the folder with the data sets.
        settings: of the system that is measured.
        out: where the run writes, and where indexes are made if ``index`` is None.
        index: the folder of the index over the realtimeqa corpus; with several corpora, each has
            its own subfolder.
        notify: called with a message for people.
        advance: called with the progress of slow work before the first item.
        embedder: used instead of the one that the settings name.
        generator: writes answers and summaries; used instead of the one that the settings name.
        models: built at first use.
        answered: answers that two tasks measure, by question and seed of its facts.
    """

    data: Path
    settings: Settings
    _: KW_ONLY
    out: Path
    index: Path | None = None
    notify: Callable[[str], None] = lambda message: None
    advance: Advance = lambda what, done, total: None
    embedder: InitVar[Embedder | None] = None
    generator: InitVar[Generator | None] = None

    def __post_init__(self, embedder: Embedder | None, generator: Generator | None) -> None:
        """Read nothing yet."""
        self.models = Resources(self.out, self.settings, embedder=embedder, generator=generator)
        self.answered: dict[tuple[HopQuestion, int], tuple[Answer, Record]] = {}
        self._open: dict[tuple[Path, str], News] = {}
        self._closing = ExitStack()

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the indexes and stop the engine."""
        self._closing.close()
        self._open.clear()
        self.models.close()

    def news(self, folder: Path, settings: Settings | None = None) -> News:
        """Open the index in a folder, once for these settings; it shares the models."""
        chosen = settings or self.settings
        key = folder.resolve(), chosen.model_dump_json()
        if key not in self._open:
            self._open[key] = self._closing.enter_context(_SharingNews(folder, chosen, self.models))
        return self._open[key]

    def corpus(self, quiz: Quiz) -> News:
        """Return the index over a quiz's articles, ingesting them first if necessary.

        Raises:
            IndexProblem: if the folder holds other articles.
        """
        folder = self.index
        if folder and len(quizzes(self.data)) > 1:
            folder = folder / quiz.name
        return self.ingested(quiz.corpus, folder)

    def ingested(self, records: Path, folder: Path | None = None) -> News:
        """Return the index over the records of a file, built if missing or incomplete.

        A marker in the folder records that this was done, so that it is not checked each time, and
        the addresses of copies (:meth:`copies`).
        """
        digest = file_digest(records)
        folder = folder or self.out / f"index-{digest[:12]}"
        marker, news = folder / _MARKER, self.news(folder)
        state = {
            "records": digest,
            "embedder": self.models.embedder.identity,
            "chunk_words": self.settings.index.chunk_words,
            "reading": _reading_digest(),
        }
        if marker.is_file() and state.items() <= json.loads(marker.read_text("utf-8")).items():
            return news
        expected, copies = self._ingest(news, records)
        found = news.info().articles
        if found > expected:
            raise IndexProblem(
                f"the index {folder} holds {found} articles, of which {records} holds {expected}."
                "An index that is measured must contain nothing else: give another --index FOLDER."
            )
        marker.write_text(json.dumps(state | {"copies": copies}), encoding="utf-8")
        return news

    def copies(self, news: News) -> dict[str, str]:
        """Return the addresses of copies in the records of an index, each with the one it keeps."""
        return dict(json.loads((news.folder / _MARKER).read_text("utf-8"))["copies"])

    def _ingest(self, news: News, records: Path) -> tuple[int, dict[str, str]]:
        """Ingest the records; return the number of different articles, and the copies."""
        done, total, label = count(1), _count_lines(records), "indexing articles"
        self.advance(label, 0, total)
        report = news.ingest(records, progress=lambda _: self.advance(label, next(done), total))
        failed = [outcome for outcome in report.outcomes if outcome.status == "failed"]
        if failed:
            self.notify(
                f"{records.name}: {len(failed)} records could not be read, as {failed[0].reason}"
            )
        articles = {outcome.article_id for outcome in report.outcomes if outcome.status != "failed"}
        if not articles:
            raise SourceError(f"{records} holds no article that could be read.")
        kept = {article.id: article.url for article in news.articles()}
        rows = zip(read_lines(records, _Record), report.outcomes, strict=False)  # in their order
        return len(articles), {
            row.url: kept.get(outcome.article_id, "")
            for row, outcome in rows
            if outcome.status == "duplicate"
        }


class _Record(Row):
    url: Text = ""


class _SharingNews(News):
    """A library that borrows the workbench's models and does not stop them when closed."""

    def __init__(self, folder: Path, settings: Settings, models: Resources) -> None:
        super().__init__(folder, settings)
        self._models = models

    @property
    def embedder(self) -> Embedder:
        return self._models.embedder

    @property
    def generator(self) -> Generator:
        return self._models.generator

    @property
    def parser(self) -> Parser:
        return self._models.parser

    @property
    def reranker(self) -> Reranker | None:
        return self._models.reranker if self.settings.reranker.model else None


def _count_lines(path: Path) -> int:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def _reading_digest() -> str:
    """Hash the code that turns records into articles and chunks: new code rechecks an index."""
    others = ("text/__init__.py", "index/articles.py", "index/chunking.py", "library/ingesting.py")
    cleaning = PACKAGE.glob("ingest/cleaning/*.py")
    return tree_digest(PACKAGE, [*cleaning, *(PACKAGE / name for name in others)])
