"""Measure speed and memory on this machine: ``make bench`` (about ten minutes on two cores).

Prints a Markdown table. Times vary between machines and over the day: compare the ratios, which
come from alternating runs.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "Who will Blinken meet in Berlin?"
FOLLOW_UP = "And who will he meet in Geneva?"


def main() -> None:
    """Run all benchmarks, or the named ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    chosen = parser.parse_args()
    print("| what | measured | target |\n|---|---|---|", flush=True)
    for name, benchmark in BENCHMARKS.items():
        if not chosen.only or name in chosen.only:
            benchmark(chosen.runs)


def row(what: str, measured: str, target: str) -> None:
    """Print a line of the table."""
    print(f"| {what} | {measured} | {target} |", flush=True)


def python(code: str, *arguments: str) -> str:
    """Run code in a fresh interpreter and return its last line of output."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


def bench_import(runs: int) -> None:
    """``import rag`` and ``rag --help``."""
    code = "import time; t = time.perf_counter(); import rag; print(time.perf_counter() - t)"
    seconds = [float(python(code)) for _ in range(runs + 2)]
    row("`import rag`", f"{statistics.median(seconds):.3f} s", "under 0.5 s")
    seconds = []
    for _ in range(runs + 2):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "rag", "--help"], cwd=ROOT, check=True, capture_output=True
        )
        seconds.append(time.perf_counter() - start)
    row("`rag --help`", f"{statistics.median(seconds):.2f} s", "under 1 s")


def made_articles(folder: Path, count: int) -> None:
    """Write articles of 300 to 500 words, shuffled from the sentences of the sample news."""
    from rag import samples
    from rag.ingest.cleaning import extract
    from rag.ingest.sources import fetch
    from rag.text import sentences
    from rag.types import Page

    pool = []
    for page in fetch([str(samples.folder())]):
        if isinstance(page, Page):
            text = extract(page).text
            pool += [text[start:end] for start, end in sentences(text)]
    dice = random.Random(1)
    with (folder / "made.jsonl").open("w", encoding="utf-8") as file:
        for number in range(count):
            body = "\n\n".join(" ".join(dice.sample(pool, 3)) for _ in range(dice.randint(5, 8)))
            record = {"id": number, "title": dice.choice(pool), "text": body, "publisher": "Made"}
            file.write(json.dumps(record) + "\n")


def bench_ingest(_: int) -> None:
    """Share of an ingest that the encoder takes, and passages a second."""
    import rag

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_articles(folder, 200)
        with rag.open(folder / "index") as news:
            report = news.ingest([folder / "made.jsonl"])
            again = news.ingest([folder / "made.jsonl"])
    share = report.encoder_seconds / report.seconds
    row("ingest of 200 articles: time inside the encoder", f"{share:.1%}", "at least 85 %")
    row("ingest: passages a second", f"{report.chunks / report.seconds:.1f}", "-")
    row("the same again, nothing embedded", f"{again.seconds:.2f} s", "-")


def bench_add(runs: int) -> None:
    """Storing one article of 5 passages in a small and in a large index, and the search after it."""
    import numpy as np

    from rag.index import Entry, Index
    from rag.text import content_id
    from rag.types import Article, Chunk, Filters, Page

    dimension, dice, now = 384, np.random.default_rng(1), datetime.now(UTC)

    def made(number: int) -> Entry:
        text = " ".join(f"Mayor {number} opened harbour {number % 97}." for _ in range(60))
        article = Article(content_id("", text), f"made:{number}", "", text, "", (), None, "en", now)
        cuts = [(place, place * len(text) // 5, (place + 1) * len(text) // 5) for place in range(5)]
        vectors = dice.normal(size=(5, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        chunks = [Chunk(f"{article.id}:{n}", article.id, n, a, b, text[a:b]) for n, a, b in cuts]
        return Entry(article, Page(article.url, b"-", "text/plain", now), tuple(chunks), vectors)

    for passages in (1_000, 50_000, 200_000):
        with tempfile.TemporaryDirectory() as name, Index(Path(name), create=True) as writer:
            writer.bind(embedder="made", dimension=dimension, chunk_words=120)
            with writer.writing():
                for first in range(0, passages // 5, 1000):
                    last = min(first + 1000, passages // 5)
                    writer.add([made(number) for number in range(first, last)])
            stored, searched = list[float](), list[float]()
            with Index(Path(name)) as reader:
                for number in range(-runs - 1, 0):
                    entry = made(number)
                    start = time.perf_counter()
                    with writer.writing():
                        writer.add([entry])
                    middle = time.perf_counter()
                    found = reader.dense(entry.vectors[0], filters=Filters(), limit=60)
                    searched.append(time.perf_counter() - middle)
                    stored.append(middle - start)
                    assert reader.chunks([found[0][0]])[found[0][0]][1].id == entry.article.id
        # The first search of a process reads the vector file.
        row(
            f"one article of 5 passages more, {passages:,} before: stored, found",
            f"{statistics.median(stored[1:]):.3f} s, {statistics.median(searched[1:]):.3f} s",
            "stored: within 2x",
        )


_THROUGH_US = """
import json, sys, time
import rag
from rag.types import Answer, Draft
news = rag.open(sys.argv[1]); news.warm()
history, out = (), []
for question in sys.argv[2:]:
    answer = news.ask(question, history=history)
    out.append([answer.timing.first_token, answer.timing.generate, answer.timing.prompt_tokens])
    history = (answer,)
from rag.llm.prompts import answer_messages, source_block
first = history[0] if len(sys.argv) == 3 else None
messages = [[m.role, m.content] for m in answer_messages(first.question, first.passages)] if first else []
tokens = sum(news.generator.count_tokens(source_block(p)) for p in (first.passages if first else ()))
print(json.dumps({"runs": out, "messages": messages, "source_tokens": tokens}))
"""

_DIRECT = """
import json, os, sys, time
import xllamacpp
p = xllamacpp.CommonParams()
p.model.path = sys.argv[1]; p.n_ctx = 4096; p.n_parallel = 1; p.verbosity = -1
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = len(os.sched_getaffinity(0))
server = xllamacpp.Server(p)
messages = [{"role": r, "content": c} for r, c in json.loads(sys.stdin.read())]
start = time.perf_counter()
server.handle_chat_completions({"messages": messages, "max_tokens": 200, "temperature": 0})
print(time.perf_counter() - start)
"""


def sample_index(folder: Path) -> str:
    """Create an index of the sample news in ``folder``."""
    import rag
    from rag import samples

    with rag.open(folder / "index") as news:
        news.ingest([samples.folder()])
    return str(folder / "index")


def bench_ask(runs: int) -> None:
    """Generation against the engine called directly, the prompt's size, a follow-up's start."""
    from rag.config import load
    from rag.library.components import model_path

    settings = load()
    model = str(model_path(settings.generator.model, settings))
    ratios, follow = [], []
    with tempfile.TemporaryDirectory() as name:
        index = sample_index(Path(name))
        for _ in range(runs):
            ours = json.loads(python(_THROUGH_US, index, QUESTION))
            direct = subprocess.run(
                [sys.executable, "-c", _DIRECT, model],
                input=json.dumps(ours["messages"]),
                check=True,
                capture_output=True,
                text=True,
            )
            ratios.append(ours["runs"][0][1] / float(direct.stdout.strip().splitlines()[-1]))
            turns = json.loads(python(_THROUGH_US, index, QUESTION, FOLLOW_UP))["runs"]
            follow.append((turns[0][0], turns[1][0]))
    row(
        "tokens of sources in the prompt of the demo question",
        str(ours["source_tokens"]),
        "at most 700",
    )
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    row(
        "answer, time of generation / engine called directly",
        f"{statistics.median(ratios):.2f} ({spread})",
        "at most 1.10",
    )
    first, second = (statistics.median(pair[place] for pair in follow) for place in (0, 1))
    row("time to the first word: first question, follow-up", f"{first:.1f} s, {second:.1f} s", "-")
    share = statistics.median(pair[1] / pair[0] for pair in follow)
    row("follow-up / first question, time to the first word", f"{share:.2f}", "under 0.25")


_ONE_ANSWER = """
import sys, time
from rag.config import load
from rag.library.components import build_generator
from rag.types import Message
generator = build_generator(load())
generator.load()
start = time.perf_counter()
list(generator.stream([Message("user", sys.argv[1])], max_tokens=60))
print(time.perf_counter() - start)
"""

_BUSY = """
import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
while True:
    pass
"""


def bench_busy(runs: int) -> None:
    """An answer of 60 tokens to a prompt of about 400, idle and with one core taken, in turn."""
    from rag import samples

    text = " ".join(path.read_text("utf-8") for path in sorted(samples.folder().glob("*.txt")))
    prompt = f"{text[:1800]}\n\nRetell all of this at length."
    pairs = []
    for _ in range(runs):
        idle = float(python(_ONE_ANSWER, prompt))
        with one_core_taken():
            pairs.append((idle, float(python(_ONE_ANSWER, prompt))))
    idle, busy = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
    row("answer, idle and with one core taken", f"{idle:.1f} s, {busy:.1f} s", "-")
    ratios = [busy / idle for idle, busy in pairs]
    row(
        f"the same, one of {os.cpu_count()} cores taken / idle",
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        "at most 2.2 of two cores",
    )


@contextmanager
def one_core_taken() -> Iterator[None]:
    """Keep one core busy with another process."""
    busy = subprocess.Popen([sys.executable, "-c", _BUSY])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def bench_memory(_: int) -> None:
    """Peak resident memory and time of a whole ``rag ask`` in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        index = sample_index(Path(name))
        start = time.perf_counter()
        command = [sys.executable, "-m", "rag", "ask", QUESTION, "--index", index, "--json"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        seconds = time.perf_counter() - start
    # Kilobytes on Linux, bytes on macOS. The children before it were smaller or the same command.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    row("`rag ask`, default profile: peak memory", f"{peak / 1e9:.2f} GB", "under 3 GB")
    row("`rag ask`, default profile: whole process", f"{seconds:.1f} s", "-")


BENCHMARKS: dict[str, Callable[[int], None]] = {
    "import": bench_import,
    "ingest": bench_ingest,
    "add": bench_add,
    "memory": bench_memory,
    "ask": bench_ask,
    "busy": bench_busy,
}

if __name__ == "__main__":
    main()
