"""Generate answers from passages and verify them; read more only if the model finds no answer.

The model writes the answer: a few words on the first line, then sentences that complete it. The
check finds quotes for both and reports the words that have none. How likely the answer is right
decides whether it is given, given as unsure, or refused. The draft is saved in each case.
"""

import time
from collections.abc import Generator as Stream
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from rag.answering.candidates import LONGEST, best_opening
from rag.answering.confidence import confidence
from rag.answering.proof import asked_as_statement, proven_together
from rag.answering.question_form import coverage, fits, names_found
from rag.answering.reply import Sentence, read_reply, refuses, short_answer
from rag.answering.yes_no import first_of_two, yes
from rag.check import Checker
from rag.llm import Generator
from rag.llm.progress import Writer, total
from rag.llm.prompts import answer_messages, answerable, either, opened, quoted
from rag.text.citations import distinct, marked
from rag.types import (
    Answer,
    AnswerStatus,
    Checked,
    Citation,
    Claim,
    Draft,
    Found,
    Message,
    Passage,
    Signals,
    Timing,
)

SURE = 0.45  # minimum confidence of a sure answer
MAYBE = 0.32  # confidence below which an answer is refused
NOT_IN_THE_ARTICLES = "Not in the articles."
_ROOMY = 2000  # context length in tokens
_MOST_QUOTES = 3  # maximum quotes in which the model looks for the answer again
_MOST_SENTENCES = 3  # maximum sentences after the short answer
# After its answer, a small model may go on with a source or a question of its own.
_STOP = ("\nQuestion:", "<source", "\nSource")


@dataclass(frozen=True, slots=True)
class Bars:
    """Minimum confidence of a sure answer, and confidence below which it is refused; 0 to 1."""

    sure: float = SURE
    maybe: float = MAYBE


def answer(
    question: str,
    rounds: Iterable[Sequence[Passage]],
    *,
    generator: Generator,
    checker: Checker,
    history: Sequence[Answer] = (),
    nearest: Sequence[Citation] = (),
    max_tokens: int = 160,
    samples: int = 0,
    bars: Bars = Bars(),
    retrieve_seconds: float = 0.0,
) -> Stream[Found | Draft | Checked | Answer, None, None]:
    """Stream the answer to a question: Found, then Draft and Checked in turn, last the Answer.

    Each round contains the passages of the round before and more, and is read if the model found no
    answer in that. Closing the iterator stops the model. An engine's GenerateError is passed on.

    Args:
        question: as the reader asked it.
        rounds: numbered passages to read; in a follow-up together with those of earlier turns.
        generator: the model that writes.
        checker: finds the quotes.
        history: the turns of the chat that the model should remember, oldest first.
        nearest: the sentences nearest to the question.
        max_tokens: maximum length of the model's output.
        samples: openings of an answer in sentences, among which the model chooses; 0: its first.
        bars: confidence thresholds for sure answers and refusals.
        retrieve_seconds: duration of the retrieval, for the timing.
    """

    def attempt(passages: Sequence[Passage]) -> _Attempt:
        messages = prompt_messages(question, passages, history, generator)
        return _Attempt(
            question, tuple(passages), messages, generator, checker, max_tokens, samples
        )

    near = tuple(nearest)
    found = yield from _first_answer(map(attempt, rounds), near, bars)
    if found is None:
        yield Found((), near)
        found = attempt(()).answer(bars)
    spent = total(Timing(retrieve=retrieve_seconds), found.timing)
    yield replace(found, timing=spent, nearest=near)


def _first_answer(
    attempts: "Iterable[_Attempt]", nearest: tuple[Citation, ...], bars: Bars
) -> Stream[Found | Draft | Checked, None, Answer | None]:
    """Return the first answer, or the last refusal; None if there is nothing to read."""
    found: Answer | None = None
    for attempt in attempts:
        yield Found(attempt.passages, nearest)
        yield from attempt.write()
        spent = found.timing if found else Timing()
        found = attempt.answer(bars)
        found = replace(found, timing=total(spent, found.timing))
        # More passages do not make an unsure answer surer (docs/results.md).
        if found.draft:
            break
    return found


def prompt_messages(
    question: str,
    passages: Sequence[Passage],
    history: Sequence[Answer],
    generator: Generator,
) -> tuple[Message, ...]:
    """Return the prompt for the question, with example replies if the context has room for them."""
    roomy = generator.context_length >= _ROOMY
    return answer_messages(question, passages, history, examples=roomy)


def count_messages(messages: Sequence[Message], generator: Generator) -> int:
    """Estimate the tokens of a chat, with four per message for the template's markers."""
    return sum(generator.count_tokens(message.content) + 4 for message in messages)


@dataclass(slots=True)
class _Attempt:
    """One reading of some passages: the growing draft, its claims, and the resulting answer."""

    question: str
    passages: tuple[Passage, ...]
    messages: tuple[Message, ...]
    generator: Generator
    checker: Checker
    max_tokens: int
    samples: int = 0
    draft: str = ""
    claims: list[Claim] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)

    def write(self) -> Stream[Draft | Checked, None, None]:
        """Stream the model's words, and each sentence with its quotes once it is complete."""
        messages, sampled = self._opened()
        writer, checking = Writer(self.generator, self.max_tokens), 0.0
        with closing(writer.stream(messages, stop=_STOP)) as drafts:
            for draft in drafts:
                self.draft += draft.text
                yield draft
                start = time.perf_counter()
                yield from map(Checked, self._check(self._whole()))
                checking += time.perf_counter() - start
                if len(self.claims) > _MOST_SENTENCES:
                    break
        start, spent = time.perf_counter(), writer.timing
        cut_off = spent.output_tokens >= self.max_tokens
        yield from map(Checked, self._check(self._whole() if cut_off else self._parts()))
        written = spent.generate - checking
        self.timing = replace(
            total(sampled, spent),
            first_token=sampled.generate + (spent.first_token or written),
            generate=sampled.generate + written,
            verify=checking + time.perf_counter() - start,
        )

    def _opened(self) -> tuple[tuple[Message, ...], Timing]:
        """Return the prompt, with the opening that the model prefers, and the cost of finding it."""
        start, writer = time.perf_counter(), Writer(self.generator, LONGEST)
        opening = best_opening(self.question, self.messages, writer, self.samples)
        spent = replace(writer.timing, generate=time.perf_counter() - start)
        return opened(self.messages, opening) if opening else self.messages, spent

    def _parts(self) -> Sequence[Sentence]:
        return read_reply(self.draft).parts[: _MOST_SENTENCES + 1]

    def _whole(self) -> Sequence[Sentence]:
        """Return the complete parts: all but the last, which may still grow."""
        return read_reply(self.draft).parts[:-1]

    def _check(self, parts: Sequence[Sentence]) -> Sequence[Claim]:
        """Check the new parts and return their claims."""
        known = len(self.claims)
        for sentence, cited in parts[known:]:
            claim = (
                Claim(sentence, reason="the model found no answer")
                if refuses(sentence)
                else self.checker.check(
                    sentence, self.passages, question=self.question, cited=cited
                )
            )
            self.claims.append(claim)
        return self.claims[known:]

    def answer(self, bars: Bars) -> Answer:
        """Return the answer that the draft gives."""
        start = time.perf_counter()
        reply = read_reply(self.draft)
        short = short_answer(self.question, reply)
        asked = asked_as_statement(self.question, short, self.checker, self.passages)
        claims = proven_together(self.claims, short, asked)
        silent = not claims or refuses(claims[0].text)
        signals = Signals() if silent else self._signals(short, claims)
        likely = 0.0 if silent else confidence(signals)
        if asked is not None and asked.plainly == short and not silent:
            likely = max(likely, bars.maybe)
        status = "refused" if silent else _status(claims, likely, bars)
        refused = status == "refused"
        return Answer(
            question=self.question,
            text=NOT_IN_THE_ARTICLES if refused else _text(claims, headed=reply.head is not None),
            claims=tuple(claims),
            citations=() if refused else distinct(claims),
            passages=self.passages,
            status=status,
            confidence=likely,
            model=self.generator.identity,
            timing=replace(self.timing, probe=time.perf_counter() - start),
            draft="" if silent else self.draft.strip(),
            short="" if refused else short,
            signals=signals,
        )

    def _signals(self, short: str, claims: Sequence[Claim]) -> Signals:
        return Signals(
            chosen=first_of_two(either(self.messages, short), self.generator),
            answerable=yes(answerable(self.messages), self.generator),
            quoted=self._quoted(short, claims),
            coverage=coverage(self.question, self.passages, claims),
            names=names_found(self.question, self.passages),
            kind=float(fits(self.question, self.draft)),
        )

    def _quoted(self, short: str, claims: Sequence[Claim]) -> float | None:
        """Return the probability that the model finds the answer in the quotes; 0 without any."""
        quotes = [each.quote for each in distinct(claims)][:_MOST_QUOTES]
        if not quotes:
            return 0.0
        return yes(quoted(self.question, short, quotes), self.generator)


def _status(claims: Sequence[Claim], likely: float, bars: Bars) -> AnswerStatus:
    if likely < bars.maybe:
        return "refused"
    proven = all(claim.supported for claim in claims)
    return "answered" if proven and likely >= bars.sure else "unsure"


def _text(claims: Sequence[Claim], *, headed: bool) -> str:
    """Return the claims with their citation marks, the short answer on a line of its own."""
    if headed and len(claims) > 1:
        return f"{marked(claims[:1])}\n{marked(claims[1:])}"
    return marked(claims)
