"""Indexes that the evaluation makes: once, whole, of one corpus alone, with shared models."""

import gzip
import json
from pathlib import Path

import pytest
from given_sets import SENTENCES, make_bench, write_gold_quiz, write_quiz

from rag.errors import IndexProblem, SourceError
from rag.evals.machine import tree_digest
from rag.evals.questions import quizzes
from rag.evals.sets import file_digest
from rag.evals.workbench import Workbench
from rag.library import News

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    write_gold_quiz(tmp_path / "data")
    return make_bench(tmp_path)


def test_a_corpus_is_ingested_once_and_the_mark_says_so(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, int | None]] = []
    bench.advance = lambda what, done, total: seen.append((what, done, total))
    (quiz,) = quizzes(bench.data)
    with bench:
        assert bench.corpus(quiz).info().articles == len(SENTENCES)
    assert (seen[0][1:], seen[-1][1:]) == ((0, 10), (10, 10))

    def again(*_: object, **__: object) -> None:
        raise AssertionError("ingested twice")

    monkeypatch.setattr(News, "ingest", again)
    with bench:
        assert bench.corpus(quiz).info().articles == len(SENTENCES)


def test_an_index_without_its_mark_is_completed(bench: Workbench) -> None:
    (quiz,) = quizzes(bench.data)
    half = bench.out / "half.jsonl"
    half.parent.mkdir()
    lines = gzip.decompress(quiz.corpus.read_bytes()).splitlines()[:4]
    half.write_bytes(b"\n".join(lines))
    folder = bench.out / f"index-{file_digest(quiz.corpus)[:12]}"
    with bench:
        bench.news(folder).ingest(half)
        assert bench.news(folder).info().articles == 4
        assert bench.corpus(quiz).folder == folder
        assert bench.news(folder).info().articles == len(SENTENCES)


def test_an_index_that_holds_something_else_is_refused(bench: Workbench) -> None:
    (quiz,) = quizzes(bench.data)
    other = bench.out / "other.jsonl"
    other.parent.mkdir()
    other.write_text(json.dumps({"url": "https://x.example/1", "text": "A fox ran off at dawn."}))
    bench.index = bench.out / "given"
    with bench:
        bench.news(bench.index).ingest(other)
        with pytest.raises(IndexProblem, match=r"holds 11 articles, of which .* holds 10\."):
            bench.corpus(quiz)


def test_several_corpora_have_folders_of_their_own(bench: Workbench) -> None:
    (bench.data / "realtimeqa_2031").rename(bench.data / "realtimeqa_2030")
    write_quiz(bench.data)
    bench.index = bench.out / "given"
    with bench:
        folders = [bench.corpus(quiz).folder.name for quiz in quizzes(bench.data)]
    assert folders == ["realtimeqa_2030", "realtimeqa_2031"]


def test_a_corpus_of_unreadable_records_is_reported(bench: Workbench) -> None:
    (quiz,) = quizzes(bench.data)
    quiz.corpus.write_bytes(gzip.compress(b'{"url": "https://x.example/1", "text": ""}\n'))
    messages: list[str] = []
    bench.notify = messages.append
    with bench, pytest.raises(SourceError, match="holds no article that could be read"):
        bench.corpus(quiz)
    assert "1 records could not be read" in messages[0]


def test_indexes_share_the_models_and_are_opened_once(bench: Workbench, tmp_path: Path) -> None:
    with bench:
        one, two = bench.news(tmp_path / "one"), bench.news(tmp_path / "two")
        assert bench.news(tmp_path / "one") is one
        assert one is not two
        assert one.embedder is two.embedder is bench.models.embedder
        assert one.generator is two.generator is bench.models.generator
        assert one.reranker is bench.models.reranker is None


def test_digests_follow_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    before = tree_digest(tmp_path, [one, two])
    assert tree_digest(tmp_path, [two, one]) == before
    two.write_text("c")
    assert tree_digest(tmp_path, [one, two]) != before
    assert file_digest(one) != file_digest(two)
