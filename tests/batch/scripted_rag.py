"""The `rag` command with a scripted engine: ``scripted_rag.py SECONDS LOG ARGUMENTS...``.

An item takes SECONDS; what is begun is noted in LOG, a line each. The output file is written at
every chance, and slowly, so that a kill may hit the writing too.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import rag.batch.output
import rag.cli.work
import rag.newsroom
import rag.newsroom.batches
from rag.cli import main
from rag.export import write_rows
from rag.export.rows import Row
from rag.generate.scripted import ScriptedGenerator
from rag.types import Message


def play(seconds: float, log: str) -> ScriptedGenerator:
    """An engine that copies the first sentence of the article that it is shown."""

    def reply(messages: Sequence[Message]) -> str:
        head, text = messages[-1].content.split("\n", 1)
        with Path(log).open("ab", buffering=0) as file:
            file.write(f"{os.getpid()} {head.removeprefix('<article> ')}\n".encode())
        time.sleep(seconds)
        return text.split(".")[0] + "."

    return ScriptedGenerator(reply)


def slowly(rows: Iterable[Row], kind: type[Row], path: Path, *, ending: str) -> None:
    """Write as the command does, with a pause before each row."""

    def paused() -> Iterator[Row]:
        for row in rows:
            time.sleep(0.0005)
            yield row

    write_rows(paused(), kind, path, ending=ending)


if __name__ == "__main__":
    engine = play(float(sys.argv[1]), sys.argv[2])
    for module, name, value in (
        (rag.batch.output, "_PAUSE", 0.0),
        (rag.batch.output, "_SHARE", 0),
        (rag.newsroom.batches, "write_rows", slowly),
        (rag.cli.work, "_RAG", (sys.executable, __file__, *sys.argv[1:3])),
        (rag.newsroom, "build_generator", lambda _: engine),
    ):
        setattr(module, name, value)
    del sys.argv[1:3]
    main()
