"""Deterministic smaller data folder in the layout of the given one.

The news of a quiz takes half an hour to embed; a part of it, with the gold articles of a fixed
sample of its questions, takes minutes and is read by the same code.
"""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from rag.errors import SourceError
from rag.evals import sets
from rag.evals.journal import write_whole_bytes

_Row = tuple[str, dict[str, object]]  # a raw line, and its parsed content


def link(data: Path, kind: str, target: Path) -> None:
    """Link the files of a kind of set, and no others, below ``target``."""
    for path in sets.files(data, kind):
        place = target / path.relative_to(data)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_symlink():
            place.symlink_to(path.resolve())


def cut_quizzes(data: Path, target: Path, *, questions: int, articles: int, seed: int) -> None:
    """Write every quiz below ``target``, with fewer questions and articles.

    The questions are a sample of those whose gold articles are known; the articles are these gold
    articles, and others drawn at random up to ``articles``, in the order of the corpus. An existing
    quiz is left unchanged.

    Raises:
        SourceError: if a file is damaged.
    """
    for quiz in sets.quizzes(data):
        place = target / quiz.name
        if all((place / name).is_file() for name in ("questions.jsonl.gz", "corpus.jsonl.gz")):
            continue
        known = [question for question in quiz.questions if question.gold_urls]
        drawn = sets.sample(known, limit=questions, seed=seed, key=lambda one: one.key)
        keys = {question.key for question in drawn}
        gold = {url for question in drawn for url in question.gold_urls}
        asked = _rows(quiz.corpus.with_name("questions.jsonl.gz"))
        told = _rows(quiz.corpus)
        others = {_url(row) for row in told} - gold
        more = max(0, articles - sum(_url(row) in gold for row in told))
        wanted = gold | set(sets.sample(sorted(others), limit=more, seed=seed, key=str))
        place.mkdir(parents=True, exist_ok=True)
        _write(place / "corpus.jsonl.gz", [row for row in told if _url(row) in wanted])
        kept = [row for row in asked if str(row[1].get("question_id")) in keys]
        _write(place / "questions.jsonl.gz", kept)


def _url(row: _Row) -> str:
    return str(row[1].get("url", ""))


def _rows(path: Path) -> list[_Row]:
    found = []
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
        for line in lines:
            if line.strip():
                values = json.loads(line)
                if not isinstance(values, dict):
                    raise ValueError("a line is no JSON object")
                found.append((line, values))
    except (EOFError, OSError, ValueError) as error:
        raise SourceError(f"{path} is no whole gzip file of JSON lines: {error}.") from error
    return found


def _write(path: Path, rows: Sequence[_Row]) -> None:
    text = "".join(f"{line.rstrip()}\n" for line, _ in rows)
    write_whole_bytes(path, gzip.compress(text.encode("utf-8"), mtime=0))
