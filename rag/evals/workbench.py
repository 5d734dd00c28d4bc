"""Shared resources of a run's tasks: the data folder, the models and the open indexes."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType

from rag.check import Parser
from rag.config import Settings
from rag.errors import IndexProblem, SourceError
from rag.evals.sets import HopQuestion, Quiz, quizzes
from rag.evals.task import Record
from rag.index.embedding import Embedder
from rag.library import News
from rag.library.components import build_embedder, build_generator, build_parser, build_reranker
from rag.llm import Generator
from rag.search.reranking import Reranker
from rag.types import Answer, Outcome

Advance = Callable[[str, int, int | None], None]  # what is done, number done, total
_MARKER = "measured.json"


class Workbench:
    """Builds models at first use and shares them between all indexes; close it after use."""

    def __init__(
        self,
        data: Path,
        settings: Settings,
        *,
        out: Path,
        index: Path | None = None,
        tell: Callable[[str], None] = lambda line: None,
        advance: Advance = lambda what, done, total: None,
        embedder: Embedder | None = None,
        generator: Generator | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            data: the folder with the data sets.
            settings: of the system that is measured.
            out: where the run writes, and where indexes are made if ``index`` is None.
            index: the folder of the index over the realtimeqa corpus; with several corpora, each
                has its own subfolder.
            tell: called with a line for people.
            advance: called with the progress of slow work before the first item.
            embedder: used instead of the one that the settings name.
            generator: writes answers and summaries; used instead of the one that the settings name.
        """
        self.data = data
        self.settings = settings
        self.out = out
        self.index = index
        self.tell = tell
        self.advance = advance
        # Answers that two tasks measure, each in its own way, by question and seed of its facts.
        self.answered: dict[tuple[HopQuestion, int], tuple[Answer, Record]] = {}
        self._given = embedder, generator
        self._open: dict[tuple[Path, str], News] = {}
        self._closing = ExitStack()

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the indexes and stop the engine."""
        self._closing.close()
        self._open.clear()

    @cached_property
    def embedder(self) -> Embedder:
        """The embedder; built at first use."""
        return self._given[0] or build_embedder(self.settings)

    @cached_property
    def generator(self) -> Generator:
        """The generator; built at first use, stopped by :meth:`close`."""
        built = self._given[1] or build_generator(self.settings)
        self._closing.callback(built.close)
        return built

    @cached_property
    def parser(self) -> Parser:
        """The dependency parser of the check; loaded at first use."""
        return build_parser(self.settings)

    @cached_property
    def reranker(self) -> Reranker | None:
        """The reranker, if the settings name one."""
        return build_reranker(self.settings)

    def missing(self, task: str, kind: str) -> None:
        """Report that a set is missing."""
        self.tell(f"{task}: {self.data} holds no {kind}; left out.")

    def news(self, folder: Path, settings: Settings | None = None) -> News:
        """Open the index in a folder, once for these settings; it shares the models."""
        chosen = settings or self.settings
        key = folder.resolve(), chosen.model_dump_json()
        if key not in self._open:
            self._open[key] = self._closing.enter_context(_SharingNews(folder, chosen, self))
        return self._open[key]

    def corpus(self, quiz: Quiz) -> News:
        """Return the index over a quiz's articles, ingesting them first if necessary.

        Raises:
            IndexProblem: if the folder holds other articles.
        """
        digest = file_digest(quiz.corpus)
        folder = self.index or self.out / f"index-{digest[:12]}"
        if self.index and len(quizzes(self.data)) > 1:
            folder = self.index / quiz.name
        return self.ingested(folder, quiz.corpus, digest)

    def ingested(self, folder: Path, records: Path, digest: str) -> News:
        """Return the index over the records of a file, built if missing or incomplete.

        A marker in the folder records that this was done, so that it is not checked each time.
        """
        marker, news = folder / _MARKER, self.news(folder)
        state = json.dumps(
            {
                "records": digest,
                "embedder": self.embedder.identity,
                "chunk_words": self.settings.index.chunk_words,
                "reading": _reading_digest(),
            }
        )
        if marker.is_file() and marker.read_text(encoding="utf-8") == state:
            return news
        held = self._ingest(news, records)
        there = news.info().articles
        if there > held:
            raise IndexProblem(
                f"the index {folder} holds {there} articles, of which {records} holds {held}."
                " An index that is measured holds nothing else: give another --index FOLDER."
            )
        marker.write_text(state, encoding="utf-8")
        return news

    def _ingest(self, news: News, records: Path) -> int:
        """Ingest the records; return how many different articles they are."""
        done, total, label = 0, _count_lines(records), "indexing articles"

        def tell(_: Outcome) -> None:
            nonlocal done
            done += 1
            self.advance(label, done, total)

        self.advance(label, 0, total)
        report = news.ingest(records, progress=tell)
        failed = [outcome for outcome in report.outcomes if outcome.status == "failed"]
        if failed:
            self.tell(
                f"{records.name}: {len(failed)} records could not be read, as {failed[0].reason}"
            )
        held = {outcome.article_id for outcome in report.outcomes if outcome.status != "failed"}
        if not held:
            raise SourceError(f"{records} holds no article that could be read.")
        return len(held)


class _SharingNews(News):
    """A library that borrows the workbench's models and does not stop them when closed."""

    def __init__(self, folder: Path, settings: Settings, bench: Workbench) -> None:
        super().__init__(folder, settings)
        self._bench = bench

    @property
    def embedder(self) -> Embedder:
        return self._bench.embedder

    @property
    def generator(self) -> Generator:
        return self._bench.generator

    @property
    def parser(self) -> Parser:
        return self._bench.parser

    @property
    def reranker(self) -> Reranker | None:
        return self._bench.reranker if self.settings.reranker.model else None


def _count_lines(path: Path) -> int:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree_digest(paths: Iterable[Path]) -> str:
    """Hash the names and contents of files (SHA-256)."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.name} {file_digest(path)}\n".encode())
    return whole.hexdigest()


def _reading_digest() -> str:
    """Hash the code that turns records into articles and chunks: new code rechecks an index."""
    room = Path(__file__).resolve().parent.parent
    cutting = [room / "text" / "__init__.py", room / "index" / "chunking.py"]
    return tree_digest([*room.glob("ingest/cleaning/*.py"), *cutting])
