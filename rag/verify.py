"""Check a sentence against the passages that it was written from, and find its quote. Floor 2.

A sentence is supported if one sentence of a passage, or two that stand together, bears it out:

- every number of the claim stands there, or in the article's date;
- of two sentences, one alone holds all names and numbers that the two have of the claim: who met
  whom, where and when is not put together from two of them;
- every name stands there or in the title; the name with which the claim opens may stand anywhere
  in the article, since news writes "he" and "the minister" for it, unless the sentence opens with
  another name;
- the claim's content words stand there to a share of at least ``coverage``;
- neither side denies what the other affirms.

The check is one of words, not of meaning: it lets a recombination of the same words pass, and
rejects a free paraphrase. It is deterministic and costs milliseconds, where chat models of this
size judge claims at chance (Tang et al. 2024, LLM-AggreFact).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.cite import citation
from rag.terms import NEGATORS, STOPWORDS, Terms, terms
from rag.text import sentences, written_date
from rag.types import Citation, Claim, Passage

COVERAGE = 0.75
_CLAUSE = re.compile(r";\s+|,?\s+(?:and|but|while|whereas)\s+", re.I)
_MOST_CITATIONS = 3
_PRONOUNS = frozenset("he she they it we i his her hers their theirs its who whose".split())


@dataclass(frozen=True, slots=True)
class _Window:
    """One or two adjacent sentences of a passage; offsets are those of the chunk.

    ``parts`` holds the terms of each sentence, ``terms`` those of both together.
    """

    passage: Passage
    start: int
    end: int
    terms: Terms
    parts: tuple[Terms, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    score: float
    reason: str
    window: _Window | None = None

    @property
    def supported(self) -> bool:
        return not self.reason


def check(
    sentence: str,
    passages: Sequence[Passage],
    *,
    cited: frozenset[int] = frozenset(),
    question: str = "",
    coverage: float = COVERAGE,
) -> Claim:
    """The sentence as a claim: supported with its quotes, or not, with the reason.

    Args:
        sentence: one sentence without citation marks.
        passages: what the model was shown.
        cited: numbers of the passages that the model named; they are preferred among equals,
            but a mark alone supports nothing.
        question: words of it decide among equal quotes, for answers of a word or two.
        coverage: least share of content words that a quote must hold, 0 to 1.
    """
    claim = terms(sentence)
    if not claim.stems and not claim.numbers:
        return Claim(sentence, reason="it says nothing that could be checked")
    windows = [window for passage in passages for window in _windows(passage)]
    citations, reason = _support(claim, windows, cited, terms(question), coverage)
    if not citations:
        citations = _by_clauses(sentence, windows, cited, terms(question), coverage)
    return Claim(sentence, citations, bool(citations), "" if citations else reason)


def _windows(passage: Passage) -> Iterator[_Window]:
    text = passage.chunk.text
    spans = list(sentences(text))
    for start, end in spans:
        one = terms(text[start:end])
        yield _Window(passage, start, end, one, (one,))
    for (start, middle), (begin, end) in pairwise(spans):
        parts = terms(text[start:middle]), terms(text[begin:end])
        yield _Window(passage, start, end, terms(text[start:end]), parts)


def _support(
    claim: Terms,
    windows: Sequence[_Window],
    cited: frozenset[int],
    question: Terms,
    coverage: float,
) -> tuple[tuple[Citation, ...], str]:
    verdicts = [_judge(claim, window, coverage) for window in windows]
    good = [verdict for verdict in verdicts if verdict.supported]
    if not good:
        best = max(verdicts, key=lambda verdict: verdict.score, default=None)
        return (), best.reason if best else "there is no source"
    good.sort(key=lambda verdict: _rank(verdict, cited, question), reverse=True)
    # One quote an article: a second article that says the same corroborates, a second quote repeats.
    chosen: dict[str, Citation] = {}
    for verdict in good:
        window = verdict.window
        if window is not None and len(chosen) < _MOST_CITATIONS:
            quote = citation(window.passage, window.start, window.end)
            chosen.setdefault(quote.article_id, quote)
    return tuple(chosen.values()), ""


def _rank(verdict: _Verdict, cited: frozenset[int], question: Terms) -> float:
    window = verdict.window
    if window is None:
        return 0.0
    asked = len(question.stems & window.terms.stems) / max(1, len(question.stems))
    # Among quotes that bear the claim out, the shorter one is the better proof.
    length = (window.end - window.start) / 2000
    return verdict.score + 0.2 * asked + 0.1 * (window.passage.number in cited) - length


def _judge(claim: Terms, window: _Window, coverage: float) -> _Verdict:
    article = window.passage.article
    whole = terms(f"{article.title}. {article.text}")
    context = whole.folded
    about = terms(f"{article.publisher}. {written_date(article.published)}")
    here = window.terms.folded | about.folded | terms(article.title).folded
    # A capital at the head of a sentence tells nothing; whether it is a name, the article tells.
    subject = (claim.subject | ({claim.opening} & whole.names)) & context
    opening = {token.stem for token in claim.tokens if token.folded in subject}
    held = (window.terms.stems | about.stems | opening) & claim.stems
    score = len(held) / len(claim.stems) if claim.stems else 1.0
    numbers = claim.numbers - window.terms.numbers - about.numbers
    if numbers:
        return _Verdict(score - 1, f"the number {_listed(numbers)} does not stand in the source")
    names = claim.names - here - subject
    if claim.opening and claim.opening not in context | here and claim.opening not in claim.names:
        names |= {claim.opening} - {
            token.folded for token in window.terms.tokens if token.stem in claim.stems
        }
    if names:
        return _Verdict(score - 1, f"{_listed(names)} does not stand in the source")
    if score < coverage:
        return _Verdict(
            score, f"the source holds {score:.0%} of its words, {coverage:.0%} are wanted"
        )
    if _denied(claim, window.terms):
        return _Verdict(score - 0.5, "one denies what the other affirms")
    if not _in_one_sentence(claim, window, subject | about.folded, whole.names):
        return _Verdict(score - 0.5, "no single sentence has its names and numbers together")
    return _Verdict(score, "", window)


def _in_one_sentence(
    claim: Terms, window: _Window, known: frozenset[str], named: frozenset[str]
) -> bool:
    """Whether one sentence has all names and numbers of the window that the claim uses.

    A sentence that opens with another name than the claim, and has no pronoun, is not about it.
    """
    names = (claim.names & window.terms.folded) - known
    numbers = claim.numbers & window.terms.numbers
    opening = {token.folded for token in claim.tokens[:6]}
    return any(
        names <= part.folded
        and numbers <= part.numbers
        and not (
            {claim.head, part.head} <= named
            and claim.head not in part.folded
            and part.head not in opening
            and not _PRONOUNS & part.folded
        )
        for part in window.parts
    )


def _listed(found: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(found))


def _denied(claim: Terms, window: Terms) -> bool:
    return _negated(claim) - _negated(window) != set() or any(
        stem in claim.stems and stem not in _negated(claim) for stem in _negated(window)
    )


def _negated(text: Terms) -> set[str]:
    """Stems of the content word that follows each negator."""
    found = set()
    for place, token in enumerate(text.tokens):
        if token.folded in NEGATORS or token.folded.endswith("n't"):
            following = (after for after in text.tokens[place + 1 : place + 4])
            word = next((after.stem for after in following if after.folded not in STOPWORDS), "")
            if word:
                found.add(word)
    return found


def _by_clauses(
    sentence: str,
    windows: Sequence[_Window],
    cited: frozenset[int],
    question: Terms,
    coverage: float,
) -> tuple[Citation, ...]:
    """Support clause by clause, where each half of a joined sentence says enough by itself."""
    for joint in _CLAUSE.finditer(sentence):
        halves = terms(sentence[: joint.start()]), terms(sentence[joint.end() :])
        if any(len(half.stems) < 3 for half in halves):
            continue
        found = [_support(half, windows, cited, question, coverage)[0] for half in halves]
        if all(found):
            return tuple(dict.fromkeys(quote for quotes in found for quote in quotes[:2]))
    return ()
