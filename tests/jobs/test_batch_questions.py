"""Questions from files, and lines of them that hold none."""

import io
import sys
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.jobs.questions import read_questions
from rag.types import Failure, Question


def read(path: Path, body: str | bytes) -> list[Question | Failure]:
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return list(read_questions(path))


def test_a_line_each(tmp_path: Path) -> None:
    found = read(tmp_path / "q.txt", "\ufeffWho came?\r\n\n  And  why? \n")
    assert found == [Question("1", "Who came?"), Question("3", "And why?")]


@pytest.mark.parametrize("name", ["question", "Query", "text"])
def test_a_row_each(tmp_path: Path, name: str) -> None:
    found = read(tmp_path / "q.csv", f'id,{name}\nq7,"Who, then?"\n,Why?\n\nq9,\n')
    assert found[:2] == [Question("q7", "Who, then?"), Question("3", "Why?")]
    assert found[2:] == [Failure("q.csv:5", "q.csv line 5 has no question.")]


@pytest.mark.parametrize(
    "body",
    [
        "id;question\nq7;Who, then?\nq8;Why?\n",
        "question\tid\nWho, then?\tq7\nWhy?\tq8\n",
        '\n,\nid,question\nq7,"Who, then?"\nq8,Why?\n',
        'id;question\r\nq7;"Who, then?"\r\nq8;Why?\r\n'.encode("utf-16"),
    ],
)
def test_tables_as_spreadsheets_of_many_countries_save_them(
    tmp_path: Path, body: str | bytes
) -> None:
    found = read(tmp_path / "q.csv", body)
    assert found == [Question("q7", "Who, then?"), Question("q8", "Why?")]


def test_a_question_of_any_length_leaves_the_others(tmp_path: Path) -> None:
    found = read(tmp_path / "q.csv", f"question\n{'why ' * 50_000}\nWho?\n")
    assert [each.id for each in found if isinstance(each, Question)] == ["2", "3"]


@pytest.mark.parametrize("body", ["Who?\n\nWhy?\n", '{"question": "Who?"}\n\n{"text": "Why?"}\n'])
def test_standard_input_is_read(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body.encode())))
    assert list(read_questions(Path("-"))) == [Question("1", "Who?"), Question("3", "Why?")]


def test_a_single_column_needs_no_heading(tmp_path: Path) -> None:
    found = read(tmp_path / "q.csv", '"Who, then?"\nWhy?\n')
    assert found == [Question("1", "Who, then?"), Question("2", "Why?")]


def test_a_record_each(tmp_path: Path) -> None:
    lines = '{"id": 7, "question": "Who?"}\n"Why?"\n\n{"id": null, "query": "When?"}\n{"a": 1}\n[1]\n{oh\n'
    found = read(tmp_path / "q.jsonl", lines)
    assert found[:3] == [Question("7", "Who?"), Question("2", "Why?"), Question("4", "When?")]
    reasons = [each.reason for each in found[3:] if isinstance(each, Failure)]
    assert reasons == [
        "q.jsonl line 5 has no question.",
        "q.jsonl line 6 has no question.",
        "q.jsonl line 7 is not valid JSON.",
    ]


def test_bytes_that_are_no_text_are_failures_and_hostile_letters_go(tmp_path: Path) -> None:
    good, bad, odd = read(tmp_path / "q.txt", b"Who?\nWh\xff?\nWho \x1b[31mis\xe2\x80\xae red?\n")
    assert good == Question("1", "Who?")
    assert isinstance(bad, Failure)
    assert "not UTF-8 text" in bad.reason
    assert odd == Question("3", "Who [31mis red?")
    (half,) = read(tmp_path / "q.jsonl", '"Who\\ud800?"')
    assert half == Question("1", "Who?")


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("q.doc", "Who?", "not a file of questions"),
        ("q.txt", " \n", "is empty"),
        ("q.csv", "a,b\n1,2\n", "none named question or query or text"),
    ],
)
def test_files_that_cannot_be_used_are_told(
    tmp_path: Path, name: str, body: str, told: str
) -> None:
    with pytest.raises(SourceError, match=told):
        read(tmp_path / name, body)
    with pytest.raises(SourceError, match="cannot be read"):
        list(read_questions(tmp_path / "none.txt"))
