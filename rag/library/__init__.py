"""The library class behind rag.open, which coordinates all other packages."""

import shutil
import threading
import time
from collections.abc import Generator as Stream
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, overload

from rag.answering import Bars, answer, asked
from rag.answering.choices import MOST_CHOICES, choose
from rag.answering.follow_ups import standalone
from rag.check import Checker, Parser
from rag.config import Settings, load
from rag.errors import ArticleUnknown, ExtractError, NoArticles, QuestionError, SourceError
from rag.export import AnswerRow, SummaryRow, read_saved
from rag.index import Index, IndexInfo
from rag.index.embedding import Embedder
from rag.ingest.cleaning import extract
from rag.ingest.sources import fetch
from rag.jobs import Progress as JobProgress
from rag.library.batches import Batch, Begin, Choices, Reading
from rag.library.checking import Checking
from rag.library.components import build_embedder, build_generator, build_parser, build_reranker
from rag.library.disagreements import compared, differing, newest_first
from rag.library.ingesting import Progress, ingest
from rag.library.plans import answers_plan, summaries_plan
from rag.library.prompt_budget import Fitting
from rag.library.reembed import embed_anew
from rag.library.restore import rebuilt
from rag.library.styles import styled
from rag.llm import Generator
from rag.llm.portions import excerpt, lead_passages
from rag.llm.progress import Progress as PartsProgress
from rag.search import (
    corrected,
    excerpts,
    find,
    matching,
    nearest_sentences,
    retrieve,
    time_window,
    within,
)
from rag.search.reranking import Reranker
from rag.suggestions import suggest
from rag.summarizing.digest import Progress as StoryProgress
from rag.summarizing.digest import digest
from rag.summarizing.summary import overview, summarize
from rag.types import (
    Answer,
    Answers,
    Article,
    Checked,
    Citation,
    Claim,
    Digest,
    Draft,
    Failure,
    Filters,
    Found,
    IngestReport,
    Length,
    Order,
    Page,
    Passage,
    Story,
    Style,
    Summaries,
    Summary,
)

_SEARCHED = 24  # chunks whose sentences are ranked for a question
_NEWEST = 200  # articles that starter questions are made from
_EVERY = 10_000  # articles; no search finds more
_CHECKED = 4  # articles that each sentence of a text is first checked against
_COMPARED = 100  # least number of articles used to decide which query words are rare


def open_news(
    folder: str | Path,
    *,
    profile: str | None = None,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
    generator: Generator | None = None,
    reranker: Reranker | None = None,
) -> "News":
    """Open the index in ``folder``; the first ``ingest`` creates it. No model is loaded yet.

    Args:
        folder: the index's own folder, such as ``indexes/demo``.
        profile: a name from configs/ or the path of a TOML file; None: ``RAG_PROFILE`` or default.
        settings: used instead of those of a profile.
        embedder: used instead of the one that the settings name; so are the next two.
        generator: writes answers and summaries.
        reranker: reorders the retrieved passages.

    Raises:
        ConfigError: if the profile or a setting cannot be used.
    """
    return News(
        Path(folder),
        settings or load(profile),
        embedder=embedder,
        generator=generator,
        reranker=reranker,
    )


class News:
    """An index and the models that read it. Safe to share between threads; close it after use."""

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

    def __enter__(self) -> "News":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and stop the engine; closing twice is fine."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None
                self._bound = False
            if self._generator is not None:
                self._generator.close()

    @property
    def embedder(self) -> Embedder:
        """The embedder; built at first use."""
        with self._lock:
            if self._embedder is None:
                self._embedder = build_embedder(self.settings)
            return self._embedder

    @property
    def generator(self) -> Generator:
        """The generator; built at first use."""
        with self._lock:
            if self._generator is None:
                self._generator = build_generator(self.settings)
            return self._generator

    @property
    def parser(self) -> Parser:
        """The dependency parser used by the check; built at first use.

        Raises:
            ModelMissing: if it is not on this machine.
        """
        with self._lock:
            if self._parser is None:
                self._parser = build_parser(self.settings)
            return self._parser

    def checker(self, support: float) -> Checker:
        """Return a claim checker; ``support`` is the least probability of a supported sentence."""
        return Checker(self.parser, support)

    @property
    def reranker(self) -> Reranker | None:
        """The reranker, if the settings name one; built at first use."""
        with self._lock:
            if self._reranker is None:
                self._reranker = build_reranker(self.settings)
            return self._reranker

    def warm(self) -> None:
        """Load embedder, parser and generator concurrently, because each takes seconds.

        The generator also reads the instructions that open every prompt, so that the first question
        need not wait for it.

        Raises:
            ModelError: if one of them cannot be loaded.
        """
        failed: list[BaseException] = []

        def load_generator() -> None:
            try:
                self.generator.load()
                self.generator.read_ahead(asked("", (), (), self.generator)[:-1])
            except BaseException as error:  # noqa: BLE001 - handed on to the caller's thread below
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
        """Return the index now in the folder, which another process may have replaced."""
        with self._lock:
            if self._index is not None and not self._index.in_place:
                self._let_go()
            if self._index is None:
                self._index = Index(self.folder, create=create)
            if bind and not self._bound:
                self._index.bind(
                    embedder=self.embedder.identity,
                    dimension=self.embedder.dimension,
                    chunk_words=self.settings.index.chunk_words,
                )
                self._bound = True
            return self._index

    def _let_go(self) -> None:
        """Forget the index; it is closed once nobody reads it any more."""
        self._index, self._bound, self._suggested = None, False, None

    @contextmanager
    def _writing(self, *, create: bool = False, bind: bool = False) -> Iterator[Index]:
        """Hold the writer lock and yield the index; meanwhile no other index replaces it."""
        while True:
            index = self._open(create=create, bind=bind)
            with index.writing():
                if index.in_place:
                    yield index
                    return

    def ingest(
        self,
        sources: str | Path | Iterable[str | Path],
        *,
        fields: Mapping[str, str] | None = None,
        allow_private: bool | None = None,
        stdin: BinaryIO | None = None,
        temporary: Path | None = None,
        progress: Progress | None = None,
        soon: bool = False,
        most_failures: int | None = None,
    ) -> IngestReport:
        """Read sources into the index: files, folders, web addresses, ``-`` for standard input.

        The report lists a bad source as an outcome; it never raises an exception. Ingesting the
        same sources again adds nothing and replaces what has changed since.

        Args:
            sources: one or several; see :func:`rag.ingest.sources.fetch`.
            fields: for records with unusual field names, our name to theirs: ``{"text": "corpo"}``.
            allow_private: whether addresses on this machine and its network may be requested.
            stdin: what ``-`` reads; None for the process's own.
            temporary: a folder that will be removed; its files are not named by their address
                there.
            progress: called with each outcome.
            soon: store in small batches, so that outcomes come every few seconds; a little slower.
            most_failures: after this many, the rest of a source is skipped and reported as such.

        Raises:
            IndexBusy: if another process is writing.
            IndexProblem: if the index cannot be written.
            EmbedderMismatch: if it was built with another embedder.
            ModelMissing: if the embedder's files are not on this machine.
        """
        if isinstance(sources, str | Path):
            sources = [sources]  # not its characters, of which "/" would be read as a folder
        read = (
            (
                name,
                self._fetch([name], stdin=stdin, allow_private=allow_private, temporary=temporary),
            )
            for name in map(str, sources)
        )
        embedder = self.embedder
        self._open(create=True, bind=True)
        embedder.load()
        with self._writing(create=True, bind=True) as index:
            return ingest(
                read,
                index=index,
                embedder=embedder,
                fields=fields,
                progress=progress,
                soon=soon,
                most_failures=most_failures,
            )

    def _fetch(
        self,
        sources: Iterable[str],
        *,
        stdin: BinaryIO | None = None,
        allow_private: bool | None = None,
        temporary: Path | None = None,
    ) -> Iterator[Page | Failure]:
        limits = self.settings.fetch
        return fetch(
            sources,
            stdin=stdin,
            timeout=limits.timeout,
            max_bytes=limits.max_megabytes * 1_000_000,
            max_redirects=limits.max_redirects,
            allow_private=limits.allow_private if allow_private is None else allow_private,
            temporary=temporary,
        )

    def check(self, question: str) -> None:
        """Raise any error that would keep a question from being answered, before loading a model.

        Raises:
            QuestionError: if the question is blank or too long.
            IndexMissing: if there is no index.
            ModelMissing: if a model is not on this machine.
        """
        self._asked(question)
        self._open()
        self.embedder, self.generator, self.parser  # noqa: B018 - building checks for the files

    def search(
        self, query: str, *, filters: Filters | None = None, k: int | None = None
    ) -> tuple[Passage, ...]:
        """Return the passages nearest to a query, best first, without a language model.

        Raises:
            IndexMissing: if there is no index.
            QuestionError: if the query is blank or too long.
        """
        return self._retrieve(self._asked(query), filters, k or self.settings.retrieve.passages)

    def find(
        self, query: str, *, filters: Filters | None = None, k: int = 10
    ) -> tuple[Passage, ...]:
        """Return the articles nearest to a query, best first, each as its most relevant passage.

        Raises:
            IndexMissing: if there is no index.
            QuestionError: if the query is blank or too long.
        """
        return self._find(query, filters, k)

    def _find(
        self, query: str, filters: Filters | None, k: int, *, rerank: bool = True
    ) -> tuple[Passage, ...]:
        chosen = self.settings.retrieve
        return find(
            self._asked(query),
            index=self._open(bind=True),
            embedder=self.embedder,
            k=k,
            lexical_weight=chosen.lexical_weight,
            dense_weight=chosen.dense_weight,
            newer=chosen.newer,
            filters=filters,
            reranker=self.reranker if rerank else None,
        )

    def matching(
        self, query: str, *, filters: Filters | None = None, limit: int = 50
    ) -> tuple[Article, ...]:
        """Return the articles about a query, in the order of :meth:`find`; few or none may match.

        See :func:`rag.search.matching` for what counts as being about it.

        Raises:
            IndexMissing: if there is no index.
            QuestionError: if the query is blank or too long.
        """
        found = self.find(query, filters=filters, k=max(limit, _COMPARED))
        return tuple(each.article for each in matching(query, found)[:limit])

    def first_look(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        filters: Filters | None = None,
    ) -> tuple[Citation, ...]:
        """Return the sentences nearest to a question, best first, without a language model.

        See :func:`rag.search.nearest_sentences`. The arguments and errors are those of
        :meth:`stream`, but there is no ``k``, the generator is not used, NoArticles is not raised,
        and more passages are searched than are shown to the model.
        """
        question = self._asked(question)
        return self._look(question, history, filters)[1]

    def _look(
        self, question: str, history: Sequence[Answer], filters: Filters | None
    ) -> tuple[tuple[Passage, ...], tuple[Citation, ...]]:
        """Search once; return runs of sentences to read, and the question's nearest sentences."""
        index = self._open()
        question = corrected(question, index=index)
        alone = corrected(standalone(question, history), index=index)
        found = self._retrieve(alone, filters, _SEARCHED, per_article=_SEARCHED // 4, timely=True)
        nearest = nearest_sentences(question, found, alone=alone)
        return excerpts(question, found, alone=alone), nearest

    def _retrieve(
        self,
        query: str,
        filters: Filters | None,
        k: int,
        *,
        per_article: int | None = None,
        timely: bool = False,
    ) -> tuple[Passage, ...]:
        """Return the best chunks; ``timely`` applies dates such as "this week" or "in 2022"."""
        chosen = self.settings.retrieve
        today = (filters and filters.as_of) or date.today()
        return retrieve(
            query,
            index=self._open(bind=True),
            embedder=self.embedder,
            k=k,
            per_article=per_article or chosen.per_article,
            candidates=max(chosen.candidates, k),
            lexical_weight=chosen.lexical_weight,
            dense_weight=chosen.dense_weight,
            sentence_weight=chosen.sentence_weight,
            newer=chosen.newer,
            filters=filters,
            window=time_window(query, today) if timely else None,
            reranker=self.reranker,
        )

    def _admitting(self, filters: Filters | None) -> None:
        """Raise NoArticles if the filters admit no article."""
        if not self.count(filters=filters):
            raise NoArticles(self.count())

    def shown(self, question: str, *, filters: Filters | None = None) -> tuple[Passage, ...]:
        """Return the passages the model would read for a question; errors are as in ``search``."""
        question = self._asked(question)
        return self._fitting().leading(question, self._look(question, (), filters)[0])

    def choose(
        self, question: str, choices: Sequence[str], *, filters: Filters | None = None
    ) -> tuple[float, ...]:
        """Return how likely each of 2 to 26 choices is right, by the articles; the sum is 1.

        The articles are retrieved with the question and its choices together.

        Raises:
            QuestionError: if the question is blank or too long, or the choices are too few or many.
            IndexMissing: if there is no index.
            ModelError: if a model is missing or fails.
        """
        question = self._asked(question)
        if not 2 <= len(choices) <= MOST_CHOICES:
            raise QuestionError(f"{len(choices)} choices were given, wanted 2 to {MOST_CHOICES}.")
        found = self.search(" ".join([question, *choices]), filters=filters)
        passages = self._fitting().leading("\n".join([question, *choices]), found)
        return choose(question, choices, passages, generator=self.generator)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        filters: Filters | None = None,
        k: int | None = None,
    ) -> Stream[Found | Draft | Checked | Answer, None, None]:
        """Answer a question step by step: Found, then Draft and Checked in turn, last the Answer.

        The model reads the nearest passages first, and more only if they hold no answer: Found is
        then yielded again, followed by a new draft. If a later article updates a figure, the later
        figure is read first and the earlier one is reported beside the answer. ``str()`` of a Draft
        is its text so far. Closing the iterator stops the model.

        Args:
            question: in plain words; it may refer to the turns before it.
            history: the answers of this chat so far, oldest first.
            filters: which articles may be used.
            k: at most this many passages are shown to the model.

        Raises:
            QuestionError: if the question is blank or too long.
            NoArticles: if the index is empty, or the filters admit none of its articles.
            IndexMissing: if there is no index.
            ModelError: if a model is missing or fails.
        """
        question = self._asked(question)
        start = time.perf_counter()
        self._admitting(filters)
        found, nearest = self._look(question, history, filters)
        pairs = differing(found)
        read = newest_first(found, pairs)[:k]
        rounds, before = self._fitting().rounds(question, read, history)
        chosen = self.settings.answer
        events = answer(
            question,
            rounds,
            generator=self.generator,
            checker=self.checker(chosen.support),
            history=before,
            nearest=nearest,
            max_tokens=chosen.max_tokens,
            bars=Bars(chosen.sure, chosen.maybe),
            retrieve_seconds=time.perf_counter() - start,
        )
        with closing(events):
            for event in events:
                yield compared(event, pairs) if isinstance(event, Answer) else event

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        filters: Filters | None = None,
        k: int | None = None,
    ) -> Answer:
        """Answer a question; the arguments and errors are those of :meth:`stream`."""
        for event in self.stream(question, history=history, filters=filters, k=k):
            if isinstance(event, Answer):
                return event
        raise AssertionError("a stream ends with its Answer")

    def checking(
        self,
        text: str,
        *,
        sources: Sequence[Article] | None = None,
        filters: Filters | None = None,
    ) -> Checking:
        """Begin to check a text; iterate over the result to check one sentence at a time.

        Each sentence becomes a :class:`rag.Claim`: supported, partly supported, or unsupported,
        with its quotes and the words that none of them supports. No language model is used.

        Args:
            text: at most 500 sentences; markup and control characters are ignored.
            sources: the articles to check against; None: for each sentence the nearest articles of
                the index, and those nearest to the text as a whole.
            filters: which articles of the index may be used.

        Raises:
            QuestionError: if the text has no sentence or is too long, or there are no sources.
            IndexMissing: if there is no index and one is needed.
            NoArticles: if the index holds no article, or the filters admit none.
            ModelMissing: if a model is not on this machine.
        """
        given = None if sources is None else tuple(sources)
        if given == ():
            raise QuestionError("there is no source to check the text against. Give one or more.")

        def near(words: str) -> Sequence[Article]:
            if given is not None:
                return given
            query = words[: self.settings.answer.question_characters]
            found = self._find(query, filters, _CHECKED, rerank=False)
            return [passage.article for passage in found]

        checker = self.checker(self.settings.answer.support)

        def checked(sentence: str, passages: Sequence[Passage], before: str) -> Claim:
            return checker.check(sentence, passages, before=before)

        work = Checking(text, check=checked, near=near)
        if given is None:
            self._admitting(filters)
            self.embedder.load()
        return work

    def check_text(
        self,
        text: str,
        *,
        sources: Sequence[Article] | None = None,
        filters: Filters | None = None,
    ) -> tuple[Claim, ...]:
        """Check a text sentence by sentence; arguments and errors are those of :meth:`checking`."""
        return tuple(self.checking(text, sources=sources, filters=filters))

    def recalled(self, saved: str) -> Answer:
        """Rebuild from the index an answer that :func:`rag.export.saved` has written.

        ``saved`` may come from anywhere: quotes and passages are taken from the index or left out;
        the wording of question and answer is as given.

        Raises:
            SavedError: if it cannot be read.
            QuestionError: if its question is blank or too long.
            IndexMissing: if there is no index.
        """
        kept = read_saved(saved)
        self._asked(kept.question)
        return rebuilt(kept, self._open())

    def _fitting(self) -> Fitting:
        chosen = self.settings.retrieve
        return Fitting(
            self.generator,
            first_tokens=chosen.first_tokens,
            source_tokens=chosen.source_tokens,
            max_tokens=self.settings.answer.max_tokens,
        )

    def summarize(
        self,
        article: str | Article | Sequence[str] | None = None,
        *,
        query: str = "",
        length: Length = "medium",
        style: Style = "paragraph",
        instruction: str = "",
        filters: Filters | None = None,
        progress: PartsProgress | None = None,
    ) -> Summary:
        """Summarise one article of any length, several together, or what all say about a query.

        Args:
            article: an article or its id, or several ids; None with a query.
            query: what the summary should be about.
            length: how many sentences; see ``[summarize]`` in configs/default.toml.
            style: their layout; a headline is one more sentence, and checked like the others.
            instruction: a reader's request, passed to the model when summarising a single article.
            filters: which articles a query may use.
            progress: called with (prompts done, prompts known so far), and again for each piece
                that the model writes. An exception it raises ends the summary and propagates.

        Raises:
            ArticleUnknown: if there is no article of that id.
            QuestionError: if neither an article nor a query was given.
            ModelError: if the model is missing or fails.
        """
        chosen = self.settings.summarize
        sentences = self._sentences(length)
        if isinstance(article, str):
            article = self.article(article)
        if isinstance(article, Article):
            summary = summarize(
                article,
                generator=self.generator,
                sentences_wanted=sentences,
                part_tokens=chosen.part_tokens,
                checker=self.checker(chosen.support),
                instruction=instruction,
                progress=progress,
            )
            whole = (excerpt(article, 1, 0, len(article.text)),)
            return self._styled(summary, style, whole, title=article.title)
        tokens = 2 * self.settings.retrieve.source_tokens
        if article:
            articles = [self.article(one) for one in article]
            count = self.generator.count_tokens
            found = lead_passages(articles, tokens=tokens, count=count)
        else:
            found = self.search(query, filters=filters, k=12)
            count = self.generator.count_tokens
        passages = within(found, tokens=tokens, count=count)
        summary = overview(
            query,
            passages,
            generator=self.generator,
            sentences_wanted=sentences,
            checker=self.checker(chosen.support),
            progress=progress,
        )
        return self._styled(summary, style, passages)

    def _styled(
        self, summary: Summary, style: Style, passages: Sequence[Passage], *, title: str = ""
    ) -> Summary:
        checker = self.checker(self.settings.summarize.support)
        return styled(
            summary, style, passages, generator=self.generator, checker=checker, title=title
        )

    @overload
    def batch(
        self,
        task: Summaries,
        *,
        out: str | Path | None = None,
        begin: Begin = "",
        progress: JobProgress | None = None,
        reading: Reading | None = None,
        cancel: threading.Event | None = None,
    ) -> Batch[SummaryRow]: ...

    @overload
    def batch(
        self,
        task: Answers,
        *,
        out: str | Path | None = None,
        begin: Begin = "",
        progress: JobProgress | None = None,
        reading: Reading | None = None,
        cancel: threading.Event | None = None,
    ) -> Batch[AnswerRow]: ...

    def batch(
        self,
        task: Summaries | Answers,
        *,
        out: str | Path | None = None,
        begin: Begin = "",
        progress: JobProgress | None = None,
        reading: Reading | None = None,
        cancel: threading.Event | None = None,
    ) -> Batch[SummaryRow] | Batch[AnswerRow]:
        """Summarise many articles or answer many questions; resume a batch that was stopped.

        The input is read before this returns. The work is done while the rows are consumed, several
        items at once, in this process and in every other process that has the same batch open.

        Args:
            task: what to do.
            out: a file for the rows, ``.jsonl``, ``.csv``, ``.parquet`` or ``.md``; the job is
                stored beside it, in ``OUT.job``. None: the job is discarded at the end.
            begin: ``anew`` discards an existing job; ``resume`` continues it with its items as they
                were first read; by default it is continued if nothing has changed.
            progress: called about twice a second with the status of the job.
            reading: called with the number of items while the input is read.
            cancel: set it to stop; :meth:`Batch.cancel` does the same.

        Raises:
            JobChanged: if the job was begun with another input or configuration.
            JobProblem: if it cannot be stored, or the file was not written by a batch.
            SourceError: if a file of questions cannot be read.
            IndexMissing: if there is no index and one is needed.
            ModelMissing: if a model is not on this machine.
        """
        cancel = cancel or threading.Event()
        choices = Choices(Path(out) if out else None, begin, progress, reading, cancel)
        if isinstance(task, Summaries):
            return Batch(summaries_plan(self, task, cancel), choices, self.settings.batch.streams)
        return Batch(answers_plan(self, task, cancel), choices, self.settings.batch.streams)

    def stories(
        self,
        query: str = "",
        *,
        article_ids: Sequence[str] = (),
        filters: Filters | None = None,
        stories: int | None = None,
        length: Length = "medium",
        progress: StoryProgress | None = None,
    ) -> Stream[Draft | Story | Digest, None, None]:
        """Write a digest step by step: drafts of each Story, then the Story; last the Digest.

        Closing the iterator stops the model. See :func:`rag.summarizing.digest.digest`. If nothing
        matches, the Digest has no stories.

        Args:
            query: what the articles must be about; if empty, all that the filters admit are used.
            article_ids: use these articles, whatever query and filters say.
            filters: which articles may be used.
            stories: at most this many are written; None: ``[digest] stories``.
            length: how many sentences each; see ``[summarize]`` in configs/default.toml.
            progress: called with (stories done, stories that will be written).

        Raises:
            IndexMissing: if there is no index.
            ArticleUnknown: if there is no article of one of the ids.
            QuestionError: if the query is too long, or fewer than 1 story is requested.
            ModelError: if a model is missing or fails.
        """
        chosen = self.settings.digest
        wanted = chosen.stories if stories is None else stories
        if wanted < 1:
            raise QuestionError(f"{wanted} stories were asked for, wanted 1 or more.")
        if article_ids:
            articles = tuple(map(self.article, dict.fromkeys(article_ids)))
            count = len(articles)
        elif query.strip():
            # Words alone decide what is about it, so no reranker need read hundreds of passages.
            about = matching(query, self._find(query, filters, _EVERY, rerank=False))
            articles, count = tuple(each.article for each in about[: chosen.articles]), len(about)
        else:
            articles = self.articles(filters=filters, limit=chosen.articles)
            count = self.count(filters=filters)
        index = self._open()
        yield from digest(
            articles,
            index.vectors_of([article.id for article in articles]),
            generator=self.generator,
            query=query.strip(),
            matching=count,
            stories=wanted,
            sentences_wanted=self._sentences(length),
            tokens=2 * self.settings.retrieve.source_tokens,
            checker=self.checker(self.settings.summarize.support),
            progress=progress,
        )

    def digest(
        self,
        query: str = "",
        *,
        article_ids: Sequence[str] = (),
        filters: Filters | None = None,
        stories: int | None = None,
        length: Length = "medium",
        progress: StoryProgress | None = None,
    ) -> Digest:
        """Write one digest of many articles; arguments and errors are those of :meth:`stories`."""
        for event in self.stories(
            query,
            article_ids=article_ids,
            filters=filters,
            stories=stories,
            length=length,
            progress=progress,
        ):
            if isinstance(event, Digest):
                return event
        raise AssertionError("the stories end with their Digest")

    def _sentences(self, length: Length) -> int:
        chosen = self.settings.summarize
        return {"short": chosen.short, "medium": chosen.medium, "long": chosen.long}[length]

    def read(self, source: str) -> Article:
        """Clean one file or web address without storing it.

        Raises:
            SourceError: if it cannot be read, or does not hold exactly one article.
            ExtractError: if no article is found in it.
        """
        pages: list[Page] = []
        for page in islice(self._fetch([source]), 2):
            if isinstance(page, Failure):
                raise SourceError(page.reason)
            pages.append(page)
        if len(pages) != 1:
            raise SourceError(
                f"{source} holds {'several articles' if pages else 'nothing to read'}, wanted one."
                " Ingest it, and summarise one by its id or several with --query."
            )
        return extract(pages[0])

    def articles_in(
        self, sources: Iterable[str], *, fields: Mapping[str, str] | None = None
    ) -> Iterator[Article | Failure]:
        """Clean the contents of sources without storing them; yield a Failure for unreadable ones.

        The arguments are those of :meth:`ingest`.
        """
        for page in self._fetch(sources):
            if isinstance(page, Failure):
                yield page
                continue
            try:
                yield extract(page, fields=fields)
            except ExtractError as error:
                yield Failure(page.url, str(error))

    def article(self, article_id: str) -> Article:
        """Return the article with this id or a unique id prefix of 4 or more characters.

        Raises:
            ArticleUnknown: if there is none.
        """
        found = self._open().article(article_id)
        if found is None:
            raise ArticleUnknown(
                f"the index {self.folder} holds no article {article_id!r}. List them with:"
                f" rag articles list --index {self.folder}"
            )
        return found

    def articles(
        self,
        *,
        filters: Filters | None = None,
        query: str = "",
        order: Order = "newest",
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Article, ...]:
        """Return articles in the given order; ``query`` is searched in title and publisher.

        Raises:
            IndexMissing: if there is no index.
        """
        return self._open().articles(
            filters=filters or Filters(), query=query, order=order, limit=limit, offset=offset
        )

    def count(self, *, filters: Filters | None = None, query: str = "") -> int:
        """Count the articles that :meth:`articles` would list. Raises IndexMissing if no index."""
        return self._open().count(filters=filters or Filters(), query=query)

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Return starter questions made from the newest articles without a language model.

        See :func:`rag.suggestions.suggest`. They are cached until the index is written to.

        Raises:
            IndexMissing: if there is no index.
        """
        index = self._open()
        asked = (index.generation, count)
        known = self._suggested
        if known is None or known[0] != asked:
            known = asked, suggest(index.articles(filters=Filters(), limit=_NEWEST), count)
            self._suggested = known
        return known[1]

    def source(self, article_id: str) -> bytes:
        """Return the raw body that an article was extracted from.

        Raises:
            ArticleUnknown: if there is none.
        """
        return self._open().source(self.article(article_id).id) or b""

    def delete(self, article_ids: Sequence[str]) -> tuple[Article, ...]:
        """Delete articles and everything that belongs to them; return the deleted articles.

        Raises:
            ArticleUnknown: if one of them is unknown; nothing is deleted then.
        """
        articles = tuple(self.article(article_id) for article_id in article_ids)
        with self._writing() as index:
            index.delete([article.id for article in articles])
        return articles

    def info(self) -> IndexInfo:
        """Return what the index holds. Raises IndexMissing if there is none."""
        return self._open().info()

    def rebuild(self, *, embed: bool = False) -> int:
        """Rebuild the vector file from the stored vectors; return how many there are.

        With ``embed``, every article is chunked and embedded again with the current embedder into a
        folder beside the index; the complete folder then replaces the index and the number of its
        chunks is returned. If interrupted, the old index is unchanged, and calling this again
        resumes.
        """
        index = self._open()
        if not embed:
            return index.rebuild()
        beside = self.folder.with_name(self.folder.name + ".rebuild")
        old = self.folder.with_name(self.folder.name + ".old")
        with index.locked():
            words = self.settings.index.chunk_words
            chunks = embed_anew(index, beside, embedder=self.embedder, chunk_words=words)
            with self._lock:
                self._let_go()
                shutil.rmtree(old, ignore_errors=True)
                self.folder.rename(old)
                beside.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)
        return chunks

    def _asked(self, question: str) -> str:
        longest = self.settings.answer.question_characters
        if not question.strip():
            raise QuestionError("the question is empty. Ask something, in plain words.")
        if len(question) > longest:
            raise QuestionError(
                f"the question has {len(question)} characters, at most {longest} are read."
                " Ask something shorter, or summarise the text as a file: rag summarize FILE"
            )
        return question.strip()
