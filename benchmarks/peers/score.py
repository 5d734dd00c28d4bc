"""The one scorer: what a system's replies are worth, whoever wrote them.

Nothing here knows which system is scored. Where a set-up has no such thing, as citations or a
short answer, the measure is left out rather than given as 0.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from sample import Asked, Sample

from rag.evals.metrics import (
    exact_match,
    f1,
    figure,
    first_place,
    hit,
    holds,
    mean,
    median,
    normalise_answer,
    precision,
    refusal_ratio,
    token_f1,
)

Row = Mapping[str, Any]  # a line of items.jsonl: what a worker answered to one question
_MARK = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SOURCE = r"(?:contexts?|information|articles?|texts?|passages?|sources?|documents?|excerpts?)"
_TELL = r"(?:say|mention|provid|contain|includ|specif|stat|give|answer|discuss|indicat|address)"
_FIND = r"(?:answer|determin|provid|confirm|identif|specif|find)"
# In the words of all these systems' prompts and of models of any kind. The verbs are those of
# telling and finding out, for news is full of people who were unable to do other things.
_REFUSES = re.compile(
    rf"""not\ in\ the\ articles|empty\ response
    |\b(?:I|we)\ (?:do|did)(?:\ not|n['’]t)\ (?:know|have)\b
    |\b(?:I['’]m|I\ am)\ (?:sorry|not\ sure|afraid|unable|not\ able)\b|\bI\ apologi[sz]e\b
    |\bI\ can(?:not|\ not|['’]t)\b
    |\b(?:can|could)(?:not|\ not|['’]t|n['’]t)\ (?:be\ )?{_FIND}
    |\b(?:unable|not\ able|not\ possible|impossible)\ to\ {_FIND}
    |\b{_SOURCE}\b(?:\W+\w+){{0,6}}?\W+(?:do|does|did)(?:\ not|n['’]t)\ (?:\w+\ ){{0,2}}{_TELL}
    |\bnot\ (?:explicitly\ |directly\ |specifically\ )?(?:mentioned|provided|specified|stated)\b
    |\bno\ (?:\w+\ ){{0,2}}(?:information|mention|answer)\b
    |\b(?:insufficient|not\ enough|lack\ of)\ (?:\w+\ )?(?:information|context)\b""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with the number of items behind it, and a 95 % interval where it is a mean of them."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


def refuses(reply: str) -> bool:
    """Whether a reply is a refusal: empty, or its first sentence says that the answer is unknown."""
    sentences = [part for part in _SENTENCE.split(_MARK.sub("", reply).strip()) if part.strip()]
    return not sentences or bool(_REFUSES.search(sentences[0]))


def score(rows: Sequence[Row], ingested: Row, sample: Sample) -> dict[str, Measure]:
    """All measures of one system, by name, over the questions that it was asked."""
    asked = {q.key: q for q in sample.questions}
    pairs = [(row, asked[row["question"]]) for row in rows if row["question"] in asked]
    answerable = [(row, q) for row, q in pairs if q.answerable]
    return (
        _retrieval(answerable)
        | _answers(answerable)
        | _refusals(pairs)
        | _citations(pairs, sample)
        | _costs(pairs, ingested, sample)
    )


def _retrieval(pairs: Sequence[tuple[Row, Asked]]) -> dict[str, Measure]:
    places = [first_place(row["ranking"], q.gold) for row, q in pairs]
    found = {f"hit@{k}": _share([hit(place, k) for place in places]) for k in (1, 5, 10)}
    found["gold_shown"] = _share(
        [any(url in q.gold for url, _ in row["shown"]) for row, q in pairs]
    )
    found["answer_shown"] = _share(
        [any(holds(text, q.answers) for _, text in row["shown"]) for row, q in pairs]
    )
    return found


def _answers(pairs: Sequence[tuple[Row, Asked]]) -> dict[str, Measure]:
    replies = [(_MARK.sub("", row["text"]), q.answers) for row, q in pairs]
    found = {
        "answer_in_reply": _share([holds(reply, golds) for reply, golds in replies]),
        "em": _share([exact_match(reply, golds) for reply, golds in replies]),
        "f1": _share([token_f1(reply, golds) for reply, golds in replies]),
        "words": _middle([len(reply.split()) for reply, _ in replies]),
    }
    short = [(brief(row), q.answers) for row, q in pairs]
    return found | {
        "short_right": _share([holds(text, golds) for text, golds in short]),
        "short_em": _share([exact_match(text, golds) for text, golds in short]),
        "short_f1": _share([token_f1(text, golds) for text, golds in short]),
    }


def brief(row: Row) -> str:
    """A system's short answer, where it gives one, else the first line of its reply."""
    lines = _MARK.sub("", row["text"]).strip().splitlines()
    return row["short"] or (lines[0] if lines else "")


def _refusals(pairs: Sequence[tuple[Row, Asked]]) -> dict[str, Measure]:
    wanted = [not q.answerable for _, q in pairs]
    given = [refuses(row["text"]) for row, _ in pairs]
    rightly = [refused for refused, due in zip(given, wanted, strict=True) if due]
    wrongly = [refused for refused, due in zip(given, wanted, strict=True) if not due]
    found = {
        "refused_unanswerable": _share(rightly),
        "refused_answerable": _share(wrongly),
        "refusal_precision": Measure(float(precision(wanted, given)), sum(given)),
        "refusal_f1": Measure(float(f1(wanted, given)), len(pairs)),
    }
    for name, answerable in (("unsure_unanswerable", False), ("unsure_answerable", True)):
        said = [row.get("status") for row, q in pairs if q.answerable == answerable]
        if all(said):
            found[name] = _share([status != "answered" for status in said])
    return found


def states(row: Row, question: Asked) -> bool:
    """Whether a cited passage of a reply holds the right answer."""
    return any(holds(text, question.answers) for _, text in row["cited"])


def cites_gold(row: Row, question: Asked) -> bool:
    """Whether a reply cites an article that its question was made from."""
    return any(url in question.gold for url, _ in row["cited"])


def _citations(pairs: Sequence[tuple[Row, Asked]], sample: Sample) -> dict[str, Measure]:
    """Of the replies that are no refusals: whether they cite, and what the cited words are worth.

    A citation exists if its words stand in the article that it names (without regard to case,
    punctuation and articles). It supports if the cited words of a reply that states the right
    answer hold that answer too; ``quotes_answer`` asks of each reply to an answerable question, right
    or not, that all of it exists and that some of it holds the answer, whatever a system's own check says.
    """
    replies = [(row, q) for row, q in pairs if not refuses(row["text"])]
    citing = [(row, q) for row, q in replies if row["cited"]]
    cited = [each for row, _ in citing for each in row["cited"]]
    if all(row["cited"] is None for row, _ in pairs):
        return {}
    texts = {
        each["url"]: normalise_answer(f"{each['title']} {each['publish_date']} {each['text']}")
        for each in sample.articles
    }

    def exists(url: str, text: str) -> bool:
        return bool(text) and normalise_answer(text) in texts.get(url, "")

    answered = [(row, q) for row, q in citing if q.answerable]
    right = [(row, q) for row, q in answered if holds(_MARK.sub("", row["text"]), q.answers)]
    return {
        "replies_citing": _share([bool(row["cited"]) for row, _ in replies]),
        "citations_exist": _share([exists(*each) for each in cited]),
        "citations_of_gold": _share([cites_gold(row, q) for row, q in answered]),
        "citations_support": _share([states(row, q) for row, q in right]),
        "quotes_answer": _share(
            [
                states(row, q) and all(exists(*each) for each in row["cited"])
                for row, q in replies
                if q.answerable
            ]
        ),
        "cited_words": _middle([len(text.split()) for _, text in cited]),
    }


def _costs(pairs: Sequence[tuple[Row, Asked]], ingested: Row, sample: Sample) -> dict[str, Measure]:
    seconds, count = ingested["seconds"], len(sample.articles)
    found = {
        "ingest_articles_per_second": Measure(count / seconds, count),
        "passages": Measure(ingested["passages"], count),
        "ingest_passages_per_second": Measure(ingested["passages"] / seconds, count),
        "first_token_seconds": _middle([row["first_token"] for row, _ in pairs]),
        "answer_seconds": _middle([row["seconds"] for row, _ in pairs]),
        "refusal_ratio": _measure(
            refusal_ratio,
            [refuses(row["text"]) for row, _ in pairs],
            [row["seconds"] for row, _ in pairs],
        ),
        "prompt_tokens": _middle([row["prompt_tokens"] for row, _ in pairs]),
        "source_tokens": _middle(
            [row["source_tokens"] for row, q in pairs if q.answerable and "source_tokens" in row]
        ),
        "peak_mb": Measure(
            max((row["peak_bytes"] for row, _ in pairs), default=0) / 1e6, len(pairs)
        ),
        "server_peak_mb": Measure(
            max((row["server_peak_bytes"] for row, _ in pairs), default=0) / 1e6, len(pairs)
        ),
    }
    return {name: measure for name, measure in found.items() if measure.value}


def paired(ours: Sequence[Row], theirs: Sequence[Row], sample: Sample) -> dict[str, Measure]:
    """What newsrag has more than another system, over the questions that both were asked.

    Differences of shares over the answerable ones, and how many each alone has right; ratios of the
    median times over all. Intervals are of resampled questions, each with both replies.
    """
    asked = {q.key: q for q in sample.questions}
    other = {row["question"]: row for row in theirs}
    both = [
        (row, other[row["question"]], asked[row["question"]])
        for row in ours
        if row["question"] in other and row["question"] in asked
    ]
    right = [
        (
            holds(_MARK.sub("", own["text"]), q.answers),
            holds(_MARK.sub("", their["text"]), q.answers),
        )
        for own, their, q in both
        if q.answerable
    ]
    short = [
        holds(brief(own), q.answers) - holds(brief(their), q.answers)
        for own, their, q in both
        if q.answerable
    ]
    found = {
        "answer_in_reply": _share([own - their for own, their in right]),
        "right_alone": Measure(sum(own > their for own, their in right), len(right)),
        "peer_right_alone": Measure(sum(own < their for own, their in right), len(right)),
        "short_right": _share(short),
    }
    for name, field in (("first_token_ratio", "first_token"), ("answer_ratio", "seconds")):
        times = [row[field] for row, _, _ in both], [row[field] for _, row, _ in both]
        found[name] = _measure(lambda own, their: median(own) / median(their), *times)
    return found


def _measure(metric: Callable[..., Any], *columns: Sequence[float | bool]) -> Measure:
    found = figure((), metric, *columns)
    return Measure(found.value, found.n, found.low, found.high)


def _share(values: Sequence[float | bool]) -> Measure:
    return _measure(mean, values)


def _middle(values: Sequence[float]) -> Measure:
    return Measure(float(median(values)) if values else nan, len(values))
