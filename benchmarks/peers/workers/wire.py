"""What every worker speaks: one JSON object a line, on standard input and output.

In come ``{"setup": {...}}``, then a line ``{"article": {...}}`` each, ``{"ingest": true}``, then
``{"question": {...}}`` one by one; each of the last two is answered by one line. This file needs
the standard library alone, since it runs in the environment of every peer.
"""

import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

RANKED = 10  # articles that a ranking names at least, where there are as many


@dataclass(frozen=True)
class Setup:
    """What is the same for all systems."""

    embedder: str  # the folder of the sentence-transformers model
    base_url: str  # of the OpenAI-compatible server, ending in /v1
    model: str  # its name there
    context: int  # tokens that it holds
    max_tokens: int  # at which length a reply is cut off
    timeout: float  # seconds; the frameworks' own limits are for servers with a GPU
    folder: str  # for its index; what it holds already is of these articles and this embedder
    variant: str = ""  # of a worker that can be set up in more than one way


@dataclass
class Reply:
    """What a system said to one question; the passages are (url, text) pairs."""

    text: str
    shown: list[tuple[str, str]]  # what the model was given to read, best first
    first_token: float  # seconds from the question to the first character of the reply
    seconds: float  # to the last
    cited: list[tuple[str, str]] | None = None  # None: this set-up does not cite
    short: str | None = None  # the answer in a few words, where a system gives one
    status: str | None = None  # "answered", "unsure" or "refused", where a system says so itself
    read: list[str] | None = None  # texts read before the first word; None: all that were shown
    ranking: list[str] = field(default_factory=list)  # urls of articles, best first


class System(Protocol):
    """A question answering system, set up and ready to read."""

    packages: Sequence[str]  # whose versions are reported

    def ingest(self, articles: list[dict[str, str]]) -> int:
        """Make the articles searchable; returns the number of passages."""

    def ask(self, text: str, day: str) -> Reply:
        """Answer a question; the clock runs inside."""

    def search(self, text: str, day: str, k: int) -> list[str]:
        """The urls of the k best passages by the same retriever, best first."""


def document(article: dict[str, str]) -> str:
    """The article as a file that a user would have: title, day, text."""
    head = "\n".join(line for line in (article["title"], article["publish_date"]) if line)
    return f"{head}\n\n{article['text']}"


def timed(pieces: Iterable[str], start: float) -> tuple[str, float, float]:
    """The whole text of a stream, seconds to its first and to its last character."""
    text, first = "", 0.0
    for piece in pieces:
        if piece and not text:
            first = time.perf_counter() - start
        text += piece or ""
    seconds = time.perf_counter() - start
    return text, first or seconds, seconds


def ranking(search: Callable[[int], list[str]]) -> list[str]:
    """Articles in the order of their best passage: deeper searches until there are enough."""
    k, before = 5 * RANKED, -1
    while True:
        found = search(k)
        articles = list(dict.fromkeys(found))
        if len(articles) >= RANKED or len(found) == before:
            return articles[:RANKED]
        k, before = 4 * k, len(found)


def serve(build: Callable[[Setup], System]) -> None:
    """Run a worker: read the lines of standard input to their end and answer them."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the libraries print goes to the log

    def say(kind: str, **values: object) -> None:
        answers.write(json.dumps({kind: values | {"peak_bytes": _peak()}}) + "\n")
        answers.flush()

    system: System | None = None
    articles: list[dict[str, str]] = []
    for line in _lines():
        ((kind, value),) = line.items()
        if kind == "setup":
            system, articles = build(Setup(**value)), []
        elif kind == "article":
            articles.append(value)
        elif kind == "ingest":
            start = time.perf_counter()
            passages = system.ingest(articles)
            seconds = time.perf_counter() - start
            versions = {name: _version(name) for name in system.packages}
            versions["python"] = platform.python_version()
            say("ingested", seconds=seconds, passages=passages, versions=versions)
        else:
            _answer(system, value, say)


def _lines() -> Iterator[dict[str, object]]:
    # Not "for line in sys.stdin", which reads ahead.
    while line := sys.stdin.readline():
        yield json.loads(line)


def _answer(system: System, question: dict[str, str], say: Callable[..., None]) -> None:
    text, day = question["text"], question["day"]
    try:
        reply = system.ask(text, day)
        reply.ranking = ranking(lambda k: system.search(text, day, k))
    except Exception as error:  # noqa: BLE001 - a framework may raise anything; the next question goes on
        say("failed", reason=f"{type(error).__name__}: {error}"[:500])
        return
    say("answered", **vars(reply))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from source"


def _peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
