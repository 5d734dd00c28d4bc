"""``--json``: what every command prints follows docs/json.schema.json; and the exit codes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import jsonschema_rs  # installed with schemathesis
import pytest
import typer
from command_line import ROOT, Run, speaks

from benchmarks import json_schema
from rag.check import Parser
from rag.cli import app
from rag.llm.scripted import ScriptedGenerator

OPENED = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday."
FERRY = "Captain Jonas Lind of Harrow has steered the old ferry for 31 years. He will retire."
SCHEMA = json.loads(json_schema.PAGE.read_text(encoding="utf-8"))
EXAMPLES = {
    "ingest": "news.jsonl --index mine",
    "ask": "Who?",
    "search": "ferry",
    "summarize": "news.txt",
    "digest": "",
    "check": "news.txt",
    "articles list": "",
    "articles show": "ID",
    "articles edit": "ID --title Reopened",
    "index info": "",
    "models list": "",
    "doctor": "",
    "batch status": "rows.csv",
}


@pytest.fixture(autouse=True)
def _news(run: Run, parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    speaks(monkeypatch, ScriptedGenerator(lambda _: OPENED))
    Path("news.txt").write_text(f"{OPENED}\n")
    rows = ({"title": text[:20], "text": text, "date": "2024-05-11"} for text in (OPENED, FERRY))
    Path("news.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run("ingest", "news.jsonl").code == 0
    assert run("batch", "summarize", "news.txt", "--out", "rows.csv").code == 0


def test_the_file_is_what_the_types_say() -> None:
    assert json_schema.PAGE.read_text(encoding="utf-8") == json_schema.text()


def validator(command: str) -> Any:
    name = f"rag {command}".replace(" ", "-")
    return jsonschema_rs.validator_for(SCHEMA | {"$ref": f"#/$defs/{name}"})


@pytest.mark.parametrize("command", EXAMPLES)
def test_output_follows_the_schema(run: Run, command: str) -> None:
    first = json.loads(run("articles", "list", "--json").out)[0]["id"]
    words = [{"ID": first}.get(word, word) for word in EXAMPLES[command].split()]
    printed = json.loads(run(*command.split(), *words, "--json").out)
    assert printed
    validator(command).validate(printed)
    broken = [{}] if isinstance(printed, list) else {**printed, "other": 1}
    assert not validator(command).is_valid(broken)


def test_every_command_with_json_has_a_schema() -> None:
    def found(command: Any, path: str = "") -> list[str]:
        if hasattr(command, "commands"):
            return [
                name
                for key, each in command.commands.items()
                for name in found(each, f"{path} {key}")
            ]
        options = [option for each in command.params for option in each.opts]
        return [path.strip()] if "--json" in options else []

    named = found(cast(Any, typer.main.get_command(app)))
    assert set(named) == {*EXAMPLES, "eval"} == set(json_schema.COMMANDS)


def test_the_exit_codes_are_those_of_the_documents(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> str:
        raise KeyboardInterrupt

    seen = {
        "0": run("articles", "list").code,
        "1": run("articles", "show", "ffff").code,
        "2": run("ask").code,
        "3": run("search", "ferry", "--since", "2030-01-01").code,
    }
    speaks(monkeypatch, ScriptedGenerator(interrupted))
    seen["130"] = run("summarize", "news.txt").code
    piped = f"{sys.executable} -m rag articles show $0 | true; exit ${{PIPESTATUS[0]}}"
    first = json.loads(run("articles", "list", "--json").out)[0]["id"]
    seen["141"] = subprocess.run(["bash", "-c", piped, first], check=False).returncode
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", page, re.M) == list(seen)
    assert {code: str(found) for code, found in seen.items()} == {code: code for code in seen}
