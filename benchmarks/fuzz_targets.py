"""The targets of benchmarks/fuzz.py, each a promise about any bytes, and inputs to begin with."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import rag
from app.conversation import Turn, from_browser, numbered, read, to_save
from app.history import NewTurn, SavedTurn
from rag.config import load
from rag.errors import ConfigError, ExtractError, QuestionError, SavedError
from rag.export import as_markdown, saved
from rag.index.chunking import chunk
from rag.ingest.cleaning import extract
from rag.ingest.sources import fetch
from rag.llm.scripted import ScriptedGenerator
from rag.text import content_id, normalise, sentences
from rag.text.citations import citation, split_claims
from rag.types import Answer, Article, Claim, Failure, Page, Passage, Timing

NOW = datetime(2024, 5, 2, 8, 30, tzinfo=UTC)
PROSE = (
    "The ferry of Penmarrow was saved on Tuesday, by one vote. “She sails again,” said Ivo Tremayne, who has"
    " worked on her for 31 years. The boiler costs £640,000. Engineers begin in October, the U.S. yard said."
)
PAGE = f"Menu\nSign in\nFerry saved\nBy Ines Caldwell\n9 April 2024\n\n{PROSE}\n\n{PROSE[::-1]}\n\n© Post"
HTML = (
    "<!doctype html><html lang=en><head><title>Ferry | Post</title><meta property='og:title' content='Ferry'>"
    '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Ferry","articleBody":"x"}</script>'
    f"</head><body><h1>Ferry</h1><time datetime=2024-04-09>9 April</time><p>{PROSE}</p><p>{PROSE}</p></body>"
)
RECORD = {"title": "Ferry", "text": PROSE, "date": "2024-04-09", "author": ["A. Lee"], "id": 7}
TABLE = f'title,text,date\nFerry,"{PROSE}",2024-04-09\n'
MARKDOWN = (
    f"---\ntitle: Ferry\ndate: 2024-04-09\n---\n# Ferry\n\n*By Ann Lee*\n\n> {PROSE} [a](b_(c))\n"
)
TOKENS = (
    "<p>|</p>|<div>|<!--|-->|<script>|<![CDATA[|<!ENTITY a '&a;&a;'>|&lt;|&#0;|&amp|<h1>|<figure>|<time>|<td>"
    "|\0|\n\n|\r|\t|\ufeff|\u202e|\u0301|\ud83d|\u2028|```|**|__|](|---\n|# |> |[1]|[1, 2]|【3†|[Source 1-3]"
    '|(AP) — |"|\'\'|,|;|{"|"}|[[|\\u0000|\\ud800|1e999|-0|NaN|null|true|9999999999|2022011912|3 May 2021'
    "|By Ann Lee|Photo: |Advertisement\n|© 2024|https://a.example/a-b|MIME-Version: 1.0\n|From: a\n|<rss>"
    "|title,text\n|a\tb\n|\x1b$B|U.S. |。|Mr. |[index]\n|chunk_words = |version|claims|citations"
).split("|")

Target = Callable[[bytes], None]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _one_line(error: Exception) -> None:
    assert "\n" not in str(error), error


def _chunks(article: Article, words: int) -> None:
    parts = chunk(article, words=words)
    assert all(article.text[part.start : part.end] == part.text for part in parts)
    assert all(part.text == part.text.strip() != "" for part in parts)
    assert all(one.end <= two.start for one, two in pairwise(parts))
    assert [part.order for part in parts] == list(range(len(parts)))


def _extract(page: Page) -> None:
    try:
        article = extract(page)
    except ExtractError as error:
        _one_line(error)
        return
    assert article.text == normalise(article.text)
    assert article.id == content_id(article.title, article.text)
    names = (article.title, article.publisher, article.language, article.url, *article.authors)
    assert "\n" not in article.title + article.publisher
    "".join(names).encode()
    if page.record is not None:
        assert article == extract(replace(page, record=None))
    _chunks(article, 120)


def _page(kind: str, data: bytes) -> None:
    _extract(Page("file:///a", data, kind, NOW))


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def _file(name: str, data: bytes) -> None:
    """Read a file of this name; ``-`` is standard input."""
    (_folder() / name).write_bytes(data)
    source = name if name == "-" else str(_folder() / name)
    found = list(fetch([source], stdin=io.BytesIO(data), max_bytes=1_000_000))
    assert found
    for each in found:
        if isinstance(each, Failure):
            assert each.reason.isprintable(), each
            assert each.source.isprintable(), each
        else:
            _extract(each)


def _gzip(data: bytes) -> None:
    _file("a.jsonl.gz", data)
    _file("a.txt.gz", gzip.compress(data, 1, mtime=0))


def _written(data: bytes) -> None:
    """Write records in each format; they are read back the same."""
    cells = [normalise(cell) for cell in data.decode("utf-8", "ignore").split("\0")]
    records = [{"title": one, "text": two} for one, two in pairwise(cells) if one and two]
    records = records[:1_000]  # a record takes 100 bytes in the five files, and 2 of the input
    if not records:
        return
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerows([("title", "text"), *(row.values() for row in records)])
    tabs = io.StringIO(newline="")
    csv.writer(tabs, delimiter="\t", lineterminator="\n").writerows(
        [("title", "text"), *(row.values() for row in records)]
    )
    for name, text in (
        ("a.csv", lines.getvalue()),
        ("a.tsv", tabs.getvalue()),
        ("a.json", json.dumps(records)),
        ("a.json", json.dumps({"articles": records}, ensure_ascii=False, indent=1)),
        ("a.jsonl", "\n".join(map(json.dumps, records))),
    ):
        (_folder() / name).write_text(text, encoding="utf-8", newline="")
        found = [page.record for page in fetch([str(_folder() / name)]) if isinstance(page, Page)]
        assert found == records, (name, found, records)


def _sentences(data: bytes) -> None:
    text = _text(data)
    spans = list(sentences(text))
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    _chunks(Article("a", "", "", text), 1 + len(data) % 150)


def _citations(data: bytes) -> None:
    """Split a draft into claims, and cut quotes from any passage of an article of the same text."""
    text = _text(data)
    claims = list(split_claims(text))
    assert all(claim.strip() and max(numbers, default=0) < 1000 for claim, numbers in claims)
    article = Article("a", "", "", normalise(text))
    for part in chunk(article, words=40):
        quote = citation(Passage(1, part, article, 1.0), len(part.text) // 3, len(part.text))
        assert (
            article.text[quote.start : quote.end] == quote.quote == part.text[len(part.text) // 3 :]
        )


def _config(data: bytes) -> None:
    """Load a profile, an override and a variable, separated by NUL."""
    profile, override, value = (*data.split(b"\0"), b"", b"")[:3]
    path = _folder() / "a.toml"
    path.write_bytes(profile)
    given = {"RAG_INDEX_CHUNK_WORDS": _text(value)} if value else {}
    for overrides in ([], [_text(override)] if override else []):
        try:
            load(str(path), overrides=overrides, environment=given)
        except ConfigError as error:
            _one_line(error)


@cache
def _news() -> rag.News:
    settings = load(overrides=["embedder.engine=hash"], environment={})
    news = rag.open(_folder() / "index", settings=settings, generator=ScriptedGenerator("Yes."))
    (_folder() / "ferry.md").write_text(f"# Ferry saved\n\n{PROSE}", encoding="utf-8")
    news.ingest([_folder() / "ferry.md"])
    return news


@cache
def _answer() -> Answer:
    (passage, *_) = passages = _news().search("ferry")
    quote = citation(passage, 0, 9)
    claims = (Claim("She was saved.", (quote,), "supported", score=0.9),)
    return Answer(
        "Who?", "She was saved. [1]", claims, (quote,), passages, "answered", 0.9, "m", Timing()
    )


def _same(answer: Answer) -> None:
    article = _answer().passages[0].article
    for cited in (*answer.citations, *answer.nearest):
        whole = article.title if cited.field == "title" else article.text
        assert whole[cited.start : cited.end] == cited.quote != ""
    assert _news().recalled(saved(answer)) == answer
    as_markdown(numbered(answer))


def _saved(data: bytes) -> None:
    with suppress(SavedError, QuestionError):
        _same(_news().recalled(_text(data)))


def _conversation(data: bytes) -> None:
    for new in from_browser(_text(data)):
        turn = _read(new)
        if turn.answer:
            assert _read(to_save(turn.answer, turn.filters)) == turn
            _same(turn.answer)


def _stored() -> dict[str, object]:
    return {"answer": saved(_answer()), "filters": {"publishers": ["Post"]}}


def _read(new: NewTurn) -> Turn:
    return read(_news(), SavedTurn(1, new.question, new.answer, new.filters, (1,)))


TARGETS: dict[str, Target] = {
    "page-text": partial(_page, "text/plain"),
    "html": partial(_page, "text/html"),
    "markdown": partial(_page, "text/markdown"),
    "record": partial(_page, "application/json"),
    "json": partial(_file, "a.json"),
    "jsonl": partial(_file, "a.jsonl"),
    "csv": partial(_file, "a.csv"),
    "tsv": partial(_file, "a.tsv"),
    "stdin": partial(_file, "-"),
    "gzip": _gzip,
    "written": _written,
    "chunks": _sentences,
    "citations": _citations,
    "config": _config,
    "saved": _saved,
    "conversation": _conversation,
}


def seeds(name: str) -> list[bytes]:
    """Return inputs to begin with, all invented."""
    line = json.dumps(RECORD)
    texts = {
        "html": [HTML, "<p>" * 300, "<div>" * 300 + PROSE],
        "markdown": [MARKDOWN],
        "record": [line, json.dumps({"headline": "A", "content_html": HTML, "pubDate": 2022011912})],
        "json": [line, f'{{"articles": [{line}, {line}]}}', f"[{line}]"],
        "jsonl": [f"{line}\n{line}\n"],
        "csv": [TABLE, TABLE.replace(",", ";")],
        "tsv": [TABLE.replace(",", "\t")],
        "stdin": [PAGE, HTML, line, TABLE, MARKDOWN, "<rss><channel/></rss>", "From: a\nReceived: b\n\nc"],
        "written": ["Ferry\0She, it said, \"sails\"\0a;b\tc"],
        "citations": ["She was saved [1][2]. - It rained [Source 1-3].\n[4] Nobody 【5†a】 came."],
        "config": ["[index]\nchunk_words = 90\n[answer]\nsure = 0.5\0index.name=a\0090"],
        "saved": [saved(_answer())] if name == "saved" else [],
        "conversation": [json.dumps([_stored()])] if name == "conversation" else [],
    }  # fmt: skip
    found = [text.encode("utf-8", "surrogatepass") for text in texts.get(name, [PAGE, PROSE])]
    return [gzip.compress(line.encode(), mtime=0), *found] if name in ("gzip", "stdin") else found
