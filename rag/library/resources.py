"""The open index and the models used with it, each created at first use."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rag.answering import prompt_messages
from rag.check import Checker, Parser
from rag.config import Settings
from rag.errors import QuestionError
from rag.index import Index
from rag.index.embedding import Embedder
from rag.library.components import build_embedder, build_generator, build_parser, build_reranker
from rag.library.reembed import undo_exchange
from rag.llm import Generator
from rag.search.reranking import Reranker


class Resources:
    """An index and the models used with it. Thread-safe; close it after use."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        embedder: Embedder | None = None,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """See :func:`rag.open`."""
        self.folder = folder
        self.settings = settings
        self._embedder = embedder
        self._generator = generator
        self._reranker = reranker
        self._parser: Parser | None = None
        self._index: Index | None = None
        self._bound = False
        self._suggested: tuple[tuple[int, int], tuple[str, ...]] | None = None
        self._lock = threading.RLock()
        self._lent = False  # whether the models are those of another library

    def sharing_models(self, folder: str | Path) -> Self:
        """Open another index with the models of this one, which is to be closed last.

        Raises:
            ModelMissing: if a model is not on this machine.
        """
        other = type(self)(
            Path(folder),
            self.settings,
            embedder=self.embedder,
            generator=self.generator,
            reranker=self.reranker,
        )
        other._parser, other._lent = self.parser, True
        return other

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and stop the engine; may be called twice."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None
                self._bound = False
            if self._generator is not None and not self._lent:
                self._generator.close()

    @property
    def embedder(self) -> Embedder:
        """The embedder; built at first use."""
        with self._lock:
            self._embedder = self._embedder or build_embedder(self.settings)
            return self._embedder

    @property
    def generator(self) -> Generator:
        """The generator; built at first use."""
        with self._lock:
            self._generator = self._generator or build_generator(self.settings)
            return self._generator

    @property
    def parser(self) -> Parser:
        """The dependency parser used by the check; built at first use.

        Raises:
            ModelMissing: if it is not on this machine.
        """
        with self._lock:
            self._parser = self._parser or build_parser(self.settings)
            return self._parser

    @property
    def reranker(self) -> Reranker | None:
        """The reranker named in the settings, if any; built at first use."""
        with self._lock:
            self._reranker = self._reranker or build_reranker(self.settings)
            return self._reranker

    def checker(self, support: float) -> Checker:
        """Return a claim checker; ``support`` is the minimum probability of a supported sentence."""
        return Checker(self.parser, support)

    def warm(self) -> None:
        """Load embedder, parser and generator concurrently, because each takes seconds.

        The generator also reads the instructions that open every prompt, to speed up the first
        question.

        Raises:
            ModelError: if one of them cannot be loaded.
        """
        failed: list[BaseException] = []

        def load_generator() -> None:
            try:
                self.generator.load()
                self.generator.read_ahead(prompt_messages("", (), (), self.generator)[:-1])
            except BaseException as error:  # noqa: BLE001 - raised in the caller's thread below
                failed.append(error)

        thread = threading.Thread(target=load_generator, name="load-generator", daemon=True)
        self.generator  # noqa: B018 - report a missing model before anything is loaded
        thread.start()
        self.embedder.load()
        self.parser.parse(["."])
        thread.join()
        if failed:
            raise failed[0]

    def _open(self, *, create: bool = False, bind: bool = False) -> Index:
        """Return the current index of the folder, which another process may have replaced."""
        with self._lock:
            if self._index is not None and not self._index.in_place:
                self._forget_index()
            if self._index is None:
                undo_exchange(self.folder)
                self._index = Index(self.folder, create=create)
            if bind and not self._bound:
                self._index.bind(
                    embedder=self.embedder.identity,
                    dimension=self.embedder.dimension,
                    chunk_words=self.settings.index.chunk_words,
                )
                self._bound = True
            return self._index

    def _forget_index(self) -> None:
        """Drop the index; it is closed once nobody uses it any more."""
        self._index, self._bound, self._suggested = None, False, None

    @contextmanager
    def _writing(self, *, create: bool = False, bind: bool = False) -> Iterator[Index]:
        """Yield the index with its writer lock held, so that no other index can replace it."""
        while True:
            index = self._open(create=create, bind=bind)
            with index.writing():
                if index.in_place:
                    yield index
                    return

    def _checked_question(self, question: str) -> str:
        longest = self.settings.answer.question_characters
        if not question.strip():
            raise QuestionError("the question is empty. Ask something in plain words.")
        if len(question) > longest:
            raise QuestionError(
                f"the question has {len(question)} characters; at most {longest} are allowed."
                " Ask a shorter one, or summarise the text as a file: rag summarize FILE"
            )
        return question.strip()
