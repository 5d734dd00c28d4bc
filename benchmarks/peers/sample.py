"""Choose the articles and questions that every system gets, by seed, from a realtimeqa folder."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SourceError
from rag.evals.metrics import holds
from rag.evals.questions import QuizQuestion, quizzes
from rag.evals.sets import sample

_CHOOSES = ("except", "which of these", "which of the following")  # senseless without choices


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the comparison."""

    key: str
    text: str
    day: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]  # urls of the articles it was made from; empty: no article answers it

    @property
    def answerable(self) -> bool:
        """Whether the articles hold what was asked."""
        return bool(self.gold)


@dataclass(frozen=True, slots=True)
class Sample:
    """What every system reads and is asked."""

    dataset: str
    articles: tuple[dict[str, str], ...]
    questions: tuple[Asked, ...]


def draw(data: Path, *, articles: int, questions: int, unanswerable: int, seed: int) -> Sample:
    """The gold articles of ``questions`` questions and distractors, ``articles`` in all.

    To these come ``unanswerable`` questions without their articles: no article given is one of
    their gold or silver articles or holds the words of their answers. Articles of equal text are
    taken once.

    Raises:
        SourceError: there is no such data, or not enough of it.
    """
    quiz = next((each for each in quizzes(data) if each.corpus.is_file()), None)
    if quiz is None:
        raise SourceError(
            f"{data} holds no realtimeqa_*/questions.jsonl.gz with its corpus.jsonl.gz. Give the"
            " folder that holds realtimeqa_2022/: --data FOLDER"
        )
    corpus, known_as = _corpus(quiz.corpus)
    usable = [each for each in quiz.questions if each.gold_urls and _open(each.text)]
    shuffled = sample(usable, limit=None, seed=seed)
    asked = [q for q in shuffled if not known_as.keys().isdisjoint(q.gold_urls)][:questions]
    gold = {known_as[url] for q in asked for url in q.gold_urls if url in known_as}
    strange = _strange(shuffled, asked, [corpus[url]["text"] for url in gold])[:unanswerable]
    _enough("questions", len(asked), questions)
    _enough("unanswerable questions", len(strange), unanswerable)
    banned = {url for q in strange for url in (*q.gold_urls, *q.silver_urls)}
    words, given = [answer for q in strange for answer in q.answers], set(gold)
    for url in sample(tuple(corpus), limit=None, seed=seed, key=str):
        if len(given) >= articles:
            break
        if url not in banned and not holds(corpus[url]["text"], words):
            given.add(url)
    _enough("articles", len(given), articles)
    if len(given) > articles:
        raise SourceError(
            f"{questions} questions have {len(given)} articles of their own, --articles allows"
            f" {articles}. Ask for more articles or fewer questions."
        )
    chosen = sorted(given, key=lambda url: hashlib.sha256(f"{seed}{url}".encode()).digest())
    every = [_asked(q, known_as) for q in asked] + [_asked(q, {}) for q in strange]
    return Sample(quiz.name, tuple(corpus[url] for url in chosen), tuple(every))


def _corpus(path: Path) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """The articles by url, and for each url that of the article that stands for its text."""
    corpus: dict[str, dict[str, str]] = {}
    known_as: dict[str, str] = {}
    of_text: dict[str, str] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not row["text"].strip():
                continue
            url = of_text.setdefault(row["text"], row["url"])
            known_as[row["url"]] = url
            fields = ("url", "title", "text", "publish_date")
            corpus.setdefault(url, {name: row[name] or "" for name in fields})
    return corpus, known_as


def _open(text: str) -> bool:
    return not any(words in text.casefold() for words in _CHOOSES)


def _strange(
    shuffled: Sequence[QuizQuestion], asked: Sequence[QuizQuestion], texts: Sequence[str]
) -> list[QuizQuestion]:
    """Questions that were not asked and of whose answers the texts hold nothing."""
    taken = {q.key for q in asked}
    golds = {url for q in asked for url in q.gold_urls}
    return [
        q
        for q in shuffled
        if q.key not in taken
        and not golds.intersection((*q.gold_urls, *q.silver_urls))
        and not any(holds(text, q.answers) for text in texts)
    ]


def _asked(q: QuizQuestion, known_as: dict[str, str]) -> Asked:
    gold = dict.fromkeys(known_as[url] for url in q.gold_urls if url in known_as)
    return Asked(q.key, q.text, q.day.isoformat(), q.answers, tuple(gold))


def _enough(what: str, found: int, needed: int) -> None:
    if found < needed:
        raise SourceError(f"the data gives {found} {what}, not {needed}. Ask for fewer.")
