"""Faults of one source are reported and do not affect the others."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from opened_news import BRIDGE, CHEESE, FERRY, statuses

from rag.errors import IndexProblem
from rag.library import News
from rag.types import Outcome


@pytest.mark.parametrize("charset", ["hex", "punycode", "rot13", "no-such"])
def test_a_page_in_an_encoding_that_is_none_does_not_stop_the_others(
    opened: Callable[..., News], feed: Path, tmp_path: Path, charset: str
) -> None:
    page = tmp_path / "odd.html"
    text = f"<meta charset={charset}><title>At the café</title><p>{BRIDGE} {FERRY}</p>"
    page.write_bytes(text.encode("cp1252"))
    news = opened()
    assert statuses(news.ingest([page, feed]).outcomes) == ["added"] * 4
    assert "At the café" in [article.title for article in news.articles()]


def test_an_error_that_nobody_foresaw_costs_one_page(
    opened: Callable[..., News], feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("a bug\nof the parser")

    monkeypatch.setattr("trafilatura.load_html", broken)
    page = tmp_path / "page.html"
    page.write_text(f"<title>Bridge</title><p>{BRIDGE}</p>")
    first, *others = opened().ingest([page, feed]).outcomes
    assert (first.status, statuses(others)) == ("failed", ["added"] * 3)
    assert "page.html could not be read (LookupError a bug of the parser)" in first.reason


def test_a_source_that_breaks_off_does_not_stop_the_others(
    opened: Callable[..., News], feed: Path
) -> None:
    class Torn(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise RuntimeError("the line is dead")
            return super().read(100)

    outcomes = opened().ingest(["-", feed], stdin=Torn(feed.read_bytes())).outcomes
    assert statuses(outcomes) == ["failed"] + ["added"] * 3
    assert outcomes[0].reason.startswith("- could not be read (RuntimeError the line is dead)")


def test_a_date_that_cannot_be_read_is_left_open_and_told(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    record = {"title": "Bridge", "text": BRIDGE, "date": 20220119}
    (tmp_path / "1.json").write_text(json.dumps(record))
    (tmp_path / "2.json").write_text(json.dumps(record | {"text": FERRY, "date": "3/4/2020"}))
    (tmp_path / "3.md").write_text(f"---\ndate: soon\n---\n# Cheese\n\n{CHEESE}\n")
    page = f"<title>Visit</title><meta name=date content='at noon'><p>{BRIDGE} {FERRY}</p>"
    (tmp_path / "4.html").write_text(page)
    news = opened()
    outcomes = news.ingest([tmp_path]).outcomes
    left_open = "the date '{}' cannot be read and was left open".format
    assert [outcome.reason for outcome in outcomes] == [
        "",
        *map(left_open, ("3/4/2020", "soon", "at noon")),
    ]
    assert [str(a.published) for a in news.articles() if a.published] == ["2022-01-19"]


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        (
            "We use cookies on this website to give you the best experience. By clicking Accept all,"
            " you agree to this. You can change your choice at any time in our privacy policy.",
            True,
        ),
        (
            "To continue reading this story, please subscribe. Subscribers get unlimited access to"
            " everything that we publish, on every device at home. Already a member? Log in.",
            True,
        ),
        (
            "Please enable JavaScript to view this page. This site needs it, and your browser has it"
            " turned off. Turn it on in the settings of your browser, then load the page again.",
            True,
        ),
        (f"{BRIDGE} {FERRY} Passengers register at the pier.", False),
        (
            f"The baker sold 900 cookies to the passengers of a single ferry. {BRIDGE} {FERRY}",
            False,
        ),
    ],
)
def test_a_page_that_is_only_a_notice_of_its_site_is_told(
    opened: Callable[..., News], tmp_path: Path, text: str, noted: bool
) -> None:
    (tmp_path / "1.html").write_text(f"<title>The Echo</title><article><p>{text}</p></article>")
    (outcome,) = opened().ingest([tmp_path]).outcomes
    assert outcome.status == "added"
    assert ("only a notice" in outcome.reason) is noted


def test_a_disk_that_fills_up_loses_nothing_and_the_same_command_goes_on(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened()
    news.ingest([feed])
    index = news._open()
    ((pages,),) = index.rows("PRAGMA page_count")
    ((limit,),) = index.rows("PRAGMA max_page_count")
    index.rows(f"PRAGMA max_page_count = {pages + 2}")
    long = tmp_path / "long.txt"
    long.write_text("A long day\n\n" + "".join(f"The tide rose {n} times. " for n in range(9000)))
    with pytest.raises(IndexProblem, match=r"full; free some space and run the same command again"):
        news.ingest([long])
    assert (news.info().articles, news.info().integrity) == (3, "ok")
    assert news.search("What did the bridge cost?")
    index.rows(f"PRAGMA max_page_count = {limit}")
    assert statuses(news.ingest([long, feed]).outcomes) == ["added"] + ["unchanged"] * 3


def test_a_file_that_goes_away_while_a_folder_is_read_is_told(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for name, text in (("a", BRIDGE), ("b", FERRY), ("c", CHEESE)):
        (folder / f"{name}.txt").write_text(f"Story {name}\n\n{text}\n\n{'Nobody knows. ' * 2}")

    (folder / "0.txt").write_text("")  # fails at once, and the next file is lost then

    def lose(outcome: Outcome) -> None:
        (folder / "a.txt").unlink(missing_ok=True)

    outcomes = opened().ingest([folder], progress=lose).outcomes
    assert statuses(outcomes) == ["failed", "failed", "added", "added"]
    assert "a.txt does not exist" in outcomes[1].reason
