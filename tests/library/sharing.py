"""Processes that share one index: a writer that replaces all articles again and again, and readers."""

import json
import re
import threading
import time
from contextlib import suppress
from pathlib import Path

from faulty import opened

from rag.errors import IndexBusy, RagError
from rag.library import News

ARTICLES = 6
_VERSION = re.compile(r"version (\d+)")


def write(folder: Path, seconds: float) -> None:
    """Store all articles in a new version at once; after every third, delete one."""
    feed, end, version = folder / "feed.jsonl", time.monotonic() + seconds, 0
    with opened(folder) as news:
        while time.monotonic() < end:
            version += 1
            rows = (
                {
                    "title": f"Harbour {number}",
                    "text": f"Boat {number} left the harbour in version {version}. " * 30,
                    "url": f"https://n.example/{number}",
                }
                for number in range(ARTICLES)
            )
            feed.write_text("\n".join(map(json.dumps, rows)))
            with suppress(IndexBusy):  # another process got in between
                news.ingest([feed])
                if version % 3 == 0:
                    news.delete([news.articles()[0].id])
    (folder / "versions").write_text(str(version))


def read(folder: Path, seconds: float, threads: int, report: Path) -> None:
    """Read in several threads, as :func:`_look` does; report the looks and what was wrong."""
    end, looks, wrong = time.monotonic() + seconds, [0] * threads, list[str]()

    def look(number: int, news: News) -> None:
        while time.monotonic() < end and not wrong:
            try:
                wrong.extend(_look(news))
            except RagError as error:
                wrong.append(f"{type(error).__name__}: {error}")
            looks[number] += 1

    with opened(folder) as news:
        running = [threading.Thread(target=look, args=(number, news)) for number in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    report.write_text(json.dumps({"looks": sum(looks), "wrong": wrong[:3]}))


def _look(news: News) -> list[str]:
    """Return what is torn: a passage that is not in its article, or articles of two versions."""
    wrong = []
    for passage in news.search("Which boat left the harbour?", k=4):
        article, chunk = passage.article, passage.chunk
        if article.text[chunk.start : chunk.end] != chunk.text:
            wrong.append(f"torn passage: {chunk.text!r}")
        if len(set(_VERSION.findall(article.text))) != 1:
            wrong.append(f"torn article: {article.text!r}")
    versions = {_VERSION.findall(article.text)[0] for article in news.articles()}
    if len(versions) > 1:
        wrong.append(f"articles of the versions {sorted(versions)}")
    return wrong


def intrude(folder: Path, seconds: float, report: Path) -> None:
    """Try to write as well; report the refusals."""
    end, refusals = time.monotonic() + seconds, []
    with opened(folder) as news:
        while time.monotonic() < end:
            try:
                news.rebuild()
            except IndexBusy as error:
                refusals.append(str(error))
            time.sleep(0.01)
    report.write_text(json.dumps(refusals[:3]))
