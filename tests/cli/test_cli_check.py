"""`rag check`: a text checked against an index, against files, or each against its own source."""

import json
from pathlib import Path

import pytest
from command_line import Run

from rag.check import Parser

TRUE = "Mayor Ida Fenn opened the new Harrow bridge."
FALSE = "The Zorlon parliament outlawed 19 kinds of teapot."
SOURCE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. The bridge cost 12 million euros and"
    " took three years to build. Engineers from Oslo inspected it twice.\n"
)


@pytest.fixture(autouse=True)
def _texts(parser: Parser, place: Path) -> None:
    """A draft and a source, in a folder of its own."""
    Path("draft.txt").write_text(f"{TRUE} {FALSE}\n")
    Path("source.txt").write_text(SOURCE)


def test_a_draft_is_checked_against_an_index(run: Run) -> None:
    assert run("ingest", "source.txt", "--index", "mine").code == 0
    ended = run("check", "draft.txt", "--index", "mine")
    assert ended.code == 0
    assert f"[supported] {TRUE}\n    “Mayor Ida Fenn opened" in ended.out
    assert "[unsupported] " in ended.out
    assert "⟦Zorlon" in ended.out
    assert "2 sentences: 1 supported, 0 partly, 1 unsupported." in ended.out
    assert run("check", "draft.txt", "--index", "mine", "--fail").code == 1
    assert run("check", "-", "--index", "mine", "--fail", stdin=TRUE).code == 0


def test_json_has_the_offsets_of_every_quote_and_needs_no_index(run: Run) -> None:
    ended = run("check", "draft.txt", "--source", "source.txt", "--json")
    assert ended.code == 0
    good, bad = json.loads(ended.out)["claims"]
    assert (good["text"], good["status"], good["unbacked"]) == (TRUE, "supported", [])
    quote = good["citations"][0]
    assert quote["quote"] == SOURCE[quote["start"] : quote["end"]]
    assert {"quote", "start", "end", "title"} <= quote.keys()
    assert (bad["status"], bad["citations"]) == ("unsupported", [])


def test_each_text_of_a_file_is_checked_against_its_own_source(run: Run) -> None:
    source = {"title": "Bridge opened", "text": SOURCE, "published": "2024-05-11"}
    rows = [
        {"id": "a", "text": TRUE, "source": source},
        {"id": 2, "text": TRUE, "source": "A cheese from Pengarth won the gold medal."},
        {"id": "c", "text": "...", "source": SOURCE},
    ]
    Path("set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ended = run("check", "set.jsonl")
    a, b, c = map(json.loads, ended.out.splitlines())
    assert [each["id"] for each in (a, b, c)] == ["a", 2, "c"]
    assert a["claims"][0]["status"] == "supported"
    assert a["claims"][0]["citations"][0]["published"] == "2024-05-11"
    assert b["claims"][0]["status"] == "unsupported"
    assert "no sentence" in c["error"]
    assert ended.code == 1  # one text could not be checked


def test_a_bad_row_is_named_before_any_text_is_checked(run: Run) -> None:
    good = json.dumps({"id": 1, "text": TRUE, "source": SOURCE})
    for bad in ('{"id": 1, "text": "x"}', "[1]", "{torn", '{"id": 1, "text": 2, "source": "x"}'):
        Path("set.jsonl").write_text(f"{good}\n{bad}\n")
        ended = run("check", "set.jsonl")
        assert (ended.code, ended.out) == (1, "")
        assert "set.jsonl, line 2: expected" in ended.err


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (["-", "--source", "source.txt"], "… !", "no sentence"),
        (["-", "--source", "source.txt"], "word " * 100_000, "at most 200,000 are checked"),
        (["-", "--source", "source.txt"], "Oh no. " * 501, "at most 500 are checked"),
        (["-", "--source", "none.txt"], TRUE, "none.txt"),
        (["none.txt", "--source", "source.txt"], "", "none.txt cannot be read"),
        (["-", "--index", "mine", "--since", "2040-01-01"], TRUE, "none of the 1 articles"),
        (["-", "--index", "empty"], TRUE, "there is no index"),
        (
            ["-", "--index", "mine", "--source", "source.txt"],
            TRUE,
            "cannot be combined with --source",
        ),
    ],
)
def test_what_cannot_be_checked_is_an_error_and_never_unsupported(
    run: Run, arguments: list[str], text: str, said: str
) -> None:
    run("ingest", "source.txt", "--index", "mine")
    ended = run("check", *arguments, stdin=text)
    assert ended.code != 0
    assert ended.out == ""
    assert said in ended.error


def test_what_a_terminal_obeys_does_not_reach_it(run: Run) -> None:
    ended = run(
        "check", "-", "--source", "source.txt", stdin="\x1b[2JMayor Ida Fenn opened\u202e it."
    )
    assert ended.code == 0
    assert "Ida Fenn opened it." in ended.out
    assert not set(ended.out) & set("\x1b\u202e")
