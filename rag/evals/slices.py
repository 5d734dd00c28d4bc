"""Deterministic smaller data folder in the layout of the given one.

The news of a quiz takes half an hour to embed; a part of it, with the gold articles of a fixed
sample of its questions, takes minutes and is read by the same code.
"""

import gzip
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from rag.evals.journal import write_whole
from rag.evals.questions import quizzes
from rag.evals.sets import Row, Text, files, read_lines, read_text, sample


def link(data: Path, kind: str, target: Path) -> None:
    """Link the files of a kind of set, and no others, below ``target``."""
    for path in files(data, kind):
        place = target / path.relative_to(data)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_symlink():
            place.symlink_to(path.resolve())


class _Line(Row):
    """What identifies a line of a quiz's files."""

    url: Text = ""
    key: Text = Field(default="", alias="question_id")


def cut_quizzes(data: Path, target: Path, *, questions: int, articles: int, seed: int) -> None:
    """Write every quiz below ``target``, with fewer questions and articles.

    The questions are a sample of those whose gold articles are known; the articles are these gold
    articles, and others drawn at random up to ``articles``, in the order of the corpus. An existing
    quiz is left unchanged.

    Raises:
        SourceError: if a file is damaged.
    """
    for quiz in quizzes(data):
        place = target / quiz.name
        if all((place / name).is_file() for name in ("questions.jsonl.gz", "corpus.jsonl.gz")):
            continue
        known = [question for question in quiz.questions if question.gold_urls]
        drawn = sample(known, limit=questions, seed=seed)
        keys = {question.key for question in drawn}
        gold = {url for question in drawn for url in question.gold_urls}
        asked, corpus = _lines(quiz.corpus.with_name("questions.jsonl.gz")), _lines(quiz.corpus)
        others = {line.url for _, line in corpus} - gold
        more = max(0, articles - sum(line.url in gold for _, line in corpus))
        urls = gold | set(sample(sorted(others), limit=more, seed=seed, key=str))
        place.mkdir(parents=True, exist_ok=True)
        _write(place / "corpus.jsonl.gz", [text for text, line in corpus if line.url in urls])
        _write(place / "questions.jsonl.gz", [text for text, line in asked if line.key in keys])


def _lines(path: Path) -> list[tuple[str, _Line]]:
    """Return the lines of a file, each with what identifies it."""
    texts = (line for line in read_text(path).split("\n") if line.strip())
    return list(zip(texts, read_lines(path, _Line), strict=True))


def _write(path: Path, lines: Sequence[str]) -> None:
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    write_whole(path, gzip.compress(text.encode("utf-8"), mtime=0))
