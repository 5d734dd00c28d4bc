"""Load on the HTTP API: ``python benchmarks/api.py [--clients 32] [--minutes 1] [--profile NAME]``.

Many clients ask over loopback, each one question after another, over ``/ask`` and the streaming
``/v1/chat/completions`` in turn. A client that gets 429 or 503 waits as long as the reply says, and
asks again. Without ``--profile`` the model is a scripted one that quotes the best source at once:
then the figures are those of the server, the search and the check. Prints a Markdown table; any
other status than 200, 429 and 503 ends it with exit code 1. Everything stays on this machine.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from load_questions import QUESTIONS

import rag
from rag import samples
from rag.config import load
from rag.llm.scripted import ScriptedGenerator
from rag.server.api import serve
from rag.text import sentences
from rag.types import Message

_DOCUMENTED = {200, 429, 503}
_PATIENCE = 900.0  # seconds for one answer
_SOURCE = re.compile(r"<source \d+>[^\n]*\n(.*?)\n</source>", re.S)


@dataclass(slots=True)
class Seen:
    """What the clients measured, in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    whole: list[float] = field(default_factory=list)  # an answer over /ask
    streamed: list[float] = field(default_factory=list)  # an answer over /v1, to its last piece
    opened: list[float] = field(default_factory=list)  # until the first piece of a stream
    searches: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)  # an answer with all refusals before it
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    """Run the server and the clients, and print a report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--profile", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsrag-api-") as folder:
        news = scripted_news(Path(folder) / "samples", chosen.profile)
        news.ingest([samples.folder()])
        served = serve(news, port=0, notify=lambda _: None)
        news.warm()
        try:
            seen = asyncio.run(_crowd(served.url, chosen.clients, chosen.minutes))
        finally:
            served.close()
    _report(seen, chosen.clients, chosen.minutes, chosen.profile or "scripted model")
    sys.exit(bool(seen.wrong))


def scripted_news(folder: Path, profile: str) -> rag.News:
    """Open a library whose model is a scripted one, unless a profile is named."""
    if profile:
        return rag.open(folder, profile=profile)
    settings = load("default", overrides=["embedder.engine=hash"])
    generator = ScriptedGenerator(quoting)
    generator.history = deque(maxlen=1)  # all its prompts are for tests, and would grow
    return rag.open(folder, settings=settings, generator=generator)


def quoting(messages: Sequence[Message]) -> str:
    """Return the first sentence of the best source, which comes last."""
    asked = messages[-1].content
    if asked.endswith("Reply Yes or No only.") or asked.startswith("Passage: "):
        return "Yes."
    sources = _SOURCE.findall(asked)
    found = next(iter(sentences(sources[-1])), None) if sources else None
    return f"{sources[-1][found[0] : found[1]]} [1]" if found else "Not in the articles."


async def _crowd(url: str, clients: int, minutes: float) -> Seen:
    seen = Seen()
    end = time.monotonic() + 60 * minutes
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=_PATIENCE, limits=limits
    ) as ask:
        await asyncio.gather(*(_client(ask, number, end, seen) for number in range(clients)))
    return seen


async def _client(ask: httpx.AsyncClient, number: int, end: float, seen: Seen) -> None:
    choice = random.Random(number)
    asked = number
    while time.monotonic() < end:
        question = choice.choice(QUESTIONS)
        asked += 1
        first = time.monotonic()
        try:
            await _search(ask, question, seen)
            while (pause := await _ask(ask, question, asked % 2 == 1, seen)) is not None:
                if time.monotonic() > end:
                    return
                await asyncio.sleep(pause)
        except httpx.HTTPError as error:
            seen.wrong.append(f"{type(error).__name__}: {error}")
            return
        seen.asked.append(time.monotonic() - first)


async def _search(ask: httpx.AsyncClient, question: str, seen: Seen) -> None:
    start = time.monotonic()
    reply = await ask.post("/search", json={"query": question})
    _note(reply.status_code, reply.text, seen)
    seen.searches.append(time.monotonic() - start)


async def _ask(ask: httpx.AsyncClient, question: str, stream: bool, seen: Seen) -> float | None:
    """Ask once; return None if answered, else the seconds to wait before asking again."""
    start = time.monotonic()
    if not stream:
        reply = await ask.post("/ask", json={"question": question})
        _note(reply.status_code, reply.text, seen)
        if reply.status_code == 200:
            seen.whole.append(time.monotonic() - start)
            return None
        return float(reply.headers.get("retry-after", "1"))
    body = {"messages": [{"role": "user", "content": question}], "stream": True}
    async with ask.stream("POST", "/v1/chat/completions", json=body) as pieces:
        if pieces.status_code != 200:
            _note(pieces.status_code, (await pieces.aread()).decode(), seen)
            return float(pieces.headers.get("retry-after", "1"))
        opened = 0.0
        last = ""
        async for line in pieces.aiter_lines():
            opened = opened or time.monotonic() - start
            last = line or last
    whole = last == "data: [DONE]"
    _note(200 if whole else 0, last, seen)
    seen.opened.append(opened)
    seen.streamed.append(time.monotonic() - start)
    return None


def _note(status: int, body: str, seen: Seen) -> None:
    seen.statuses[status] += 1
    if status not in _DOCUMENTED:
        seen.wrong.append(f"{status}: {body[:200]}")
    elif status != 200:
        assert json.loads(body)["error"]["code"] in {"too_many_waiting", "turn_not_come"}, body


def _report(seen: Seen, clients: int, minutes: float, model: str) -> None:
    counts = ", ".join(f"{count:,} x {status}" for status, count in sorted(seen.statuses.items()))
    answers = len(seen.whole) + len(seen.streamed)
    print(f"{clients} clients for {minutes:g} minutes, {model}: {answers:,} answers; {counts}\n")
    print(
        "| seconds | number | 50 % | 90 % | 95 % | 99 % | slowest |\n|---|---|---|---|---|---|---|"
    )
    for name, found in (
        ("search", seen.searches),
        ("answer, whole", seen.whole),
        ("stream, first piece", seen.opened),
        ("stream, whole", seen.streamed),
        ("answer, with its refusals before", seen.asked),
    ):
        if found:
            shares = (_share(found, share) for share in (0.5, 0.9, 0.95, 0.99, 1.0))
            print(f"| {name} | {len(found):,} | {' | '.join(f'{each:.2f}' for each in shares)} |")
    for wrong in seen.wrong[:10]:
        print(f"wrong: {wrong}", file=sys.stderr)


def _share(found: list[float], share: float) -> float:
    """Return the quantile for this share."""
    return sorted(found)[max(0, round(share * len(found)) - 1)]


if __name__ == "__main__":
    main()
