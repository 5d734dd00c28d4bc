"""Answer questions and check texts."""

import time
from collections.abc import Generator as Stream
from collections.abc import Sequence
from contextlib import closing

from rag.answering import Bars, answer
from rag.answering.choices import MOST_CHOICES, choose
from rag.errors import QuestionError
from rag.export import read_saved
from rag.library.checking import Checking
from rag.library.disagreements import compared, differing, newest_first
from rag.library.prompt_budget import PromptBudget
from rag.library.restore import restored
from rag.library.searching import SearchMethods
from rag.types import (
    Answer,
    Article,
    Checked,
    Claim,
    Draft,
    Filters,
    Found,
    Passage,
)

_CHECKED = 4  # articles that each sentence of a text is first checked against


class AnswerMethods(SearchMethods):
    """The methods of :class:`rag.News` that answer questions and check texts."""

    def check(self, question: str) -> None:
        """Raise any foreseeable error of answering a question, without loading a model.

        Raises:
            QuestionError: if the question is blank or too long.
            IndexMissing: if there is no index.
            ModelMissing: if a model is not on this machine.
        """
        self._checked_question(question)
        self._open()
        self.embedder, self.generator, self.parser  # noqa: B018 - building checks for the files

    def shown(self, question: str, *, filters: Filters | None = None) -> tuple[Passage, ...]:
        """Return the passages the model would read for a question; errors are as in ``search``."""
        question = self._checked_question(question)
        return self._prompt_budget().leading(
            question, self._search_question(question, (), filters)[0]
        )

    def choose(
        self, question: str, choices: Sequence[str], *, filters: Filters | None = None
    ) -> tuple[float, ...]:
        """Return the probability of each of 2 to 26 choices, given the articles; the sum is 1.

        The articles are retrieved with the question and its choices together.

        Raises:
            QuestionError: if the question is blank or too long, or there are too few or too many choices.
            IndexMissing: if there is no index.
            ModelError: if a model is missing or fails.
        """
        question = self._checked_question(question)
        if not 2 <= len(choices) <= MOST_CHOICES:
            raise QuestionError(f"{len(choices)} choices were given, expected 2 to {MOST_CHOICES}.")
        found = self.search(" ".join([question, *choices]), filters=filters)
        passages = self._prompt_budget().leading("\n".join([question, *choices]), found)
        return choose(question, choices, passages, generator=self.generator)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        filters: Filters | None = None,
        k: int | None = None,
    ) -> Stream[Found | Draft | Checked | Answer, None, None]:
        """Answer a question step by step: Found, then Draft and Checked in turn, finally the Answer.

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
            NoArticles: if the index is empty, or no article passes the filters.
            IndexMissing: if there is no index.
            ModelError: if a model is missing or fails.
        """
        question = self._checked_question(question)
        start = time.perf_counter()
        self.require_articles(filters)
        found, nearest = self._search_question(question, history, filters)
        pairs = differing(found)
        read = newest_first(found, pairs)[:k]
        rounds, before = self._prompt_budget().rounds(question, read, history)
        chosen = self.settings.answer
        events = answer(
            question,
            rounds,
            generator=self.generator,
            checker=self.checker(chosen.support),
            history=before,
            nearest=nearest,
            max_tokens=chosen.max_tokens,
            samples=chosen.samples,
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
        """Prepare to check a text; iterate over the result to check one sentence at a time.

        Each sentence becomes a :class:`rag.Claim`: supported, partly supported, or unsupported,
        with its quotes and the words that none of them supports. No language model is used.

        Args:
            text: at most 500 sentences; markup and control characters are ignored.
            sources: the articles to check against; None: for each sentence the nearest articles of
                the index, and those nearest to the text as a whole.
            filters: which articles of the index may be used.

        Raises:
            QuestionError: if the text has no sentence or is too long, or ``sources`` is empty.
            IndexMissing: if there is no index and one is needed.
            NoArticles: if the index is empty, or no article passes the filters.
            ModelMissing: if a model is not on this machine.
        """
        given = None if sources is None else tuple(sources)
        if given == ():
            raise QuestionError(
                "no sources were given to check the text against; name at least one."
            )

        def near(words: str) -> Sequence[Article]:
            if given is not None:
                return given
            query = words[: self.settings.answer.question_characters]
            found = self.find(query, filters=filters, k=_CHECKED, rerank=False)
            return [passage.article for passage in found]

        checker = self.checker(self.settings.answer.support)

        def checked(sentence: str, passages: Sequence[Passage], before: str) -> Claim:
            return checker.check(sentence, passages, before=before)

        work = Checking(text, check=checked, near=near)
        if given is None:
            self.require_articles(filters)
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
        """Restore an answer written by :func:`rag.export.saved`, using the index.

        ``saved`` may come from anywhere: quotes and passages are taken from the index or left out;
        question and answer are kept as given.

        Raises:
            SavedError: if it cannot be read.
            QuestionError: if its question is blank or too long.
            IndexMissing: if there is no index.
        """
        answer = read_saved(saved)
        self._checked_question(answer.question)
        return restored(answer, self._open())

    def _prompt_budget(self) -> PromptBudget:
        chosen = self.settings.retrieve
        return PromptBudget(
            self.generator,
            first_tokens=chosen.first_tokens,
            source_tokens=chosen.source_tokens,
            max_tokens=self.settings.answer.max_tokens,
        )
