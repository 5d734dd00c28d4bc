"""Check a sentence against the passages that it was written from, and find its quote. Floor 2.

A sentence is supported if a quote keeps the rules and its score is high enough.

The rules (:mod:`rag.verify.rules`) are those that readers rely on. One sentence of a passage, or
two that stand together, must bear it out:

- every number of the claim stands there, or in the article's date;
- of two sentences, one alone holds all names and numbers that the two have of the claim: who met
  whom, where and when is not put together from two of them;
- every name stands there or in the title; the name with which the claim opens may stand anywhere
  in the article, since news writes "he" and "the minister" for it, unless the sentence opens with
  another name;
- most of the claim's content words stand there;
- neither side denies what the other affirms;
- two names of the claim do not stand the other way round there (:mod:`rag.verify.roles`).

The score (:mod:`rag.verify.score`) is the probability that people would call the sentence true:
a logistic regression over how it can be laid onto what was shown of one article. It is fitted to
human labels, and takes milliseconds, where chat models of this size judge claims at chance (Tang
et al. 2024, LLM-AggreFact). It still reads words, not meaning.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.cite import citation
from rag.terms import Terms, terms
from rag.types import Article, Citation, Claim, Passage
from rag.verify.roles import swapped
from rag.verify.rules import Statement, Verdict, judge, windows
from rag.verify.score import probability
from rag.verify.source import as_words, as_written, known, source_of

SUPPORT = 0.6
_CLAUSE = re.compile(r";\s+|,?\s+(?:and|but|while|whereas)\s+", re.I)
_MOST_CITATIONS = 3
BROKEN_RULE = 0.5  # by what the score of a claim is multiplied that breaks a rule everywhere


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a claim is held against, and how strictly."""

    articles: Mapping[Article, Sequence[Passage]]
    cited: frozenset[int]
    question: Terms
    support: float


@dataclass(frozen=True, slots=True)
class _Finding:
    citations: tuple[Citation, ...]
    score: float
    reason: str


def check(
    sentence: str,
    passages: Sequence[Passage],
    *,
    cited: frozenset[int] = frozenset(),
    question: str = "",
    support: float = SUPPORT,
) -> Claim:
    """The sentence as a claim: supported with its quotes, or not, with the reason.

    Args:
        sentence: one sentence without citation marks.
        passages: what the model was shown.
        cited: numbers of the passages that the model named; they are preferred among equals,
            but a mark alone supports nothing.
        question: words of it decide among equal quotes, for answers of a word or two.
        support: least score of a supported claim, 0 to 1; at 1 it must stand there word for word.
    """
    claim = terms(as_written(sentence))
    if not claim.stems and not claim.numbers:
        return Claim(sentence, reason="it says nothing that could be checked")
    demand = _Demand(_by_article(passages), cited, terms(question), support)
    found = _support(sentence, demand)
    if not found.citations:
        found = _by_clauses(sentence, demand) or found
    return Claim(
        sentence,
        found.citations,
        "supported" if found.citations else "unsupported",
        score=found.score,
        reason=found.reason,
    )


def _support(sentence: str, demand: _Demand) -> _Finding:
    written = as_written(sentence)
    statement = Statement(terms(written), terms(sentence).numbers)
    scores, verdicts = dict[Article, float](), list[Verdict]()
    for article, passages in demand.articles.items():
        texts = tuple(passage.chunk.text for passage in passages)
        scores[article] = probability(sentence, article, texts)
        turned = swapped(statement.terms, as_words(written), source_of(article, texts))
        for window in (window for passage in passages for window in windows(passage)):
            verdict = judge(statement, window, known(article))
            reason = verdict.reason or ("the source has its names the other way round" * turned)
            verdicts.append(replace(verdict, reason=reason))
    keeping = [verdict for verdict in verdicts if not verdict.reason]
    if not keeping:
        nearest = max(verdicts, key=lambda verdict: verdict.held, default=None)
        reason = nearest.reason if nearest else "there is no source"
        return _Finding((), BROKEN_RULE * max(scores.values(), default=0.0), reason)
    score = max(scores[verdict.window.passage.article] for verdict in keeping)
    if score < demand.support:
        reason = f"it is {score:.0%} likely to be borne out, {demand.support:.0%} are wanted"
        return _Finding((), score, reason)
    good = [one for one in keeping if scores[one.window.passage.article] >= demand.support]
    return _Finding(_quotes(good, demand), score, "")


def _quotes(good: list[Verdict], demand: _Demand) -> tuple[Citation, ...]:
    good.sort(key=lambda verdict: _rank(verdict, demand), reverse=True)
    # One quote an article: a second article that says the same corroborates, a second quote repeats.
    chosen: dict[str, Citation] = {}
    for window in (verdict.window for verdict in good):
        if len(chosen) < _MOST_CITATIONS and window.passage.article.id not in chosen:
            quote = citation(window.passage, window.start, window.end)
            chosen[quote.article_id] = quote
    return tuple(chosen.values())


def _by_article(passages: Sequence[Passage]) -> Mapping[Article, Sequence[Passage]]:
    found: dict[Article, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.article, []).append(passage)
    return found


def _rank(verdict: Verdict, demand: _Demand) -> float:
    window = verdict.window
    asked = len(demand.question.stems & window.stems) / max(1, len(demand.question.stems))
    # Among quotes that bear the claim out, the shorter one is the better proof.
    length = (window.end - window.start) / 2000
    return verdict.held + 0.2 * asked + 0.1 * (window.passage.number in demand.cited) - length


def _by_clauses(sentence: str, demand: _Demand) -> _Finding | None:
    """Support clause by clause, where each half of a joined sentence says enough by itself."""
    for joint in _CLAUSE.finditer(sentence):
        halves = sentence[: joint.start()], sentence[joint.end() :]
        if any(len(terms(half).stems) < 3 for half in halves):
            continue
        found = [_support(half, demand) for half in halves]
        if all(half.citations for half in found):
            quotes = (quote for half in found for quote in half.citations[:2])
            return _Finding(tuple(dict.fromkeys(quotes)), min(half.score for half in found), "")
    return None
