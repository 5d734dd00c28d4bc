"""Let the model answer from passages, check every sentence, refuse where nothing holds. Floor 3."""

import re
import time
from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.cite import distinct, marked, split_claims
from rag.generate import Generator
from rag.prompts import REFUSAL, SHORTER, answer_messages
from rag.terms import DAYS, MONTHS, terms
from rag.types import Answer, Checked, Claim, Draft, Found, Message, Passage, Timing
from rag.verify import COVERAGE, check

_FEW_TOKENS = 24
NOT_IN_THE_ARTICLES = "Not in the articles."

_REFUSES = re.compile(
    rf"{REFUSAL}|\b(?:articles?|sources?|texts?|passages?|information)\s+(?:\w+\s+){{0,3}}"
    r"(?:do|does|did)(?:n['’]t| not)\s+(?:\w+\s+)?"
    r"(?:say|state|mention|specify|provide|contain|give|include|tell|answer)"
    r"|\b(?:is|are|was|were) not (?:\w+\s+)?(?:mentioned|stated|specified|provided|given|said)\b"
    r"|\bno (?:\w+ )?(?:information|mention)\b",
    re.I,
)
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
    history: Sequence[Answer] = (),
    max_tokens: int = 200,
    coverage: float = COVERAGE,
    short: bool = False,
    retrieve_seconds: float = 0.0,
) -> Iterator[Found | Draft | Checked | Answer]:
    """Stream the answer to a question: Found, then Draft and Checked in turn, last the Answer.

    Every sentence is checked as soon as it is finished. Sentences that the passages do not
    support stay out of the answer's text; where none is left, the answer is a refusal.
    Closing the iterator stops the model at its next token.

    Args:
        question: as the reader asked it.
        passages: what may be cited, numbered; in a follow-up also what earlier turns showed.
        generator: the model that writes.
        history: the turns of the chat that the model is to remember, oldest first.
        max_tokens: at which length the model is cut off.
        coverage: see :func:`rag.verify.check`.
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
    writing = _Writing(question, passages, coverage)
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
    yield from map(Checked, writing.check(finished=True))
    timing = Timing(
        retrieve=retrieve_seconds,
        first_token=(writing.first or start + written) - start,
        generate=written,
        verify=writing.checking,
        prompt_tokens=generator.usage.prompt_tokens,
        output_tokens=generator.usage.output_tokens,
    )
    finished = writing.answer(generator.identity, timing)
    if short and not finished.refused:
        chat = (*messages, Message("assistant", writing.draft), Message("user", SHORTER))
        finished = replace(finished, short=_few_words(chat, generator))
    yield finished


def _few_words(chat: Sequence[Message], generator: Generator) -> str:
    """The first line of what the model says, without marks and full stop."""
    said = "".join(generator.stream(chat, max_tokens=_FEW_TOKENS))
    first = next(split_claims(said.strip().partition("\n")[0]), ("", frozenset[int]()))[0]
    return first.strip().removesuffix(".")


def count_messages(messages: Sequence[Message], generator: Generator) -> int:
    """Tokens of a chat, about: four are added a message for the template's marks."""
    return sum(generator.count_tokens(message.content) + 4 for message in messages)


class _Writing:
    """A draft as it grows, and the claims checked so far."""

    def __init__(self, question: str, passages: tuple[Passage, ...], coverage: float) -> None:
        self.question, self.passages, self.coverage = question, passages, coverage
        self.draft = ""
        self.claims: list[Claim] = []
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
        claim = check(
            sentence,
            self.passages,
            cited=cited,
            question=self.question,
            coverage=self.coverage,
        )
        if not claim.supported and _REFUSES.search(sentence):
            return Claim(sentence, reason="the model found no answer")
        if claim.supported and not answers(self.question, sentence):
            return Claim(sentence, reason="it does not give the number or time that was asked for")
        if claim.supported and any(claim.text == other.text for other in self.claims):
            return Claim(sentence, reason="it repeats a sentence before it")
        return claim

    def answer(self, model: str, timing: Timing) -> Answer:
        supported = [claim for claim in self.claims if claim.supported]
        return Answer(
            question=self.question,
            text=marked(supported) if supported else NOT_IN_THE_ARTICLES,
            claims=tuple(self.claims),
            citations=distinct(supported),
            passages=self.passages,
            refused=not supported,
            confidence=len(supported) / len(self.claims) if self.claims else 0.0,
            model=model,
            timing=timing,
            draft=self.draft.strip(),
        )


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
        refused=True,
        confidence=0.0,
        model=model,
        timing=Timing(retrieve=seconds),
    )
