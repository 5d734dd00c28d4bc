"""``rag digest``: stories on the screen, in a file, as JSON; and every wrong option named before any work."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import Run

import rag.library
from rag.llm.scripted import ScriptedGenerator

FERRY = "The council of Harrow voted on Monday to close the old ferry to Pengarth. Mayor Ida Fenn was glad."
FERRY_TOO = "Captain Jonas Lind of Harrow has steered the old ferry to Pengarth for 31 years. He will retire."
ESCAPES = "\x1b[31m[bold]"


@pytest.fixture(autouse=True)
def _index(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of two papers on one subject, and a model that writes only what has no support."""
    generator = ScriptedGenerator(lambda _: "King Olaf wept.")
    monkeypatch.setattr(rag.library.resources, "build_generator", lambda _: generator)
    lines = [
        {
            "title": f"Bye {ESCAPES}",
            "text": FERRY,
            "publisher": "Harrow Post",
            "date": "2024-05-13",
        },
        {"title": "Bye ferry", "text": FERRY_TOO, "publisher": "Times", "date": "2024-05-14"},
    ]
    for number, line in enumerate(lines):
        line["url"] = f"https://example.org/{number}"
    (place / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with rag.open("indexes/demo", generator=generator) as news:
        assert news.ingest(["a.jsonl"]).count("added") == 2


def test_a_digest_on_the_screen(run: Run) -> None:
    ended = run("digest", "--query", "old ferry Pengarth", "--length", "short")
    assert ended.code == 0
    assert "[1]" in ended.out
    assert "[2] Bye ferry (Times, Tuesday 14 May 2024)" in ended.out
    assert "What changed" in ended.out
    assert "2024-05-13  The council of Harrow voted" in ended.out
    assert ended.out.rstrip().endswith("2 articles: 1 story.")
    assert "Olaf" not in ended.out
    assert "\x1b" not in ended.out


def test_a_digest_of_all_needs_no_query(run: Run) -> None:
    assert "2 articles: 1 story." in run("digest").out
    assert "1 article: 1 story." in run("digest", "--since", "2024-05-14").out
    assert "1 article: 1 story." in run("digest", "--publisher", "times").out


def test_articles_that_are_left_out_are_counted(run: Run) -> None:
    ended = run("digest", "--set", "digest.articles=1")
    assert ended.out.rstrip().endswith("The newest 1 of 2 articles: 1 story.")
    assert json.loads(run("digest", "--set", "digest.articles=1", "--json").out)["matching"] == 2


def test_json(run: Run) -> None:
    found = json.loads(run("digest", "--json").out)
    (story,) = found["stories"]
    assert story["headline"]["status"] == "supported"
    assert [source["number"] for source in story["sources"]] == [1, 2]
    assert {quote["article_id"] for claim in story["claims"] for quote in claim["citations"]} == {
        source["article_id"] for source in story["sources"]
    }
    assert "text" not in story["sources"][0]


@pytest.mark.parametrize("name", ["digest.md", "digest.json", "DIGEST.MD"])
def test_a_file(run: Run, place: Path, name: str) -> None:
    ended = run("digest", "--out", name)
    assert (ended.code, ended.out) == (0, "")
    text = (place / name).read_text("utf-8")
    if name.endswith(".json"):
        assert json.loads(text)["articles"] == 2
    else:
        assert text.startswith("# Digest\n")
        assert "**Sources**" in text
    assert not list(place.glob(".*"))


def test_a_digest_of_nothing_says_so(run: Run, place: Path) -> None:
    zeppelin = ("digest", "--query", "zeppelin over Lindenau")
    ended = run(*zeppelin)
    assert (ended.code, ended.out.strip()) == (0, "No articles match.")
    assert "No articles match." in run(*zeppelin, "--out", "none.md").out
    assert "No articles match." in (place / "none.md").read_text("utf-8")
    assert json.loads(run(*zeppelin, "--json").out)["stories"] == []
    assert run("digest", "--since", "2030-01-01", "--out", "never.md").code == 3
    assert not (place / "never.md").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--out", "digest.txt"], "must end in .md or .json"),
        (["--out", "digest"], "must end in .md or .json"),
        (["--out", "nowhere/digest.md"], "there is no folder nowhere"),
        (["--stories", "0"], "greater than or equal to 1"),
        (["--length", "endless"], "endless"),
        (["--since", "tomorrow"], "tomorrow"),
    ],
)
def test_a_wrong_option_is_reported_at_once(run: Run, arguments: list[str], told: str) -> None:
    ended = run("digest", *arguments)
    assert ended.code == 2
    assert told in ended.error


def test_a_folder_of_that_name_is_not_written_over(run: Run, place: Path) -> None:
    (place / "digest.md").mkdir()
    assert "cannot be written" in " ".join(run("digest", "--out", "digest.md").err.split())


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_digest_is_not_lost_if_its_folder_has_gone_meanwhile(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    (place / "later").mkdir()

    def vanished(_: object) -> str:
        shutil.rmtree(place / "later", ignore_errors=True)
        return "King Olaf wept."

    monkeypatch.setattr(
        rag.library.resources, "build_generator", lambda _: ScriptedGenerator(vanished)
    )
    ended = run("digest", "--out", "later/digest.md", *options)
    assert ended.code == 1
    assert "\x1b" not in ended.out
    if options:
        assert json.loads(ended.out)["articles"] == 2
    else:
        assert ended.out.startswith("# Digest\n")
        assert ended.out.count("**Sources**") == 1
    last = ended.err.strip().splitlines()[-1]
    assert last.startswith(
        "rag: --out later/digest.md cannot be written: No such file or directory."
    )
    assert "standard output" in last


@pytest.mark.parametrize("command", ["digest", "ask", "chat", "summarize", "articles", "batch"])
def test_days_the_wrong_way_round_are_reported(run: Run, command: str) -> None:
    (Path("q.txt")).write_text("Who?\n", "utf-8")
    arguments = {
        "digest": ["digest"],
        "ask": ["ask", "Who voted?"],
        "chat": ["chat"],
        "summarize": ["summarize", "--query", "ferry"],
        "articles": ["articles", "list"],
        "batch": ["batch", "ask", "q.txt", "--out", "a.jsonl"],
    }[command]
    ended = run(*arguments, "--since", "2024-05-14", "--until", "2024-05-13")
    assert ended.code == 2
    told = ended.error
    assert "since 2024-05-14 is after until 2024-05-13. Swap them." in told


def test_a_missing_index_is_reported(run: Run) -> None:
    ended = run("digest", "--index", "other")
    assert ended.code == 1
    assert "there is no index in indexes/other" in " ".join(ended.err.split())
