"""Measure the web page: ``python benchmarks/page.py [--users 16] [--minutes 10] [--profile NAME]``.

First one person in a real browser: the page ready, the first look shown, the first word shown, each
beside the same through the library, in turn. Then many people at once, over the page's own
protocol: each asks, reads, and asks again. Prints Markdown tables. Everything stays on this machine.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from load_questions import QUESTIONS

import rag
from app.serve import serve
from rag import samples
from rag.types import Draft

if TYPE_CHECKING:
    import httpx

_READING = (2.0, 8.0)  # seconds between an answer and the next question of one person
_SERVED = ("Getting ready", "Searching", "Reading")  # what the page says after the queue
_PATIENCE = 1800.0  # seconds for one answer at most


@dataclass(slots=True)
class Seen:
    """What the simulated users measured, in seconds."""

    looks: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # from asking to the head of the queue
    answers: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unfinished: int = 0
    resources: list[tuple[float, int]] = field(default_factory=list)  # every five seconds


def main() -> None:
    """Measure both parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", default="default")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsrag-page-") as folder:
        news = rag.open(Path(folder) / "samples", profile=chosen.profile)
        news.ingest([samples.folder()])
        served = serve(news, port=0, notify=lambda line: None, profile=chosen.profile)
        news.warm()
        try:
            one_person(served.url, news, chosen.runs)
            if chosen.users:
                seen = asyncio.run(crowd(served.url, chosen.users, chosen.minutes))
                _report(seen, chosen.users, chosen.minutes)
        finally:
            served.close()


def one_person(url: str, news: rag.News, runs: int) -> None:
    """Page and library in turn, with other questions each time, so that nothing is cached."""
    from playwright.sync_api import sync_playwright

    browser_path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    ready, look, word, plain_look, plain_word = ([] for _ in range(5))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for run in range(runs):
            page = browser.new_page()
            start = time.perf_counter()
            page.goto(url)
            page.wait_for_selector(".welcome")
            ready.append(time.perf_counter() - start)
            page.fill("#question textarea", QUESTIONS[2 * run % len(QUESTIONS)])
            start = time.perf_counter()
            page.keyboard.press("Enter")
            page.wait_for_selector(".first-look")
            look.append(time.perf_counter() - start)
            page.wait_for_selector(".draft:not(:empty), .claim", timeout=120_000)
            word.append(time.perf_counter() - start)
            page.wait_for_selector(".turn-foot", timeout=240_000)
            page.close()
            question = QUESTIONS[(2 * run + 1) % len(QUESTIONS)]
            start = time.perf_counter()
            news.first_look(question)
            plain_look.append(time.perf_counter() - start)
            start = time.perf_counter()
            for event in news.stream(question):
                if isinstance(event, Draft):
                    plain_word.append(time.perf_counter() - start)
                    break
        browser.close()
    print("| what | page | library |\n|---|---|---|")
    print(f"| page ready | {_middle(ready)} | |")
    print(f"| first look shown | {_middle(look)} | {_middle(plain_look)} |")
    print(f"| first word shown | {_middle(word)} | {_middle(plain_word)} |", flush=True)


def _middle(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


async def crowd(url: str, users: int, minutes: float) -> Seen:
    """Simulate users for a while; none asks a new question after the end."""
    import httpx

    seen, end = Seen(), time.monotonic() + 60 * minutes
    stop = threading.Event()
    watch = threading.Thread(target=_watch, args=(seen, stop), daemon=True)
    watch.start()
    limits = httpx.Limits(max_connections=4 * users)
    async with httpx.AsyncClient(base_url=url, timeout=_PATIENCE, limits=limits) as client:
        config = (await client.get("/config")).json()
        calls = {each["api_name"]: each["id"] for each in config["dependencies"]}
        people = [
            asyncio.create_task(_person(client, calls, who, seen, end)) for who in range(users)
        ]
        await asyncio.sleep(60 * minutes)
        _, waiting = await asyncio.wait(people, timeout=1.0)
        seen.unfinished = len(waiting)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*people, return_exceptions=True)
    stop.set()
    watch.join()
    return seen


async def _person(
    client: "httpx.AsyncClient", calls: dict[str, int], who: int, seen: Seen, end: float
) -> None:
    dice = random.Random(who)
    saved: list[str] = []
    session = f"bench-{who}"  # a browser tab
    while time.monotonic() < end:
        question = dice.choice(QUESTIONS)
        start = time.monotonic()
        try:
            await _finish(client, calls["begin"], session, [question, None, None, [], saved, -1])
            seen.looks.append(time.monotonic() - start)
            served = None
            async for shown in _events(client, calls["reply"], session, [None, saved]):
                if served is None and any(state in shown for state in _SERVED):
                    served = time.monotonic()
                    seen.waits.append(served - start)
            seen.answers.append(time.monotonic() - start)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - counted, and the others go on
            seen.errors.append(f"{type(error).__name__}: {error}")
        await asyncio.sleep(dice.uniform(*_READING))


async def _finish(client: "httpx.AsyncClient", call: int, session: str, data: list[object]) -> None:
    async for _ in _events(client, call, session, data):
        pass


async def _events(
    client: "httpx.AsyncClient", call: int, session: str, data: list[object]
) -> AsyncIterator[str]:
    """The events of one call as they come, as JSON text; an error of the server is raised."""
    asked = {"data": data, "fn_index": call, "session_hash": session, "event_data": None}
    answer = await client.post("/gradio_api/queue/join", json=asked)
    answer.raise_for_status()
    async with client.stream(
        "GET", "/gradio_api/queue/data", params={"session_hash": session}
    ) as stream:
        async for line in stream.aiter_lines():
            if not line.startswith("data:"):
                continue
            event = json.loads(line.removeprefix("data:"))
            if event["msg"] == "process_completed":
                if not event.get("success"):
                    raise RuntimeError(str(event.get("output"))[:200])
                return
            yield json.dumps(event)
    raise RuntimeError("the stream ended before its answer")


def _watch(seen: Seen, stop: threading.Event) -> None:
    while not stop.wait(5.0):
        seen.resources.append(resources())


def resources() -> tuple[float, int]:
    """Return the megabytes of resident memory and the open files of this process (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(int(row.split()[1]) for row in status.splitlines() if "VmRSS" in row)
    return kilobytes / 1000, len(list(Path("/proc/self/fd").iterdir()))


def _report(seen: Seen, users: int, minutes: float) -> None:
    print(f"\n| {users} people, {minutes:g} minutes | |\n|---|---|")
    print(f"| answers | {len(seen.answers)} |")
    print(f"| errors | {len(seen.errors)} {'; '.join(sorted(set(seen.errors))[:3])} |")
    print(f"| still waiting at the end | {seen.unfinished} |")
    print(f"| first look shown | {_shares(seen.looks)} |")
    print(f"| wait for the model | {_shares(seen.waits)} |")
    print(f"| whole answer | {_shares(seen.answers)} |")
    if len(seen.resources) > 24:
        early = statistics.median(memory for memory, _ in seen.resources[12:24])
        late = statistics.median(memory for memory, _ in seen.resources[-12:])
        print(f"| memory, second minute and last | {early:.0f} MB, {late:.0f} MB |")


def _shares(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "-"
    hundred = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"median {hundred[49]:.2f} s, 95 of 100 within {hundred[94]:.2f} s"


if __name__ == "__main__":
    main()
