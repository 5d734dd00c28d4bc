"""Checked claims, answers with their evidence, and the events of a stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

from rag.types.articles import Citation, Passage


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a claim: ``claim.text[start:end] == text``, always."""

    start: int
    end: int
    text: str


Verdict = Literal["supported", "partly", "unsupported"]  # of the check on a claim


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, a summary or a checked text, with the quotes that support it.

    ``status`` is ``supported`` if the quotes state every fact of the sentence, ``partly`` if they
    state some of it, ``unsupported`` if no quote does. ``unbacked`` are the words that no quote
    states, in order; ``reason`` briefly says what is wrong. ``score`` is the calibrated probability
    that the sources support the whole sentence, 0 to 1.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    status: Verdict = "unsupported"
    unbacked: tuple[Span, ...] = ()
    score: float = 0.0
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether the quotes state every fact of the sentence."""
        return self.status == "supported"

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """Split the text into runs, each with whether it is supported; joined they are the text.

        If the check names no words of an unsupported claim, the whole claim counts as unsupported.
        Unsupported runs separated only by white space are merged.
        """
        place = 0
        for start, end in self._unsupported():
            if self.text[place:start]:
                yield self.text[place:start], True
            yield self.text[start:end], False
            place = end
        if self.text[place:]:
            yield self.text[place:], True

    def _unsupported(self) -> list[tuple[int, int]]:
        """Return the spans of unsupported words: sorted, disjoint, and within the text."""
        if self.supported:
            return []
        found: list[tuple[int, int]] = []
        for span in sorted(self.unbacked, key=lambda each: each.start):
            start, end = max(span.start, 0), min(span.end, len(self.text))
            if start >= end:
                continue
            if found and not self.text[found[-1][1] : start].strip():
                start, end = found[-1][0], max(end, found.pop()[1])
            found.append((start, end))
        return found or [(0, len(self.text))]

    def _repr_html_(self) -> str:
        """Return the sentence for notebooks: unsupported words marked, then its citation marks."""
        numbers = dict.fromkeys(citation.number for citation in self.citations)
        text = (
            escape(words)
            if proven
            else f'<mark title="no quote supports this">{escape(words)}</mark>'
            for words, proven in self.pieces()
        )
        return "".join((*text, *(f" [{number}]" for number in numbers)))


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two articles that differ on the same fact; in an answer, it cites the first.

    ``about`` is what each article states, in its words: ``("90 minutes", "two hours")``; empty if
    one denies what the other says. ``quotes`` are the two sentences, in the same order.
    ``changed``: they report on different days, so that both may be right.
    """

    about: tuple[str, ...]
    quotes: tuple[Citation, Citation]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat with a language model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Time spent per step, in seconds, and the generator's token counts.

    ``probe`` is the time for questions put to the model about its finished answer;
    ``cached_tokens`` are those of the prompt that were already in the cache.
    """

    retrieve: float = 0.0
    first_token: float = 0.0
    generate: float = 0.0
    verify: float = 0.0
    probe: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> float:
        """Total seconds."""
        return self.retrieve + self.generate + self.verify + self.probe


@dataclass(frozen=True, slots=True)
class Signals:
    """The inputs to the confidence of an answer; shares and probabilities, 0 to 1.

    ``chosen``: that the model prefers the short answer to "the sources do not say".
    ``answerable``: that it says yes when asked whether the sources answer the question at all.
    ``quoted``: that it says yes when asked whether the quotes of the answer alone give it. These
    three are None if the engine does not report them. ``coverage``: the share of the question in
    one cited sentence. ``names``: the share of the question's names that the passages contain.
    ``kind``: 1 unless a number, a time, or something other than yes or no is asked for and not
    given.
    """

    chosen: float | None = None
    answerable: float | None = None
    quoted: float | None = None
    coverage: float = 0.0
    names: float = 1.0
    kind: float = 1.0


AnswerStatus = Literal["answered", "unsure", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer to a question with its evidence, or a refusal if the articles have none.

    ``status`` is ``answered`` if quotes state every fact of the answer, ``unsure`` if some of its
    words are unsupported or the confidence is low, ``refused`` if the articles do not answer.
    ``short`` is the answer in a few words: a name, a number, a day, a list, yes or no; for "why"
    and "how" questions its first sentence; empty in a refusal.

    ``claims`` are the short answer, if it is not itself a sentence, and the model's sentences, each
    checked. ``text`` is all of them with their citation marks (``[1]``), the short answer on a line
    of its own, or the refusal sentence. ``draft`` is what the model wrote, unchecked, also in a
    refusal, where it is unsupported. ``nearest`` are the sentences of the articles nearest to the
    question. ``passages`` is all that the model was shown, best first; a passage carries the number
    of its article. ``disagreements`` are figures of other articles that differ from the answer's.
    ``confidence`` is the calibrated probability that the answer is right, 0 to 1, computed from
    ``signals``; 0 for a refusal without a draft.
    """

    question: str
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    status: AnswerStatus
    confidence: float
    model: str
    timing: Timing
    draft: str = ""
    short: str = ""
    nearest: tuple[Citation, ...] = ()
    signals: Signals = Signals()
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the articles do not answer the question."""
        return self.status == "refused"

    def _repr_html_(self) -> str:
        """Return the answer and its quotes for notebooks; a refusal has the nearest sentences."""
        told = [escape(self.text)] if self.refused else [each._repr_html_() for each in self.claims]
        quotes = self.nearest[:3] if self.refused else self.citations
        parts = (
            f"<p><i>{escape(self.question)}</i></p>",
            *(f"<p>{text}</p>" for text in told),
            *(f"<blockquote>{each._repr_html_()}</blockquote>" for each in quotes),
        )
        return f"<div>{''.join(parts)}</div>"


@dataclass(frozen=True, slots=True)
class Found:
    """Stream event: the passages that the model is about to read.

    ``nearest`` are the sentences nearest to the question, best first: a first look for the reader.
    """

    passages: tuple[Passage, ...]
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Stream event: the next characters that the model wrote, not yet checked."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Checked:
    """Stream event: a finished sentence, checked against the sources."""

    claim: Claim
