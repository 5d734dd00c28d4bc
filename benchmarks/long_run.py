"""Ask for a long time, and fail if memory or open files grow: ``python benchmarks/long_run.py``.

Without options: 10,000 questions to the sample news through the library, answered by a scripted
model. ``--profile tiny --questions 500`` has a real model answer. ``--minutes 15`` has 16 people ask
at the web page instead, over the real server on this machine; its answers are scripted too.

Prints resident memory and open files at every tenth. The first tenth is the warm-up; exit code 1 if
memory or open files then grow by 2 % or more.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from api import scripted_news
from page import crowd, resources

import rag
from app.serve import serve
from rag import samples

_TENTHS = 10
_MOST_GROWTH = 0.02
_FORMS = ("What happened to {} and {}?", "Who said that {} was {}?", "When will {} be in {}?")


def main() -> None:
    """Run one of the two, and judge it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, help="ask at the page, for so long")
    parser.add_argument("--users", type=int, default=16)
    parser.add_argument("--profile", default="", help="whose model answers; none: a scripted one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsrag-long-") as folder:
        news = scripted_news(Path(folder) / "samples", chosen.profile)
        news.ingest([samples.folder()])
        news.warm()
        with news:
            if chosen.minutes:
                memory, files = growth(at_the_page(news, chosen.users, chosen.minutes))
            else:
                memory, files = growth(through_the_library(news, chosen.questions))
    print(f"after the first tenth: memory {memory:+.1%}, open files {files:+.1%}")
    sys.exit(max(memory, files) >= _MOST_GROWTH)


def through_the_library(news: rag.News, questions: int) -> Iterator[tuple[float, int]]:
    """Ask questions one after another; yield the resources at every tenth."""
    dice, start = random.Random(1), time.monotonic()
    text = " ".join(path.read_text("utf-8") for path in sorted(samples.folder().glob("*.txt")))
    words = sorted({word for word in text.split() if word.isalpha() and len(word) > 3})
    for number in range(1, questions + 1):
        news.ask(dice.choice(_FORMS).format(*dice.sample(words, 2)))
        if number % (questions // _TENTHS) == 0:
            print(f"{number:,} questions, {time.monotonic() - start:.0f} s: ", end="")
            yield shown(resources())


def at_the_page(news: rag.News, users: int, minutes: float) -> Iterator[tuple[float, int]]:
    """Have people ask at the page; yield the median resources of every tenth of the time."""
    served = serve(news, port=0, notify=lambda _: None)
    try:
        seen = asyncio.run(crowd(served.url, users, minutes))
    finally:
        served.close()
    print(f"{users} people: {len(seen.answers):,} answers, {len(seen.errors)} errors")
    if seen.errors:
        sys.exit(seen.errors[0])
    size = len(seen.resources) // _TENTHS
    for tenth in range(_TENTHS):
        memory, files = zip(*seen.resources[size * tenth : size * (tenth + 1)], strict=True)
        print(f"{minutes * (tenth + 1) / _TENTHS:.1f} minutes: ", end="")
        yield shown((median(memory), int(median(files))))


def shown(reading: tuple[float, int]) -> tuple[float, int]:
    """Print a reading."""
    print(f"{reading[0]:.1f} MB, {reading[1]} open files", flush=True)
    return reading


def growth(readings: Iterable[tuple[float, int]]) -> tuple[float, float]:
    """Return the growth of memory and of open files from the first tenth to the last, as shares."""
    (memory, files), *_, (late_memory, late_files) = readings
    return late_memory / memory - 1, late_files / files - 1


if __name__ == "__main__":
    main()
