"""The command: what each does, how its errors are reported, and that data stays data."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from command_line import ROOT, Ended, Run, speaks
from typer.testing import CliRunner

import rag.library
from rag.cli import app, show
from rag.cli.show import plain
from rag.config import load
from rag.errors import GenerateError
from rag.llm.scripted import ScriptedGenerator
from rag.types import Message

BRIDGE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. The bridge cost 12 million euros and "
    "took three years to build. Engineers from Oslo inspected it twice."
)
FERRY = (
    "The last ferry across the Harrow left at noon on Monday. Captain Jonas Lind had steered it "
    "for 31 years. The town council has not decided what becomes of the boat."
)
OPENED = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday"
QUESTION = "Who opened the Harrow bridge?"
COMMANDS = (
    *(
        "ask",
        "chat",
        "search",
        "summarize",
        "demo",
        "ingest",
        "articles",
        "models",
        "index",
        "config",
    ),
    *(
        "articles list",
        "articles show",
        "articles edit",
        "articles delete",
        "models list",
        "models pull",
    ),
    *("digest", "check", "doctor", "backup", "restore"),
    *(
        "index info",
        "index rebuild",
        "config show",
        "config init",
        "eval",
        "ui",
        "users",
        "users add",
        "users list",
        "users remove",
    ),
    *("batch", "batch summarize", "batch ask", "batch status", "batch pause", "batch resume"),
    *("serve", "tokens", "tokens add", "tokens list", "tokens remove"),
)
GROUPS = ("articles", "batch", "models", "index", "config", "users", "tokens")


Say = Callable[..., ScriptedGenerator]


@pytest.fixture(autouse=True)
def _no_models(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no models on this machine."""
    monkeypatch.setenv("RAG_MODELS_DIR", str(place / "models"))


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Makes the commands use a generator that gives these replies, or one reply again and again."""

    def script(*replies: str) -> ScriptedGenerator:
        def again(_: Sequence[Message]) -> str:
            return replies[0]

        return speaks(monkeypatch, ScriptedGenerator(again if len(replies) == 1 else replies))

    return script


@pytest.fixture
def feed(place: Path) -> Path:
    """Two articles in a JSON Lines file."""
    return records(place / "feed.jsonl", BRIDGE, FERRY)


@pytest.fixture
def filled(run: Run, feed: Path) -> Path:
    """The same two in the default index."""
    assert run("ingest", str(feed)).code == 0
    return feed


def records(path: Path, *texts: str, **changes: str) -> Path:
    lines = []
    for number, text in enumerate(texts, start=1):
        title = f"Report {number}"
        record = {"id": str(number), "title": title, "text": text, "publisher": "Harrow Post"}
        lines.append(json.dumps(record | {"date": f"2024-05-{10 + number:02}"} | changes))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ids(run: Run) -> list[str]:
    return [article["id"] for article in json.loads(run("articles", "list", "--json").out)]


def one_line(ended: Ended) -> str:
    """The error of a command: one line, and nothing on standard output."""
    assert ended.code != 0
    assert ended.out == ""
    assert "Traceback" not in ended.err
    (line,) = ended.err.splitlines()
    assert line.startswith("rag: ")
    return line


# Help


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(flag: str) -> None:
    done = CliRunner().invoke(app, [flag])
    assert done.exit_code == 0
    assert done.output.startswith("Usage: ")


def test_every_command_and_option_says_what_it_does() -> None:
    for command in COMMANDS:
        text = CliRunner().invoke(app, [*command.split(), "--help"], terminal_width=200).output
        assert text.startswith("Usage: "), command
        assert "TYPE_CHECKING" not in text
        assert len(text.split("\n")[2].split()) >= 3, command
        options = re.findall(r"^  (-\S.*)$", text, re.M)
        assert options, command
        for line in options:
            assert re.search(r"\S  +\S", line) or len(line) > 30, f"{command}: {line}"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_screen_and_its_example_can_be_typed(command: str) -> None:
    arguments = [*command.split(), "--help"]
    lines = CliRunner().invoke(app, arguments, terminal_width=80).output.splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 80
    assert command or [line for line in lines if re.match(r"  \w+  +\w.*\.\.\.$", line)] == []
    narrow = CliRunner().invoke(app, arguments, terminal_width=60).output.splitlines()
    assert max(map(len, narrow)) <= 60
    text = re.sub(r"\s+", " ", " ".join(lines))
    example = re.search(r"Example: rag (.*?) (?:Arguments|Options|Commands):", text)
    found: Any = typer.main.get_command(app)
    if command in GROUPS:
        return  # its commands have examples
    assert example, command
    words = shlex.split(example[1])
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    found.make_context("rag", words)  # an unknown option or a missing argument raises


def test_the_shell_completes_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_RAG_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "rag in")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert run().out.split() == ["ingest", "index"]


def test_all_commands_are_tested_for_help() -> None:
    text = CliRunner().invoke(app, ["--help"]).output.partition("Commands:")[2]
    assert set(re.findall(r"^  (\w+)  ", text, re.M)) == {c for c in COMMANDS if " " not in c}


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_a_group_alone_shows_its_help(group: str) -> None:
    assert "Usage: " in CliRunner().invoke(app, group.split()).output


def test_version(run: Run) -> None:
    ended = run("--version")
    assert ended.code == 0
    assert ended.out.startswith("rag")


# Wrong use


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["sumarize"],
        ["ask"],
        ["ask", "x", "--bogus"],
        ["ask", "x", "--since", "tomorrow"],
        ["ask", "x", "--since", "2022-02-01", "--until", "2022-01-01"],
        ["ask", "x", "--k", "0"],
        ["ingest"],
        ["ingest", "x", "--map", "text"],
        ["summarize"],
        ["summarize", "x", "--query", "y"],
        ["summarize", "x", "--length", "endless"],
        ["articles", "list", "--limit", "0"],
        ["articles", "show"],
    ],
)
def test_wrong_use_is_reported_in_one_line_that_names_the_help(
    run: Run, arguments: list[str]
) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert re.search(r"[^.?][.?] See: rag( \w+)* --help$", one_line(ended))


def test_a_day_may_be_said_in_a_word(run: Run, filled: Path) -> None:
    today = date.today()
    records(filled, BRIDGE, date=str(today))
    records(Path("more.jsonl"), FERRY, date=str(today - timedelta(days=1)))
    assert run("ingest", str(filled), "more.jsonl", "--index", "now").code == 0
    listed = ("articles", "list", "--json", "--index", "now")
    assert len(json.loads(run(*listed, "--since", "yesterday").out)) == 2
    assert len(json.loads(run(*listed, "--since", "Today").out)) == 1
    said = one_line(run("articles", "list", "--since", "tomorrow"))
    assert "'tomorrow' is not a valid date. Use YYYY-MM-DD. Or say today or yesterday." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", QUESTION], "there is no index in indexes/demo"),
        (["ask", QUESTION, "--index", "mine"], "there is no index in indexes/mine"),
        (["ask", QUESTION, "--index", "./mine"], "there is no index in mine"),
        (["ask", QUESTION, "--index", "~nobody-at-all/x"], "no index in ~nobody-at-all/x"),
        (["ask", QUESTION, "--json"], "there is no index"),
        (["ask", ""], "the question is empty"),
        (["ask", " \n "], "the question is empty"),
        (["ask", "x" * 50_000], "50000 characters"),
        (["chat"], "there is no index"),
        (["summarize", "abcdef"], "there is no index"),
        (["summarize", "--query", "x"], "there is no index"),
        (["articles", "list"], "there is no index"),
        (["articles", "show", "abcdef"], "there is no index"),
        (["articles", "delete", "abcdef", "-y"], "there is no index"),
        (["index", "info"], "there is no index"),
        (["index", "rebuild"], "there is no index"),
        (["config", "show", "--set", "generator.thread=4"], "did you mean 'threads'"),
        (["config", "show", "--set", "generator"], "expected section.key=value"),
        (["config", "show", "--profile", "nope"], "there is no profile 'nope'"),
        (["config", "show", "--profile", "~nobody-at-all/x.toml"], "there is no profile"),
        (["models", "pull", "nope"], "nope"),
        (["ingest", "x.txt", "--set", "embedder.engine=magic"], "embedder.engine = 'magic'"),
    ],
)
def test_what_is_wrong_is_reported_in_one_line(run: Run, arguments: list[str], said: str) -> None:
    assert said in one_line(run(*arguments))
    assert not Path("indexes").exists()


def test_an_unknown_article_is_reported_in_one_line(run: Run, filled: Path) -> None:
    for command in (["show"], ["delete", "-y"]):
        line = one_line(run("articles", command[0], "zzzz", *command[1:]))
        assert "no article 'zzzz'" in line
    assert "no article 'zzzz'" in one_line(run("summarize", "zzzz"))


@pytest.mark.parametrize("named", ["absent.txt", "news/absent.txt", "."])
def test_a_mistyped_file_is_no_unknown_article_alone(run: Run, feed: Path, named: str) -> None:
    line = one_line(run("summarize", named))
    assert line.startswith(f"rag: there is no file {named!r}, and there is no index in ")
    assert run("ingest", str(feed)).code == 0
    line = one_line(run("summarize", named))
    assert line.startswith(f"rag: there is no file {named!r}, and the index indexes/demo has no ")
    assert f"no article {named!r}" in line


def test_a_missing_model_is_reported_in_one_line(run: Run, feed: Path) -> None:
    line = one_line(run("ingest", str(feed), "--set", "embedder.engine=sentence-transformers"))
    assert "rag models pull all-minilm-l6-v2" in line
    run("ingest", str(feed))
    assert "rag models pull qwen2.5" in one_line(run("ask", QUESTION))


def test_a_failing_engine_is_reported_in_one_line(
    run: Run, filled: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = say("x")

    def fail(*_: object, **__: object) -> Iterator[str]:
        raise GenerateError("the server\nfell over")

    monkeypatch.setattr(generator, "stream", fail)
    assert one_line(run("ask", QUESTION)) == "rag: the server fell over"
    assert one_line(run("ask", QUESTION, "--json")) == "rag: the server fell over"


def test_a_folder_that_cannot_be_made_is_reported_in_one_line(run: Run, feed: Path) -> None:
    Path("file").write_text("in the way", encoding="utf-8")
    assert "file/index" in one_line(run("ingest", str(feed), "--index", "file/index"))


def test_debug_shows_the_traceback(run: Run) -> None:
    with pytest.raises(rag.RagError):
        run("--debug", "ask", QUESTION)


# Ingest


def test_ingest_prints_a_line_per_status(run: Run, feed: Path) -> None:
    first = run("ingest", str(feed))
    assert first.code == 0
    assert re.search(r"^ +added: 2$", first.out, re.M)
    assert "failed" not in first.out
    assert first.err == ""
    copy = records(Path("copy.jsonl"), BRIDGE)
    records(feed, BRIDGE, FERRY.replace("31", "32"), f"{BRIDGE} It is red.")
    second = run("ingest", str(feed), str(copy), "absent.txt")
    assert second.code == 1
    lines = [line.strip() for line in second.out.splitlines()]
    counted = ["added: 1", "updated: 1", "unchanged: 1", "duplicate: 1", "failed: 1"]
    assert [line for line in lines if re.fullmatch(r"\w+: \d+", line)] == counted
    assert [line for line in lines if line.startswith("absent.txt")] != []
    (told,) = [line for line in lines if "copy.jsonl" in line]
    assert " has the same text as 'Report 1', file:" in told


def test_the_rate_of_an_ingest_counts_from_its_start(
    run: Run, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(show, "advance", lambda _, __, done, total: told.append((done, total)))
    assert run("ingest", str(feed)).code == 0
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_a_terminal_is_told_at_once_that_the_command_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for terminal, shown in ((True, "Loading ...\r\x1b[2K\r"), (False, "")):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        with show.starting():
            pass
        assert capsys.readouterr().err == shown


def test_what_fails_does_not_stop_the_rest(run: Run, feed: Path, place: Path) -> None:
    broken = place / "broken.jsonl"
    broken.write_text("{no json\n" + feed.read_text(encoding="utf-8"), encoding="utf-8")
    ended = run("ingest", "absent.txt", str(broken))
    assert ended.code == 1
    assert "added: 2" in ended.out
    assert "failed: 2" in ended.out
    assert "Traceback" not in ended.out + ended.err
    assert len(ids(run)) == 2


def test_a_column_that_holds_a_date_under_an_unknown_name_is_named_once(
    run: Run, place: Path
) -> None:
    rows = "".join(
        f"Bridge {n},{BRIDGE.replace(',', '')} {n},2024-05-1{n},17000{n}\n" for n in range(3)
    )
    (place / "table.csv").write_text(f"title,text,when,id\n{rows}")
    ended = run("ingest", "table.csv")
    assert ended.code == 0
    assert ended.out.count("its field 'when' holds one: --map published=when") == 1
    assert "(and 2 more like it)" in ended.out
    ended = run("ingest", "table.csv", "--map", "published=when", "--index", "mapped")
    assert "when" not in ended.out
    assert (
        len(
            json.loads(
                run("articles", "list", "--since", "2024-05-10", "--index", "mapped", "--json").out
            )
        )
        == 3
    )


def test_ingest_as_json(run: Run, feed: Path) -> None:
    ended = run("ingest", str(feed), "absent.txt", "--json")
    assert ended.code == 1
    report = json.loads(ended.out)
    assert [each["status"] for each in report["outcomes"]] == ["added", "added", "failed"]


def test_an_empty_folder_is_no_success(run: Run, place: Path) -> None:
    (place / "empty").mkdir()
    ended = run("ingest", "empty")
    assert ended.code == 1
    assert "no articles" in ended.out


def test_fields_may_be_mapped(run: Run, place: Path) -> None:
    (place / "odd.jsonl").write_text(json.dumps({"corpo": BRIDGE, "titolo": "Ponte"}))
    assert run("ingest", "odd.jsonl").code == 1
    assert run("ingest", "odd.jsonl", "--map", "text=corpo", "--map", "title=titolo").code == 0
    assert "Ponte" in run("articles", "list").out


def test_a_wrong_name_of_a_field_is_told_once(run: Run, place: Path) -> None:
    records(place / "many.jsonl", *[BRIDGE] * 9)
    assert "no field 'foo'" in one_line(run("ingest", "many.jsonl", "--map", "foo=bar"))


def test_what_standard_input_does_not_say_can_be_given(run: Run) -> None:
    given = ("--date", "2022-01-19", "--publisher", "Fenn Times")
    assert run("ingest", "-", *given, stdin=f"Bridge open\n\n{BRIDGE}").code == 0
    assert "2022-01-19  Fenn Times  " in run("articles", "list").out


def test_files_that_are_gone_can_be_pruned(run: Run, place: Path) -> None:
    (place / "news").mkdir()
    records(place / "news" / "feed.jsonl", BRIDGE, FERRY)
    (place / "news" / "a.txt").write_text(f"{BRIDGE} It is red.")
    assert run("ingest", "news").code == 0
    (place / "news" / "feed.jsonl").unlink()
    assert "deleted" not in run("ingest", "news").out
    pruned = run("ingest", "news", "--prune")
    assert re.findall(r"deleted: (Report \d)", pruned.out) == ["Report 2", "Report 1"]
    assert len(ids(run)) == 1


def test_the_index_is_a_name_or_a_folder(run: Run, feed: Path, place: Path) -> None:
    run("ingest", str(feed), "--index", "mine")
    run("ingest", str(feed), "--index", "deep/er")
    run("ingest", str(feed), "--set", "index.folder=else", "--set", "index.name=where")
    for folder in ("indexes/mine", "deep/er", "else/where"):
        assert (place / folder / "news.sqlite").is_file()
        assert run("index", "info", "--index", f"./{folder}").code == 0


# Articles


def test_articles_are_listed(run: Run, filled: Path) -> None:
    ended = run("articles", "list")
    newer, older = ended.out.splitlines()
    assert re.fullmatch(r"[0-9a-f]{16}  2024-05-12  Harrow Post  Report 2", newer)
    assert older.endswith("Report 1")
    assert ended.err == "2 articles\n"
    assert run("articles", "list", "bridge").out.splitlines() == [older]
    assert run("articles", "list", "--limit", "1").out.splitlines() == [newer]
    assert run("articles", "list", "--until", "2024-05-11").out.splitlines() == [older]
    assert run("articles", "list", "--publisher", "nobody").out == ""


def test_an_article_is_shown(run: Run, filled: Path) -> None:
    first = ids(run)[-1]
    shown = run("articles", "show", first[:6])
    assert "Report 1 (Harrow Post, Saturday 11 May 2024)" in shown.out
    assert BRIDGE in shown.out
    assert json.loads(run("articles", "show", first, "--json").out)["text"] == BRIDGE


def test_the_raw_source_is_shown(run: Run, filled: Path) -> None:
    assert json.loads(run("articles", "show", ids(run)[-1], "--raw").out)["text"] == BRIDGE


def test_an_article_is_edited(run: Run, filled: Path) -> None:
    first = ids(run)[0]
    edited = run("articles", "edit", first[:6], "--publisher", "North Quay", "--date", "19/01/2022")
    assert edited.out.endswith("(North Quay, Wednesday 19 January 2022)\n")
    for wrong, said in (([], "give --title"), (["--date", "soon"], "not a valid date")):
        ended = run("articles", "edit", first, *wrong)
        assert ended.code
        assert said in ended.err


def test_articles_are_deleted_when_that_is_confirmed(run: Run, filled: Path) -> None:
    first = ids(run)[0]
    refused = CliRunner().invoke(app, ["articles", "delete", first], input="n\n")
    assert refused.exit_code == 1
    assert "Delete 1 of 2 articles?" in refused.output
    assert len(ids(run)) == 2
    agreed = CliRunner().invoke(app, ["articles", "delete", first], input="y\n")
    assert agreed.exit_code == 0
    assert "1 deleted." in agreed.output
    ended = run("articles", "delete", *ids(run), "--yes")
    assert ended.code == 0
    assert ids(run) == []


# Answers and summaries


def test_an_answer(run: Run, filled: Path, say: Say) -> None:
    say(f"{OPENED} [1]. King Olaf wept.")
    ended = run("ask", QUESTION)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[:2] == ["Mayor Ida Fenn [1]", f"{OPENED}. [1] ⟦King Olaf wept⟧."]
    assert "⟦ ⟧ no quote supports these words." in lines
    assert any(line.startswith("Less sure: some words are unsupported") for line in lines)
    assert f"[1] “{OPENED}.”" in lines
    assert "    Report 1 (Harrow Post, Saturday 11 May 2024)" in lines
    assert "Sources shown" not in ended.out
    assert ended.err.startswith("scripted · ")


def test_the_sources_of_an_answer(run: Run, filled: Path, say: Say) -> None:
    say(f"{OPENED} [1].")
    ended = run("ask", QUESTION, "--show-sources", "--k", "1")
    shown = ended.out.partition("Sources shown to the model:")[2]
    assert BRIDGE in shown
    assert "[2]" not in shown


def test_a_refusal_is_a_result(run: Run, filled: Path, say: Say) -> None:
    say("NOT IN THE ARTICLES")
    ended = run("ask", "Who painted the Harrow bridge?")
    assert ended.code == 0
    assert ended.out.startswith(
        f"Not in the articles.\nClosest sentences:\n  “{OPENED}.”\n    Report 1 ("
    )
    assert "Unsupported" not in ended.out


def test_the_draft_is_printed_below_a_refusal(run: Run, filled: Path, say: Say) -> None:
    say("King Olaf wept. [1]")
    ended = run("ask", QUESTION, "--draft", "--set", "answer.maybe=1", "--set", "answer.sure=1")
    assert ended.out.startswith("Not in the articles.\n")
    assert "Unsupported: King Olaf wept.\n" in ended.out


def test_a_search_for_what_no_article_says_tells_so(run: Run, filled: Path) -> None:
    told = "No article contains any of these words."
    assert told in run("search", "xqzvorp blimfark").err
    for query in ("ferry", "Ferries of Olaf", "bridge xqzvorp"):
        assert told not in run("search", query).err


def test_a_settings_file_of_ones_own_has_every_setting_as_a_comment(run: Run, place: Path) -> None:
    assert run("config", "init", "mine.toml").code == 0
    text = Path("mine.toml").read_text()
    default = (ROOT / "configs" / "default.toml").read_text()
    for line in default.splitlines()[2:]:
        assert line in text
    assert run("config", "show", "--profile", "mine.toml").out == run("config", "show").out
    Path("mine.toml").write_text(text.replace("# short = 2", "short = 1"))
    assert "short = 1\n" in run("config", "show", "--profile", "mine.toml").out
    assert "mine.toml exists" in one_line(run("config", "init", "mine.toml"))


@pytest.mark.parametrize("quiet", [True, False])
def test_colours_are_legible_on_light_and_dark_and_can_be_switched_off(
    run: Run, filled: Path, say: Say, monkeypatch: pytest.MonkeyPatch, quiet: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1" if quiet else "")
    show.console.cache_clear()
    say("King Olaf wept. [1]")
    ended = run("ask", QUESTION, "--set", "answer.maybe=1", "--set", "answer.sure=1")
    show.console.cache_clear()
    colours = set(re.findall(r"\x1b\[(?:\d+;)*([349]\d)m", ended.out))
    assert colours == (set() if quiet else {"35"})
    styles = "".join(path.read_text() for path in (ROOT / "rag" / "cli").glob("*.py"))
    assert not re.search(r'"(?:bold )?(?:yellow|cyan|white|black|blue)"', styles)


def test_a_table_loses_nothing_at_60_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    show.console.cache_clear()
    cells = {"state": "running", "done": "12,345", "failed": "1", "workers": "4"}
    cells |= {"rate": "1,000 an hour", "address": "https://example.org/a/long/one"}
    show.print_table(dict.fromkeys(cells, "right"), [cells.values()])
    show.console.cache_clear()
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert "…" not in out


def test_an_answer_as_json(run: Run, filled: Path, say: Say) -> None:
    say(f"{OPENED} [1].")
    ended = run("ask", QUESTION, "--json", "--since", "2024-05-01", "--publisher", "Harrow Post")
    assert ended.err == ""
    answer = json.loads(ended.out)
    assert answer["text"] == f"{OPENED}. [1]"
    assert answer["citations"][0]["quote"] == f"{OPENED}."
    assert (answer["status"], answer["refused"]) == ("answered", False)
    assert answer["short"] == "Mayor Ida Fenn"


def test_a_filter_that_admits_nothing_is_no_refusal(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.library.News, "warm", lambda _: pytest.fail("a model is loaded"))
    monkeypatch.setattr(rag.library.News, "check", lambda *_: None)  # there are no models here
    for command in (["ask", QUESTION], ["search", "bridge"], ["digest"], ["articles", "list"]):
        wrong = run(*command, "--publisher", "harow post", "--publisher", "Harrow Post")
        assert wrong.code == 3
        line = one_line(wrong)
        assert line.endswith("is from 'harow post'. Known publishers: Harrow Post.")
        for option in (("--since", "2090-01-01"), ("--as-of", "2020-01-01")):
            assert run(*command, *option).code == 3


def test_articles_are_searched(run: Run, filled: Path) -> None:
    found = run("search", "Who steered the ferry?", "--limit", "1")
    assert (found.code, found.err) == (0, "")
    assert found.out == f"[1] Report 2 (Harrow Post, Sunday 12 May 2024)\n    {FERRY}\n"
    (passage,) = json.loads(run("search", "ferry", "--limit", "1", "--json").out)
    assert passage["text"] == FERRY
    earlier = json.loads(run("search", "ferry", "--as-of", "2024-05-11", "--json").out)
    assert [passage["title"] for passage in earlier] == ["Report 1"]


def test_articles_about_a_query_are_listed(run: Run, filled: Path) -> None:
    listed = json.loads(run("articles", "list", "--query", "ferry", "--json").out)
    assert [article["title"] for article in listed] == ["Report 2"]
    assert "not both" in one_line(run("articles", "list", "Report", "--query", "ferry"))


def test_filters_reach_the_search(run: Run, filled: Path, say: Say) -> None:
    generator = say(f"{OPENED} [1].")
    for options in ([], ["--json"]):
        line = one_line(run("ask", QUESTION, "--since", "2025-01-01", *options))
        assert "none of the 2 articles matches these dates and publishers" in line
    assert generator.history == []
    assert json.loads(run("ask", QUESTION, "--json", "--until", "2024-05-11").out)["short"]
    assert FERRY not in str(generator.history)


def test_a_chat(run: Run, filled: Path, say: Say) -> None:
    generator = say(f"{OPENED} [1].")
    typed = f"{QUESTION}\n\nAnd when?\n/sources\n/new\n{QUESTION}\n{'x' * 5000}\n/quit\nnever\n"
    done = CliRunner().invoke(app, ["chat"], input=typed)
    assert done.exit_code == 0
    assert done.stdout.startswith("2 articles in indexes/demo.")
    assert done.stdout.count(f"{OPENED}. [1]") == 3
    assert "Sources shown to the model:" in done.stdout
    assert "5000 characters" in done.stderr
    # The follow-up has the turn before it, and /new forgets both.
    first, following, afresh = generator.history
    assert following[: len(first)] == first
    assert len(following) == len(first) + 2
    assert afresh == first


def test_a_chat_answers_commands_itself(run: Run, filled: Path, say: Say) -> None:
    generator = say(f"{OPENED} [1].")
    done = CliRunner().invoke(app, ["chat"], input="/help\n/soruces now\n/quit\n")
    helped, mistyped = done.stderr.splitlines()
    assert helped.startswith("Commands: /new ")
    assert mistyped == f"There is no command /soruces. {helped}"
    assert generator.history == []


def test_a_chat_goes_on_after_the_engine_failed(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Sequence[Message]]()

    def reply(messages: Sequence[Message]) -> str:
        asked.append(messages)
        if "And when?" in messages[-1].content:
            raise GenerateError("the [bold]server[/bold]\n\x1b[31mfell over")
        return f"{OPENED} [1]."

    speaks(monkeypatch, ScriptedGenerator(reply))
    typed = f"{QUESTION}\nAnd when?\nAnd why?\n/quit\n"
    done = CliRunner().invoke(app, ["chat"], input=typed)
    assert done.exit_code == 0
    assert done.stdout.count(f"{OPENED}. [1]") == 2
    assert "the [bold]server[/bold] [31mfell over\n" in done.stderr
    # What failed is no turn of the conversation.
    *_, chat = (each for each in asked if len(each) > 1)  # not the question about quotes alone
    assert "And why?" in chat[-1].content
    assert len(chat) == len(asked[0]) + 2
    assert "And when?" not in str(chat)


def test_a_chat_ends_with_its_input(run: Run, filled: Path, say: Say) -> None:
    say("x")
    assert CliRunner().invoke(app, ["chat"], input="").exit_code == 0
    assert CliRunner().invoke(app, ["chat"], input="/sources\n").exit_code == 0


def test_summaries(run: Run, filled: Path, say: Say, place: Path) -> None:
    say(f"{OPENED}. King Olaf wept.")
    for subject in ([ids(run)[-1]], ["--query", "bridge"], [str(records(Path("a.jsonl"), BRIDGE))]):
        ended = run("summarize", *subject, "--length", "short")
        assert ended.code == 0
        assert ended.out.startswith(f"{OPENED}. [1]")
        assert f"[1] “{OPENED}.”" in ended.out
        assert "Olaf" not in ended.out
        assert json.loads(run("summarize", *subject, "--length", "short", "--json").out)["claims"]


def test_a_file_is_summarised_without_an_index(run: Run, say: Say, place: Path) -> None:
    say(f"{OPENED}.")
    assert run("summarize", str(records(place / "one.jsonl", BRIDGE))).code == 0
    assert not (place / "indexes").exists()
    line = one_line(run("summarize", str(records(place / "two.jsonl", BRIDGE, FERRY))))
    assert "several articles" in line


def test_the_demo(run: Run, say: Say) -> None:
    say("NOT IN THE ARTICLES")
    ended = run("demo")
    assert ended.code == 0
    assert re.search(r"Sample news in indexes/demo: \d+ articles, \d+ new\.", ended.out)
    assert ended.out.count("Q: ") == 2
    assert "Summary of: " in ended.out
    assert ", 0 new." in run("demo").out


# Looking after it


def test_index_info_and_rebuild(run: Run, filled: Path) -> None:
    shown = run("index", "info").out
    for part in (
        "articles: 2",
        "publishers: Harrow Post (2)",
        "days: 2024-05-11 to 2024-05-12",
        "embedder: hash-256",
        "integrity: ok",
    ):
        assert part in shown
    assert json.loads(run("index", "info", "--json").out)["articles"] == 2
    assert run("index", "rebuild").out == "2 vectors built.\n"
    assert run("index", "rebuild", "--embed").out == "2 vectors built.\n"
    assert len(ids(run)) == 2


def test_the_settings_are_shown_as_toml(run: Run) -> None:
    ended = run("config", "show", "--profile", "tiny", "--set", "answer.max_tokens=9")
    shown = tomllib.loads(ended.out)
    changes = ("answer.max_tokens=9", "embedder.engine=hash")
    assert shown == load("tiny", overrides=changes, environment={}).model_dump()


def test_secrets_are_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_GENERATOR_API_KEY", "very-secret")
    ended = run("config", "show")
    assert "very-secret" not in ended.out + ended.err
    assert tomllib.loads(ended.out)["generator"]["api_key"] == "***"


def test_models_are_listed(run: Run, place: Path) -> None:
    ended = run("models", "list")
    assert ended.code == 0
    assert len(ended.out.splitlines()) == len(json.loads(run("models", "list", "--json").out))
    assert all(line.endswith("not downloaded") for line in ended.out.splitlines())
    assert str(place / "models") in ended.err


def test_nothing_to_pull_where_no_model_is_needed(run: Run) -> None:
    assert (
        run("models", "pull", "--set", "generator.engine=openai", "--set", "check.parser=").code
        == 0
    )


# Data stays data

HOSTILE = "[bold]Big[/bold] [/red] :fire: \x1b[31mRED\x1b[0m \x9b31m \x07\u202eevil [link=http://x]"


def test_markup_and_escapes_of_articles_are_shown_as_data(run: Run, say: Say, place: Path) -> None:
    text = f"The mayor of Harrow wrote {HOSTILE} on the wall of the town hall on Tuesday."
    records(place / "bad.jsonl", text, title=HOSTILE, publisher=HOSTILE, author=HOSTILE,
            url="https://example.org/\x1b[31m[bold]")  # fmt: skip
    say("The mayor of Harrow wrote [bold]Big[/bold] \x1b[31mRED\x1b[0m on the wall [1].")
    ran = [
        run("ingest", "bad.jsonl", "\x1b[31m[bold]absent.txt"),
        run("articles", "list"),
        run("articles", "show", ids(run)[0]),
        run("index", "info"),
        run("ask", "What did the mayor of Harrow write?", "--show-sources"),
        run("summarize", ids(run)[0]),
        run("articles", "delete", ids(run)[0], "-y"),
    ]
    shown = "".join(ended.out + ended.err for ended in ran)
    for letter in "\x1b\x9b\x07\u202e":
        assert letter not in shown
    for kept in ("[bold]Big[/bold]", "[/red]", ":fire:", "[link=http://x]"):
        # The index's publishers are in `index info`; this record's is known by its host alone.
        assert all(kept in ran[place].out for place in (1, 2, 4, 5)), kept
    assert [ended.code for ended in ran] == [1, 0, 0, 0, 0, 0, 0]


def test_markup_in_names_of_indexes(run: Run, feed: Path) -> None:
    assert run("ingest", str(feed), "--index", "[bold] [x").code == 0
    done = CliRunner().invoke(app, ["chat", "--index", "[bold] [x"], input="/quit\n")
    assert done.exit_code == 0
    assert "indexes/[bold] [x." in done.stdout


def test_escapes_in_errors(run: Run, filled: Path) -> None:
    for arguments in (
        ["articles", "show", "\x1b[31mx"],
        ["ask", "x", "--index", "\x1b[31mx"],
        ["config", "show", "--profile", "\x1b[31mx"],
        ["config", "show", "--set", "a\x1b[31m"],
        ["summarize", "\x1b[31mx\ny"],
    ):
        assert "\x1b" not in one_line(run(*arguments))


def test_plain_keeps_lines_and_letters() -> None:
    assert plain("a\n\tb é 新 😀 [x]") == "a\n\tb é 新 😀 [x]"
    assert plain("\x1b]0;title\x07\r\u2066") == "]0;title"


# Where output goes, and how a command ends


def test_a_terminal_without_the_letters_shows_escapes(
    run: Run, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records(feed, BRIDGE, title="Ça « 新 »")
    assert run("ingest", str(feed)).code == 0
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    assert run("articles", "list").code == 0
    screen.seek(0)
    assert "\\u65b0" in screen.read()


def test_a_file_name_that_is_no_text(run: Run) -> None:
    ended = run("ingest", os.fsdecode(b"absent-\xff.txt"))
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "failed: 1" in ended.out


def test_an_interrupt_is_reported_in_one_line(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rag.library.News, "articles", interrupted)
    ended = run("articles", "list")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.splitlines()[-1] == "rag: stopped."


@pytest.mark.slow
def test_an_interrupt_of_a_real_process_is_told_at_once() -> None:
    reading = subprocess.Popen(
        [sys.executable, "-m", "rag", "ingest", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    index = Path("indexes/demo/lock.json")
    deadline = time.monotonic() + 30
    while not index.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    reading.send_signal(signal.SIGINT)
    out, err = reading.communicate(timeout=30)
    assert reading.returncode == 130
    assert out == ""
    told, end = err.splitlines()
    assert told.startswith("Storing what has been read")
    assert end == "rag: stopped."


@pytest.mark.slow
def test_output_of_a_real_process_into_a_closed_pipe(filled: Path) -> None:
    rag_command = f'"{sys.executable}" -m rag'
    commands = ("articles list", "articles list --json", "config show")
    done = subprocess.run(
        ["sh", "-c", "; ".join(f"{rag_command} {command} | true" for command in commands)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr.replace("2 articles\n", "") == ""
