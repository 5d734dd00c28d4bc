"""Batches of summaries and answers through the library: rows, files, bad inputs, changes."""

import csv
import errno
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from opened_news import BRIDGE, CHEESE, FERRY

from rag.config import load
from rag.errors import GenerateError, IndexMissing, JobChanged, JobProblem, JobUnknown, SourceError
from rag.index.embedding import HashEmbedder
from rag.jobs import Status
from rag.library import News
from rag.llm.scripted import ScriptedGenerator
from rag.types import Answers, Filters, Message, Question, Summaries

HOSTILE = '=HYPERLINK("https://evil.example")'
Opened = Callable[..., News]


def copied(messages: Sequence[Message]) -> str:
    """A model that repeats the first two sentences of what it is shown."""
    text = messages[-1].content.split("\n", 1)[1]
    return ". ".join(text.split(". ")[:2]) + "."


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made: list[News] = []

    def make(
        *overrides: str, reply: Callable[[Sequence[Message]], str] = copied, name: str = "scripted"
    ) -> News:
        news = News(
            tmp_path / "index",
            load("default", overrides=overrides, environment={}),
            embedder=HashEmbedder(),
            generator=ScriptedGenerator(reply, identity=name),
        )
        made.append(news)
        return news

    yield make
    for news in made:
        news.close()


def feed(path: Path, *texts: str, **changes: str) -> str:
    lines = (
        {
            "id": str(n),
            "title": text.split(". ")[0][:30],
            "text": text,
            "publisher": "Harrow Post",
            "date": f"2024-05-{10 + n}",
            "url": f"https://example.org/{n}",
        }
        | changes
        for n, text in enumerate(texts, start=1)
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def of(*sources: str, **changes: str) -> Summaries:
    return Summaries(sources, **changes)  # type: ignore[arg-type]


def test_rows_come_in_input_order_with_all_that_they_rest_on(
    opened: Opened, tmp_path: Path
) -> None:
    source = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE)

    def slow(messages: Sequence[Message]) -> str:
        time.sleep(0.01)
        return copied(messages)

    with opened(reply=slow).batch(of(source, length="short")) as batch:
        rows = list(batch)
        assert batch.status == Status(done=3)
    assert [row.url for row in rows] == [f"https://example.org/{n}" for n in (1, 2, 3)]
    row = rows[0]
    assert (row.publisher, row.published, row.model) == (
        "Harrow Post",
        date(2024, 5, 11),
        "scripted",
    )
    assert row.summary.startswith("Mayor Ida Fenn opened the new Harrow bridge on Tuesday. [1]")
    assert row.prompt_tokens > 0 < row.output_tokens
    assert row.seconds >= 0.01
    for claim in row.claims:
        for quote in claim.quotes:
            assert BRIDGE[quote.start : quote.end] == quote.quote
            assert quote.article_id == row.id
    assert len({row.config for row in rows}) == 1


def test_every_bad_input_is_a_row_and_the_rest_is_done(opened: Opened, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for n in range(36):
        (folder / f"{n:02}.txt").write_text(f"The bridge of Harrow cost {n + 10} euros. {FERRY}")
    (folder / "05.txt").write_text("")
    (folder / "11.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "17.txt").write_text("far too long " * 100_000)
    (folder / "23.txt").write_text(" \n\n ")
    (folder / "29.txt").write_text("A word that stands for many. " * 60)
    source = [str(folder), "no/such/file.txt"]
    news = opened("fetch.max_megabytes=1", "batch.article_words=200")
    with news.batch(of(*source), out=tmp_path / "out.csv") as batch:
        rows = list(batch)
    assert [n for n, row in enumerate(rows) if row.error] == [5, 11, 17, 23, 29, 36]
    told = [row.error for row in rows if row.error]
    for words, error in zip(
        ("is empty", "contains binary data", "limit", "white space", "360 words", "does not exist"),
        told,
        strict=True,
    ):
        assert words in error
    assert all(row.summary and row.claims for row in rows if not row.error)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8-sig") as file:
        written = list(csv.DictReader(file))
    assert [row["error"] for row in written if row["error"]] == told
    assert len(written) == 37


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".md"])
def test_a_row_is_in_the_file_as_soon_as_it_is_made(
    opened: Opened, tmp_path: Path, ending: str
) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE), tmp_path / f"out{ending}"
    with opened().batch(of(source), out=out) as batch:
        begun = out.stat()
        for count, row in enumerate(batch, start=1):
            body = out.read_text(encoding="utf-8")
            assert row.claims[0].text in body
            assert body.count("https://example.org/") == count
        assert out.stat().st_ino != begun.st_ino  # rewritten at the end
    made = out.read_bytes()
    out.unlink()
    opened().batch(of(source), out=out).close()
    assert out.read_bytes() == made  # what was appended is what is written at once


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".md"])
def test_half_a_row_that_a_killed_run_has_left_is_removed_by_the_next(
    opened: Opened, tmp_path: Path, ending: str
) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY), tmp_path / f"out{ending}"
    with opened().batch(of(source), out=out) as batch:
        list(batch)
    made = out.read_bytes()
    out.write_bytes(made[:-50])
    opened().batch(of(source), out=out).close()
    assert out.read_bytes() == made


def test_a_file_that_is_moved_away_while_it_is_written_is_made_anew(
    opened: Opened, tmp_path: Path
) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE), tmp_path / "out.csv"
    with opened().batch(of(source), out=out) as batch:
        next(batch)
        out.rename(tmp_path / "taken.csv")
        next(batch)
        with out.open(newline="", encoding="utf-8-sig") as file:
            assert [row["url"][-1] for row in csv.DictReader(file)] == ["1", "2"]


def test_a_full_disk_is_told_with_what_to_do_and_the_same_batch_goes_on(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = feed(tmp_path / "in.jsonl", BRIDGE, FERRY), tmp_path / "out.jsonl"
    with monkeypatch.context() as full:
        full.setattr("rag.library.row_file.row_bytes", _no_space)
        with (
            opened().batch(of(source), out=out) as batch,
            pytest.raises(JobProblem, match=r"out\.jsonl could not be .* No space left .* again"),
        ):
            list(batch)
    with opened().batch(of(source), out=out) as batch:
        assert len(list(batch)) == len(out.read_text().splitlines()) == 2


def _no_space(*_: object) -> bytes:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_one_process_writes_the_file_and_another_takes_over(opened: Opened, tmp_path: Path) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE), tmp_path / "out.jsonl"
    writer = opened().batch(of(source), out=out)
    with opened().batch(of(source), out=out) as other:
        assert [next(writer).url[-1], next(other).url[-1]] == ["1", "1"]
        assert len(out.read_text().splitlines()) == 1
        writer.close()
        assert next(other).url[-1] == "2"
        assert len(out.read_text().splitlines()) >= 2
        list(other)
    assert [json.loads(line)["url"][-1] for line in out.read_text().splitlines()] == ["1", "2", "3"]


def test_an_engine_that_fails_at_one_article_leaves_the_others(
    opened: Opened, tmp_path: Path
) -> None:
    def reply(messages: Sequence[Message]) -> str:
        if "ferry" in messages[-1].content:
            raise GenerateError("the prompt does not fit")
        return copied(messages)

    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE), tmp_path / "out.jsonl"
    with opened(reply=reply).batch(of(source), out=out) as batch:
        rows = list(batch)
    assert [row.error for row in rows] == ["", "the prompt does not fit", ""]
    assert (rows[1].title, rows[1].publisher) == ("The last ferry across the Harr", "Harrow Post")
    with opened().batch(of(source), out=out) as batch:
        batch.retry()
        assert [row.error for row in batch] == ["", "", ""]
    assert [json.loads(line)["error"] for line in out.read_text().splitlines()] == ["", "", ""]


def test_many_articles_in_a_row_that_an_engine_fails_at_leave_the_others(
    opened: Opened, tmp_path: Path
) -> None:
    def reply(messages: Sequence[Message]) -> str:
        if "ferry" in messages[-1].content:
            raise GenerateError("something in it")
        return "Yes." if messages[-1].content == "Say yes." else copied(messages)

    texts = [BRIDGE, *(f"{FERRY} It was boat {n}." for n in range(7)), CHEESE]
    with opened(reply=reply).batch(of(feed(tmp_path / "feed.jsonl", *texts))) as batch:
        errors = [row.error for row in batch]
    assert errors == ["", *["something in it"] * 7, ""]


def test_what_batches_write_is_no_input_of_theirs(opened: Opened, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "bridge.txt").write_text(BRIDGE)
    for name in ("one.jsonl", "two.md", "one.jsonl", "two.md"):
        with opened().batch(of(str(folder)), out=folder / name) as batch:
            assert [row.error for row in batch] == [""]


def test_a_row_of_what_cannot_be_read_has_the_address_of_its_file(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.txt").write_text(BRIDGE)
    (tmp_path / "empty.txt").touch()
    with opened().batch(of("good.txt", "empty.txt", "none.txt")) as batch:
        urls = [row.url for row in batch]
    assert urls == [(tmp_path / "good.txt").as_uri(), (tmp_path / "empty.txt").as_uri(), "none.txt"]


def test_what_is_too_long_is_not_tried_again_until_it_is_read_anew(
    opened: Opened, tmp_path: Path
) -> None:
    source, out = feed(tmp_path / "feed.jsonl", f"{BRIDGE} " * 10), tmp_path / "out.jsonl"
    for _ in range(2):
        with opened("batch.article_words=100").batch(of(source), out=out) as batch:
            batch.retry()
            (row,) = batch
            assert "at most 100 are read (batch.article_words)" in row.error
            assert row.title
    with pytest.raises(JobChanged, match="1 item is new"):
        opened().batch(of(source), out=out)


def test_the_same_batch_is_not_done_twice_and_the_file_is_written_anew(
    opened: Opened, tmp_path: Path
) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY), tmp_path / "out.jsonl"
    news = opened()
    with news.batch(of(source), out=out) as batch:
        rows = list(batch)
    asked = len(scripted(news).history)
    body = out.read_bytes()
    out.unlink()
    with news.batch(of(source), out=out) as batch:
        assert list(batch) == rows
    assert len(scripted(news).history) == asked
    assert out.read_bytes() == body
    assert [json.loads(line)["title"] for line in body.splitlines()] == [r.title for r in rows]


def scripted(news: News) -> ScriptedGenerator:
    assert isinstance(news.generator, ScriptedGenerator)
    return news.generator


def test_what_has_changed_is_named_and_there_are_ways_on(opened: Opened, tmp_path: Path) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY), tmp_path / "out.jsonl"
    with opened().batch(of(source), out=out) as batch:
        list(batch)
    with pytest.raises(JobChanged, match=r"length medium, now long.*--restart"):
        opened().batch(of(source, length="long"), out=out)
    with pytest.raises(JobChanged, match=r"summarize\.medium 3, now 4"):
        opened("summarize.medium=4").batch(of(source), out=out)
    with pytest.raises(JobChanged, match="model scripted, now other"):
        opened(name="other").batch(of(source), out=out)
    opened("generator.threads=1", "batch.streams=1").batch(of(source), out=out).close()
    opened("summarize.long=9").batch(of(source), out=out).close()
    with pytest.raises(JobChanged, match=r"engine.*now .openai.*base_url none, now .http"):
        opened("generator.engine=openai").batch(of(source), out=out)
    feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, publisher="Harrow Echo")
    with pytest.raises(JobChanged, match="2 items are new"):
        opened().batch(of(source), out=out)
    feed(tmp_path / "feed.jsonl", BRIDGE, CHEESE)
    with pytest.raises(
        JobChanged, match=r"1 item is new \(A cheese.*and 1 item is missing.*--resume"
    ):
        opened().batch(of(source), out=out)
    with opened().batch(of(source), out=out, begin="resume") as kept:
        assert [row.title[:8] for row in kept] == ["Mayor Id", "The last"]
    with opened().batch(of(source), out=out, begin="restart") as fresh:
        assert [row.title[:8] for row in fresh] == ["Mayor Id", "A cheese"]


def test_files_that_are_not_ours_are_left_alone(opened: Opened, tmp_path: Path) -> None:
    source, out = feed(tmp_path / "feed.jsonl", BRIDGE), tmp_path / "out.csv"
    out.write_text("precious")
    with pytest.raises(JobProblem, match="was not written by a batch"):
        opened().batch(of(source), out=out)
    assert out.read_text() == "precious"
    assert not (tmp_path / "out.csv.job").exists()
    with pytest.raises(JobUnknown, match="no batch to resume at"):
        opened().batch(of(source), out=tmp_path / "new.csv", begin="resume")
    with pytest.raises(JobProblem, match=r"one of \.jsonl, \.csv"):
        opened().batch(of(source), out=tmp_path / "out.xls")
    folder = tmp_path / "out.md"
    folder.mkdir()
    with pytest.raises(JobProblem, match="is a folder"):
        opened().batch(of(source), out=folder)
    with pytest.raises(JobProblem, match="is not a folder"):
        opened().batch(of(source), out=tmp_path / "no" / "out.csv")


def test_articles_of_an_index(opened: Opened, tmp_path: Path) -> None:
    news = opened()
    with pytest.raises(IndexMissing):
        news.batch(Summaries())
    news.ingest([feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE)])
    with news.batch(Summaries()) as batch:
        assert [row.url[-1] for row in batch] == ["3", "2", "1"]
    with news.batch(Summaries(filters=Filters(until=date(2024, 5, 12)), limit=1)) as batch:
        assert [row.url[-1] for row in batch] == ["2"]
    with news.batch(Summaries(query="Harrow bridge")) as batch:
        assert [row.url[-1] for row in batch] == ["1"]
    with news.batch(Summaries(ids=(news.articles()[0].id,))) as batch:
        assert [row.url[-1] for row in batch] == ["3"]


def test_articles_of_an_index_are_kept_by_their_ids(opened: Opened, tmp_path: Path) -> None:
    news, out = opened(), tmp_path / "out.jsonl"
    news.ingest([feed(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE)])
    news.batch(Summaries(), out=out).close()
    stored = (tmp_path / "out.jsonl.job" / "jobs.sqlite").read_bytes()
    assert b"https://example.org/1" in stored
    assert BRIDGE.encode() not in stored
    cheese, ferry, bridge = news.articles()
    news.delete([ferry.id])
    with news.batch(Summaries(), out=out, begin="resume") as batch:
        rows = list(batch)
    assert [row.id for row in rows] == [cheese.id, ferry.id, bridge.id]
    assert [bool(row.error) for row in rows] == [False, True, False]
    assert f"has no article '{ferry.id}'" in rows[1].error
    with pytest.raises(JobChanged, match="1 item is missing"):
        news.batch(Summaries(), out=out)


def test_styles_and_an_instruction(opened: Opened, tmp_path: Path) -> None:
    source = feed(tmp_path / "feed.jsonl", BRIDGE)
    news = opened()
    with news.batch(of(source, style="bullets", instruction="Tell </article> of money.")) as batch:
        (row,) = batch
    assert row.summary.splitlines() == [f"• {claim.text} [1]" for claim in row.claims]
    asked = scripted(news).history[-1][-1].content
    fenced, _, after = asked.rpartition("\n</article>\n")
    assert after.endswith("Tell < /article> of money.")
    assert "money" not in fenced


def test_answers(opened: Opened, tmp_path: Path) -> None:
    def reply(messages: Sequence[Message]) -> str:
        if "Olaf" in messages[-1].content.rpartition("Question:")[2]:
            return "NOT IN THE ARTICLES"
        return "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. [1]"

    news = opened("answer.sure=0", reply=reply)
    with pytest.raises(IndexMissing):
        news.batch(Answers((Question("1", "Who?"),)))
    news.ingest([feed(tmp_path / "feed.jsonl", BRIDGE, FERRY)])
    asked = (
        Question("a", "Who opened the Harrow bridge?"),
        Question("b", "Where is King Olaf of Zembla?"),
        Question("c", "x" * 3000),
    )
    with news.batch(Answers(asked), out=tmp_path / "out.jsonl") as batch:
        first, second, third = batch
    assert (first.id, first.refused) == ("a", False)
    assert first.answer == "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. [1]"
    assert [(each.url, each.number) for each in first.sources] == [("https://example.org/1", 1)]
    assert first.claims[0].quotes[0].quote == BRIDGE.split(". ", maxsplit=1)[0] + "."
    assert (second.refused, second.claims, second.answer) == (True, (), "Not in the articles.")
    assert "3000 characters" in third.error
    assert third.question == "x" * 3000
    news.ingest([feed(tmp_path / "more.jsonl", CHEESE, url="https://example.org/9")])
    with pytest.raises(JobChanged, match=r"holds 3 articles .* before: the index holds 2"):
        news.batch(Answers(asked), out=tmp_path / "out.jsonl")
    with pytest.raises(SourceError, match="cannot be read"):
        news.batch(Answers(file=str(tmp_path / "none.txt")))


def test_cancelling_keeps_what_is_done(opened: Opened, tmp_path: Path) -> None:
    source = feed(
        tmp_path / "feed.jsonl", *[f"The bridge cost {n} euros. {FERRY}" for n in range(9)]
    )
    out = tmp_path / "out.jsonl"
    cancel = threading.Event()
    counts, read = list[int](), list[int]()
    news = opened("batch.streams=1")
    with news.batch(
        of(source),
        out=out,
        cancel=cancel,
        reading=read.append,
        progress=lambda status: counts.append(status.settled),
    ) as batch:
        for row in batch:
            assert not row.error
            if row.url.endswith("3"):
                batch.cancel()
    assert read == list(range(1, 10))
    assert cancel.is_set()
    left = len(out.read_text().splitlines())
    assert 3 <= left < 9
    assert counts == sorted(counts)
    with news.batch(of(source), out=out) as batch:
        assert len(list(batch)) == 9


@pytest.mark.parametrize("kind", ["summaries", "answers"])
def test_cancelling_stops_the_model_and_its_item_waits(
    opened: Opened, tmp_path: Path, kind: str
) -> None:
    cancel = threading.Event()

    def stopped(messages: Sequence[Message]) -> str:
        cancel.set()
        return copied(messages)

    news = opened(reply=stopped)
    source = feed(tmp_path / "feed.jsonl", BRIDGE, FERRY)
    news.ingest([source])
    asked = Answers((Question("a", "Who opened the Harrow bridge?"),))
    task = of(source) if kind == "summaries" else asked
    with news.batch(task, cancel=cancel) as batch:
        assert list(batch) == []
        assert batch.status.waiting == batch.status.total > 0
    assert isinstance(news.generator, ScriptedGenerator)
    assert len(news.generator.history) == 1


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".md", ".parquet"])
def test_hostile_text_is_data_in_every_format(opened: Opened, tmp_path: Path, ending: str) -> None:
    text = f"{HOSTILE} was shown at the fair of Harrow. # <script>alert(1)</script> [x](y) too."
    source = feed(tmp_path / "feed.jsonl", text, publisher=HOSTILE, title=HOSTILE)
    out = tmp_path / f"out{ending}"
    with opened().batch(of(source), out=out) as batch:
        (row,) = batch
    assert row.title == HOSTILE
    if ending == ".jsonl":
        assert json.loads(out.read_text())["title"] == HOSTILE
    elif ending == ".csv":
        (cells,) = csv.DictReader(out.read_text().splitlines(keepends=True))
        assert cells["title"] == "'" + HOSTILE
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells.values())
    elif ending == ".md":
        assert "<script>" not in out.read_text()
        assert out.read_text().count("\n# ") == 0
        assert "[x](y)" not in out.read_text()
    else:
        from pyarrow import parquet

        (found,) = parquet.read_table(out).to_pylist()
        assert found["title"] == HOSTILE
        assert found["published"] == date(2024, 5, 11)
        assert found["claims"][0]["quotes"][0]["start"] == row.claims[0].quotes[0].start


def test_an_empty_batch_is_a_file_without_rows(opened: Opened, tmp_path: Path) -> None:
    news = opened()
    news.ingest([feed(tmp_path / "feed.jsonl", BRIDGE)])
    nothing = Summaries(filters=Filters(since=date(2030, 1, 1)))
    for ending in (".jsonl", ".csv", ".md", ".parquet"):
        with news.batch(nothing, out=tmp_path / f"out{ending}") as batch:
            assert list(batch) == []
        assert (tmp_path / f"out{ending}").exists()
