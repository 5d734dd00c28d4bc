"""Let the model answer from passages, check every sentence, refuse where nothing holds. Floor 3."""

import re
import time
from collections.abc import Generator as Stream
from collections.abc import Sequence
from dataclasses import replace

from rag.answer.confidence import confidence
from rag.answer.probe import REFUSES, few_words, refusing, yes, yes_or_no
from rag.answer.quote import asks_yes_or_no, coverage, names_found, quoted
from rag.check import Checker
from rag.cite import distinct, marked, split_claims
from rag.generate import Generator
from rag.prompts import (
    ANSWERABLE,
    REFUSAL,
    answer_messages,
    answering_messages,
    instructed,
)
from rag.terms import DAYS, MONTHS, terms
from rag.types import (
    Answer,
    Checked,
    Claim,
    Draft,
    Found,
    Message,
    Passage,
    Signals,
    Timing,
)

SURE_ENOUGH = 0.7  # confidence below which an answer becomes a refusal
_QUOTES_READ = 3  # of an answer's quotes, when the model is asked whether they answer
_SURELY_REFUSED = 0.5  # probability of a refusal from which no other way to an answer is tried
NOT_IN_THE_ARTICLES = "Not in the articles."

_HOW_MANY = re.compile(
    r"\b(?:how (?:many|much|long|old|far|big|large|tall|often)|population"
    r"|what (?:number|percentage|share|age))\b",
    re.I,
)
# A mark whose end is still being written: "They met. [1".
_OPEN_MARK = re.compile(r"\s*[\[【][^\]】]{0,20}\Z")
# Number words that rag.terms gives no value, for they have none or not alone.
_QUANTITIES = frozenset(
    "one once no none twice thrice half dozen dozens hundred hundreds thousand "
    "thousands million millions billion billions".split()
)
_WHEN = re.compile(
    r"^\W*(?:(?:and|but|so)\W+)?(?:on )?(?:when|(?:what|which) (?:day|date|year|time))\b", re.I
)
_TIMES = frozenset(
    "today yesterday tomorrow tonight week weekend month year noon midnight morning afternoon "
    "evening night spring summer autumn winter hour hours now".split()
)


def answer(
    question: str,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    checker: Checker,
    history: Sequence[Answer] = (),
    max_tokens: int = 200,
    sure: float = SURE_ENOUGH,
    short: bool = False,
    retrieve_seconds: float = 0.0,
) -> Stream[Found | Draft | Checked | Answer, None, None]:
    """Stream the answer to a question: Found, then Draft and Checked in turn, last the Answer.

    Every sentence is checked as soon as it is finished. Sentences that the passages do not
    support stay out of the answer's text; where none is left, the sentences that the answer in a
    few words stands in are quoted. Where there are none, or too much speaks against the answer,
    it is a refusal. Closing the iterator stops the model at its next token.

    Args:
        question: as the reader asked it.
        passages: what may be cited, numbered; in a follow-up also what earlier turns showed.
        generator: the model that writes.
        checker: what checks its sentences.
        history: the turns of the chat that the model is to remember, oldest first.
        max_tokens: at which length the model is cut off.
        sure: confidence from which an answer is given, 0 to 1.
        short: ask for the answer in a few words as well, about a second more.
        retrieve_seconds: how long the retrieval took, for the timing.

    Raises:
        GenerateError: if the engine fails.
    """
    passages = tuple(passages)
    yield Found(passages)
    if not passages:
        yield _refusal(question, generator.identity, retrieve_seconds)
        return
    messages = answer_messages(question, passages, history)
    writing = _Writing(question, passages, checker)
    start = time.perf_counter()
    pieces = generator.stream(messages, max_tokens=max_tokens)
    try:
        for piece in pieces:
            writing.add(piece)
            yield Draft(piece)
            yield from map(Checked, writing.check(finished=False))
    finally:
        # At once, not when the garbage collector comes round: the engine goes on writing until then.
        if isinstance(pieces, Stream):
            pieces.close()
    written = time.perf_counter() - start - writing.checking
    usage = generator.usage
    yield from map(Checked, writing.check(finished=True))
    probing = time.perf_counter()
    timing = Timing(
        retrieve=retrieve_seconds,
        first_token=(writing.first or start + written) - start,
        generate=written,
        verify=writing.checking,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        output_tokens=usage.output_tokens,
    )
    binary = asks_yes_or_no(question)
    unsaid = refusing(messages, writing.draft, generator)
    brief = ""
    if not writing.supported and (binary or unsaid < _SURELY_REFUSED):
        brief = "" if binary else few_words(question, messages, generator)
        yield from map(Checked, writing.quote(None if binary else brief))
    if writing.supported and short:
        brief = yes_or_no(messages, generator) if binary else brief
        brief = brief or few_words(question, messages, generator)
    signals = replace(writing.signals(), refusing=unsaid, yes_or_no=float(binary))
    if writing.supported:
        quotes = "\n".join(cited.quote for cited in distinct(writing.supported)[:_QUOTES_READ])
        signals = replace(
            signals,
            answerable=yes(instructed(messages, ANSWERABLE), generator),
            quotes_answer=yes(answering_messages(question, quotes), generator),
        )
    timing = replace(timing, probe=time.perf_counter() - probing)
    finished = writing.answer(generator.identity, timing, signals, sure)
    yield replace(finished, short=brief) if short and not finished.refused else finished


def count_messages(messages: Sequence[Message], generator: Generator) -> int:
    """Tokens of a chat, about: four are added a message for the template's marks."""
    return sum(generator.count_tokens(message.content) + 4 for message in messages)


class _Writing:
    """A draft as it grows, and the claims checked so far."""

    def __init__(self, question: str, passages: tuple[Passage, ...], checker: Checker) -> None:
        self.question, self.passages, self.checker = question, passages, checker
        self.draft = ""
        self.claims: list[Claim] = []
        self.quotes: list[Claim] = []
        self.first: float | None = None
        self.checking = 0.0

    def add(self, piece: str) -> None:
        self.first = self.first or time.perf_counter()
        self.draft += piece

    def check(self, *, finished: bool) -> Sequence[Claim]:
        """Check the sentences that are ready now; returns their claims."""
        start, known = time.perf_counter(), len(self.claims)
        if finished:
            ready = list(split_claims(self.draft))
        else:
            # The last one may still grow, and its mark may still follow.
            ready = list(split_claims(_OPEN_MARK.sub("", self.draft)))[:-1]
        for sentence, cited in ready[known:]:
            self.claims.append(self._check(sentence, cited))
        self.checking += time.perf_counter() - start
        return self.claims[known:]

    def _check(self, sentence: str, cited: frozenset[int]) -> Claim:
        if REFUSAL.casefold() in sentence.casefold():
            return Claim(sentence, reason="the model found no answer")
        claim = self.checker.check(sentence, self.passages, cited=cited, question=self.question)
        if not claim.supported and REFUSES.search(sentence):
            return Claim(sentence, reason="the model found no answer")
        if claim.supported and not answers(self.question, sentence):
            return Claim(sentence, reason="it does not give the number or time that was asked for")
        if claim.supported and any(claim.text == other.text for other in self.claims):
            return Claim(sentence, reason="it repeats a sentence before it")
        return claim

    @property
    def supported(self) -> list[Claim]:
        """The claims that hold."""
        return [claim for claim in self.claims if claim.supported]

    def quote(self, brief: str | None) -> Sequence[Claim]:
        """Quote the sentences that an answer in a few words stands in, none held so far."""
        found = quoted(self.question, brief, self.passages)
        self.quotes = [claim for claim in found if answers(self.question, claim.text)]
        self.claims += self.quotes
        return self.quotes

    def signals(self) -> Signals:
        """What the claims tell; the rest is asked of the model."""
        written = len(self.claims) - len(self.quotes)
        held = len(self.supported) - len(self.quotes)
        return Signals(
            supported=held / written if written else 0.0,
            quoted=float(bool(self.quotes)),
            coverage=coverage(self.question, self.passages, self.supported),
            names=names_found(self.question, self.passages),
        )

    def answer(self, model: str, timing: Timing, signals: Signals, sure: float) -> Answer:
        likely = confidence(signals) if self.supported else 0.0
        if likely < sure:
            self.claims = [_withdrawn(claim) for claim in self.claims]
        supported = self.supported
        return Answer(
            question=self.question,
            text=marked(supported) if supported else NOT_IN_THE_ARTICLES,
            claims=tuple(self.claims),
            citations=distinct(supported),
            passages=self.passages,
            status="answered" if supported else "refused",
            confidence=likely,
            model=model,
            timing=timing,
            draft=self.draft.strip(),
            signals=signals,
        )


def _withdrawn(claim: Claim) -> Claim:
    if not claim.supported:
        return claim
    return Claim(claim.text, reason="the sources do not seem to answer the question")


def answers(question: str, sentence: str) -> bool:
    """Whether a sentence has the kind of thing that the question asks for, where that is plain.

    "How many" wants a number, "when" a number, a day, a month or a word of time.
    """
    said = terms(sentence)
    if _HOW_MANY.search(question):
        asked = terms(question).numbers
        return bool(said.numbers - asked) or bool(_QUANTITIES & said.folded)
    if _WHEN.search(question):
        return bool(said.numbers) or bool((DAYS | set(MONTHS) | _TIMES) & said.folded)
    return True


def _refusal(question: str, model: str, seconds: float) -> Answer:
    return Answer(
        question=question,
        text=NOT_IN_THE_ARTICLES,
        claims=(),
        citations=(),
        passages=(),
        status="refused",
        confidence=0.0,
        model=model,
        timing=Timing(retrieve=seconds),
    )
