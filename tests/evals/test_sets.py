"""Data sets found by folder and pattern, read, drawn from, and named where they are damaged."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from given_sets import (
    fact,
    write,
    write_document,
    write_frank,
    write_gold_quiz,
    write_hops,
    write_judged,
    write_newsqa,
    write_pages,
    write_pairs,
    write_paragraphs,
    write_quiz,
    write_snippets,
    write_squad,
)

from rag.errors import SourceError
from rag.evals import questions, sets, texts


def test_every_kind_is_found_and_nothing_else(tmp_path: Path) -> None:
    writers: dict[str, Callable[[Path], None]] = {
        "realtimeqa": write_quiz,
        "newsqa": write_newsqa,
        "multihop_rag": write_hops,
        "squad2": write_squad,
        "xquad": write_paragraphs,
        "rgb": write_snippets,
        "qags": write_judged,
        "frank": write_frank,
        "article_extraction": write_pages,
        "check_pairs": write_pairs,
    }
    assert set(writers) == set(sets.PATTERNS)
    for kind, writer in writers.items():
        assert sets.files(tmp_path, kind) == ()
        writer(tmp_path)
        assert sets.files(tmp_path, kind)
    sets.check_folder(tmp_path)


def test_missing_and_empty_folders_are_reported(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no data folder .*--data FOLDER"):
        sets.check_folder(tmp_path / "none")
    with pytest.raises(SourceError, match=r"holds none of the sets\. Looked for: realtimeqa"):
        sets.check_folder(tmp_path)
    loaders = (
        questions.quizzes,
        questions.newsqa,
        questions.multihop,
        questions.squad2,
        questions.xquad,
        questions.rgb,
    )
    assert [load(tmp_path) for load in loaders] == [()] * 6
    assert texts.qags(tmp_path) == texts.frank_judged(tmp_path) == ()
    assert texts.cleaning_pages(tmp_path) == ()


def test_a_quiz_needs_both_its_files(tmp_path: Path) -> None:
    write_quiz(tmp_path)
    (quiz,) = questions.quizzes(tmp_path)
    assert quiz.name == "realtimeqa_2031"
    assert quiz.questions[1].correct == 1
    assert quiz.questions[1].day.isoformat() == "2031-05-21"
    assert quiz.questions[1].nota_none == 1
    quiz.corpus.unlink()
    assert questions.quizzes(tmp_path) == ()


def test_other_years_and_halves_are_sets_of_their_own(tmp_path: Path) -> None:
    write_gold_quiz(tmp_path)
    (tmp_path / "realtimeqa_2031").rename(tmp_path / "realtimeqa_2030")
    write_quiz(tmp_path)
    assert [quiz.name for quiz in questions.quizzes(tmp_path)] == [
        "realtimeqa_2030",
        "realtimeqa_2031",
    ]


def test_questions_of_several_multihop_files_have_keys_of_their_own(tmp_path: Path) -> None:
    row = {
        "id": 0,
        "question": "Which?",
        "question_type": "inference_query",
        "answer": "Yes",
        "evidence_list": [fact(1)],
    }
    for name in ("half", "other"):
        write(tmp_path, f"multihop_rag/{name}.jsonl.gz", [row, {**row, "id": 1}])
    keys = [question.key for question in questions.multihop(tmp_path)]
    assert len(set(keys)) == len(keys) == 4


def test_votes_and_factuality_become_truth(tmp_path: Path) -> None:
    write_judged(tmp_path)
    write_frank(tmp_path)
    assert [one.truth for one in texts.qags(tmp_path)] == pytest.approx([1, 2 / 3, 0, 1 / 3])
    judged = texts.frank_judged(tmp_path)
    assert [one.dataset for one in judged] == ["frank_cnndm"] * 4 + ["frank_bbc"] * 2
    assert [one.truth for one in judged] == [1.0, 0.5] * 3
    assert len({one.key for one in judged}) == 6
    datasets = [article.dataset for article in texts.frank(tmp_path)]
    assert datasets == ["frank_cnndm", "frank_cnndm", "frank_bbc"]


def test_pages_from_whichever_parts_are_there(tmp_path: Path) -> None:
    write_pages(tmp_path)
    one, two, three = texts.cleaning_pages(tmp_path)
    assert (one.html is not None, one.texts, one.english) == (True, {}, False)
    assert (two.html is not None, sorted(two.texts), two.english) == (
        *(True, ["bs4", "inscriptis"]),
        True,
    )
    assert three.html is None
    (tmp_path / "article_extraction" / "ground-truth.json.gz").unlink()
    assert [page.key for page in texts.cleaning_pages(tmp_path)] == ["two", "three"]
    assert all(page.html is None for page in texts.cleaning_pages(tmp_path))


def test_a_name_of_a_page_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.html.gz"
    secret.write_bytes(gzip.compress(b"<p>secret</p>"))
    write_document(
        tmp_path, "article_extraction/ground-truth.json.gz", {"../../secret": {"articleBody": ""}}
    )
    (page,) = texts.cleaning_pages(tmp_path)
    assert page.html is None


def test_a_line_separator_in_a_text_does_not_end_its_line(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "context": "One\u2028two",
        "question": "?",
        "is_impossible": True,
        "answers": [],
    }
    path = tmp_path / "squad" / "squad2_half.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(json.dumps(row, ensure_ascii=False).encode()))
    assert [question.context for question in questions.squad2(tmp_path)] == ["One\u2028two"]


def test_digests_follow_the_files(tmp_path: Path) -> None:
    write_pages(tmp_path)
    before = sets.digests(tmp_path, ["article_extraction"])
    assert sorted(before) == [
        "article_extraction/ground-truth.json.gz",
        "article_extraction/html",
        "article_extraction/rawtext_pairs.jsonl.gz",
    ]
    page = tmp_path / "article_extraction" / "html" / "one.html.gz"
    page.write_bytes(gzip.compress(b"<p>other</p>"))
    after = sets.digests(tmp_path, ["article_extraction"])
    assert {name for name in before if before[name] != after[name]} == {"article_extraction/html"}


def test_a_sample_depends_on_seed_and_keys_alone() -> None:
    rows = [str(number) for number in range(50)]
    drawn = sets.sample(rows, limit=9, seed=1, key=str)
    assert drawn == sets.sample(rows[::-1], limit=9, seed=1, key=str)
    assert drawn == sets.sample(rows, limit=20, seed=1, key=str)[:9]
    assert drawn != sets.sample(rows, limit=9, seed=2, key=str)
    assert sorted(sets.sample(rows, limit=None, seed=1, key=str)) == sorted(rows)


def zipped(text: bytes) -> bytes:
    """The same bytes at any time, for they name a case."""
    return gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no gzip", "not a complete gzip file"),
        (zipped(b'{"a": 1}' * 99)[:-9], "not a complete gzip file"),
        (zipped(b"\xff\xfe"), "not a complete gzip file of UTF-8"),
        (zipped(b"{broken"), "line 1 is not JSON"),
        (zipped(b"\n[1]"), "line 2 holds list, not a JSON object"),
        (zipped(b"{}"), "line 1: the field 'id': Field required"),
        (zipped(b'{"id": true}'), "the field 'id': Input should be a valid string"),
        (
            zipped(
                b'{"id": 1, "context": "c", "question": "q", "answers": [], "is_impossible": 0}'
            ),
            "the field 'is_impossible': Input should be a valid boolean",
        ),
    ],
)
def test_a_damaged_file_is_named_with_line_and_field(
    tmp_path: Path, body: bytes, said: str
) -> None:
    path = tmp_path / "squad" / "squad2_half.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(body)
    with pytest.raises(SourceError, match="squad2_half") as error:
        questions.squad2(tmp_path)
    assert said in str(error.value)


def test_a_bad_day_or_number_is_named(tmp_path: Path) -> None:
    write_quiz(tmp_path)
    row = {
        "question_id": "q",
        "question": "Who?",
        "date": "soon",
        "choices": [],
        "answer_idx": ["one"],
    }
    write(tmp_path, "realtimeqa_2031/questions.jsonl.gz", [row])
    with pytest.raises(
        SourceError, match="line 1: the field 'date': Value error, 'soon' is not a day"
    ):
        questions.quizzes(tmp_path)
    write(tmp_path, "realtimeqa_2031/questions.jsonl.gz", [{**row, "date": "2031-01-01"}])
    with pytest.raises(
        SourceError, match="the field 'answer_idx': Input should be a valid integer"
    ):
        questions.quizzes(tmp_path)
