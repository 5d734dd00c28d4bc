"""The `rag` command, watched: ``watched_rag.py ENGINE LOG ARGUMENTS...``.

ENGINE is ``real`` for the one of the settings, or the seconds that an item takes a scripted one.
What is begun is noted in LOG, a line each. The whole output file is written slowly, so that a kill
may hit the writing too.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import rag.cli.work
import rag.library
import rag.library.row_file
from rag.cli import main
from rag.config import Settings
from rag.export import write_rows
from rag.export.rows import Row
from rag.library.components import build_generator
from rag.llm import Generator
from rag.llm.scripted import ScriptedGenerator
from rag.types import Message


def note(log: str, messages: Sequence[Message]) -> None:
    """Add the title of the article in the prompt to the log, in one write."""
    title = messages[-1].content.split("\n", 1)[0].removeprefix("<article> ")
    with Path(log).open("ab", buffering=0) as file:
        file.write(f"{os.getpid()} {title}\n".encode())


def play(seconds: float, log: str) -> ScriptedGenerator:
    """An engine that copies the first sentence of the article that it is shown."""

    def reply(messages: Sequence[Message]) -> str:
        note(log, messages)
        time.sleep(seconds)
        return messages[-1].content.split("\n", 1)[1].split(".")[0] + "."

    return ScriptedGenerator(reply)


def real(settings: Settings, log: str) -> Generator:
    """The engine of the settings, which notes what it is asked."""
    engine = build_generator(settings)
    stream = engine.stream

    def noted(messages: Sequence[Message], **options: Any) -> Iterator[str]:
        note(log, messages)
        return stream(messages, **options)

    engine.stream = noted  # type: ignore[method-assign]
    return engine


def slowly(rows: Iterable[Row], kind: type[Row], path: Path, *, ending: str) -> None:
    """Write as the command does, with a pause before each row."""

    def paused() -> Iterator[Row]:
        for row in rows:
            time.sleep(0.0005)
            yield row

    write_rows(paused(), kind, path, ending=ending)


if __name__ == "__main__":
    kind, log = sys.argv[1:3]
    engine = None if kind == "real" else play(float(kind), log)
    for module, name, value in (
        (rag.library.row_file, "write_rows", slowly),
        (rag.cli.work, "_RAG", (sys.executable, __file__, *sys.argv[1:3])),
        (rag.library.resources, "build_generator", lambda settings: engine or real(settings, log)),
    ):
        setattr(module, name, value)
    del sys.argv[1:3]
    main()
