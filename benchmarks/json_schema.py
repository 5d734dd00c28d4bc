"""Write docs/json.schema.json: the JSON Schema of what each command prints with ``--json``.

Made from the library's types, so that only a change of these changes it:
``python benchmarks/json_schema.py``. A test compares the file, and validates the commands' output.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rag.index import IndexInfo  # noqa: E402
from rag.models.store import ModelStatus  # noqa: E402
from rag.server.api.schemas import PassageReply  # noqa: E402
from rag.types import (  # noqa: E402
    Answer,
    Article,
    Claim,
    Digest,
    Finding,
    IngestReport,
    Passage,
    Summary,
)

PAGE = ROOT / "docs" / "json.schema.json"


@dataclass
class CheckedText:
    """The sentences of a text, each with its quotes."""

    claims: list[Claim]


@dataclass
class Examined:
    """What was found about each part, and the versions of Python, SQLite and the packages."""

    findings: list[Finding]
    versions: dict[str, str]


@dataclass
class BatchStatus:
    """How far a batch is; ``seconds_left`` is null while it is not known."""

    state: Literal["running", "paused", "stopped", "done"]
    items: int
    done: int
    failed: int
    running: int
    left: int
    workers: int
    seconds_left: float | None


COMMANDS: dict[str, Any] = {
    "ask": Answer,
    "search": list[Passage],
    "summarize": Summary,
    "digest": Digest,
    "check": CheckedText,
    "ingest": IngestReport,
    "articles list": list[Article],
    "articles show": Article,
    "articles edit": Article,
    "index info": IndexInfo,
    "models list": list[ModelStatus],
    "doctor": Examined,
    "batch status": BatchStatus,
    "eval": dict[str, Any],
}


def schema() -> dict[str, Any]:
    """Return one schema: ``$defs`` has one for each command, under its name, and the types."""
    made, shared = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(kind)) for name, kind in COMMANDS.items()],
        ref_template="#/$defs/{model}",
    )
    types = shared["$defs"]
    del types["Chunk"]  # passages are printed as the API sends them
    types["Passage"] = PassageReply.model_json_schema(mode="serialization")
    types["Answer"]["properties"]["refused"] = {"title": "Refused", "type": "boolean"}
    commands = {f"rag {name}".replace(" ", "-"): value for (name, _), value in made.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the commands of rag print with --json",
        "$defs": commands | {name: _exact(value) for name, value in sorted(types.items())},
    }


def _exact(kind: dict[str, Any]) -> dict[str, Any]:
    """Require every field that is listed, and allow no other."""
    return kind | {"required": list(kind["properties"]), "additionalProperties": False}


def text() -> str:
    """Return the schema with one definition a line."""
    made = schema()
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in made["$defs"].items()
    )
    head = json.dumps(made | {"$defs": {}}, indent=1)
    return head.removesuffix("{}\n}") + "{\n" + lines + "\n }\n}\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
