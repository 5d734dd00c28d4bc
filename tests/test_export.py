"""Answers as JSON: every field, nothing that JSON does not know, and offsets that hold."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from rag.cite import citation
from rag.export import as_json
from rag.types import Answer, Article, Chunk, Claim, Passage, Summary, Timing

TEXT = "Zoë opened the “bridge”.\n\nIt rained."
ARTICLE = Article(
    "a1", "https://a.example/1", "Über T", TEXT, "Écho", ("Ann",), date(2022, 1, 9), "en",
    datetime(2022, 1, 10, 8, tzinfo=UTC),
)  # fmt: skip
PASSAGE = Passage(1, Chunk("a1:1", "a1", 1, 26, 36, "It rained."), ARTICLE, 0.123456789)
QUOTE = citation(PASSAGE, 3, 9)


def made(score: float = 0.5) -> Answer:
    passage = Passage(1, PASSAGE.chunk, ARTICLE, score)
    claim = Claim("It rained.", (QUOTE,), True)
    return Answer(
        "Q?", "It rained. [1]", (claim,), (QUOTE,), (passage,), False, 2 / 3, "m", Timing()
    )


def test_an_answer_keeps_the_names_and_order_of_its_fields() -> None:
    read = json.loads(as_json(made()))
    assert list(read) == list(Answer.__slots__)
    assert read["claims"][0]["citations"] == read["citations"]
    assert read["confidence"] == 0.6667
    (cited,) = read["citations"]
    assert TEXT[cited["start"] : cited["end"]] == cited["quote"] == "rained"
    assert cited["published"] == "2022-01-09"


def test_a_passage_says_where_it_stands_instead_of_the_whole_article() -> None:
    (passage,) = json.loads(as_json((PASSAGE,)))
    assert TEXT[passage["start"] : passage["end"]] == passage["text"]
    assert passage["score"] == 0.123457
    assert "Zoë" not in json.dumps(passage, ensure_ascii=False)


def test_letters_stay_letters_and_times_are_iso() -> None:
    text = as_json(ARTICLE, indent=None)
    assert "Écho" in text
    assert "\n" not in text
    assert json.loads(text)["fetched"] == "2022-01-10T08:00:00+00:00"
    assert json.loads(text)["authors"] == ["Ann"]


def test_plain_values_and_summaries() -> None:
    summary = Summary(("a1",), "", (), (), "m", Timing(retrieve=1.23456))
    assert json.loads(as_json(summary))["timing"]["retrieve"] == 1.2346
    assert json.loads(as_json({1: Path("a"), "b": (True, None, 2)})) == {
        "1": "a",
        "b": [True, None, 2],
    }


def test_what_json_does_not_know_is_null() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = as_json(made(float("nan")))
    assert json.loads(text, parse_constant=refuse)["passages"][0]["score"] is None
    assert json.loads(as_json([float("inf")]), parse_constant=refuse) == [None]
