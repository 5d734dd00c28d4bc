"""Adding articles at the page: outcomes stay readable however many there are, and uploads are deleted."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rag
from app import offline
from app.uploads import MOST_FILES
from rag.config import load
from rag.errors import IndexBusy
from rag.llm.scripted import ScriptedGenerator
from rag.types import Outcome

if TYPE_CHECKING:
    from app.add_articles import Adding, Shown


def lamp(number: int) -> str:
    """The text of an article."""
    return f"The keepers of Farrow Point lit lamp {number} on Monday. Ships saw it far out. " * 4


@pytest.fixture
def news(tmp_path: Path) -> Iterator[rag.News]:
    settings = load(overrides=["embedder.engine=hash"])
    with rag.open(tmp_path / "index", settings=settings, generator=ScriptedGenerator("No.")) as it:
        yield it


@pytest.fixture
def uploaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Puts a file where uploads go."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setattr(offline, "uploads", lambda: folder)

    def put(name: str, text: str) -> str:
        (folder / name).write_text(text, encoding="utf-8")
        return str(folder / name)

    return put


@pytest.fixture
def adding(news: rag.News) -> "Adding":
    from app.add_articles import Adding  # loads Gradio

    return Adding(news)


def last(pictures: "Iterator[Shown]") -> "Shown":
    *_, end = pictures
    return end


def state(html: str) -> str:
    found = re.search('role="status"[^>]*>([^<]*)<', html)
    assert found
    return found[1]


def test_a_file_of_many_broken_lines_is_given_up_and_few_of_them_are_listed(
    adding: "Adding", uploaded: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.add_articles._MOST_FAILURES", 10)
    monkeypatch.setattr("app.add_articles._LISTED", 4)
    junk, good = uploaded("junk.jsonl", "x\n" * 90), uploaded("lamp.txt", lamp(1))
    shown, _ = last(adding.files([junk, good]))
    assert state(shown) == "1 added, 11 not read"
    assert shown.count("<li") == 5
    assert "and 8 more" in shown
    assert shown.index("failed 10 times; the rest of it was skipped") < shown.index("line 1 ")
    assert str(offline.uploads()) not in shown


def test_failures_are_listed_first(
    adding: "Adding", uploaded: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.add_articles._LISTED", 3)
    files = [uploaded(f"{n}.txt", lamp(n)) for n in range(5)]
    shown, _ = last(adding.files([*files, uploaded("short.txt", "x")]))
    assert state(shown) == "5 added, 1 not read"
    assert re.findall('class="outcome ([a-z]+)"', shown) == ["failed", "added", "added"]
    assert "and 3 more" in shown


def test_files_are_counted_while_they_are_read(uploaded: Callable[[str, str], str]) -> None:
    from app.add_articles import Files

    paths = [uploaded(f"{n}.txt", lamp(n)) for n in range(4)]
    files = Files(paths)
    states = [files.state for _ in files]
    assert states[0] == "0 of 4 files read"
    assert [re.sub("about .* left", "LEFT", each) for each in states[1:]] == [
        f"{done} of 4 files read, LEFT" for done in (1, 2, 3)
    ]
    assert files.state == "4 of 4 files read, saving the last ones"


def test_the_records_of_a_single_file_are_counted(uploaded: Callable[[str, str], str]) -> None:
    from app.add_articles import Files, Tally

    tally = Tally([])
    files = Files([uploaded("lamps.json", "")])
    assert state(tally.html(files.state)) == "Reading …"
    for status in ("added", "added", "duplicate", "unchanged"):
        tally.take(Outcome("lamps.jsonl", status))
    assert state(tally.html(files.state)) == "Reading: 2 added, 2 already in the index …"


def test_the_records_of_a_file_of_lines_are_read_of_a_known_number(
    adding: "Adding", uploaded: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.add_articles import Files

    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    files = Files([uploaded("lamps.jsonl", "{}\n\n" * 1200)])
    assert files.state == "0 of 1,200 articles read"
    now += 30
    for _ in range(300):
        files.take()
    assert files.state == "300 of 1,200 articles read, about 90 seconds left"


def test_uploads_but_no_other_files_are_deleted_once_they_are_read(
    adding: "Adding", uploaded: Callable[[str, str], str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "own.txt"
    elsewhere.write_text(lamp(2), encoding="utf-8")
    file = uploaded("lamp.txt", lamp(1))
    _, given = last(adding.files([file, str(elsewhere)]))
    assert given is None  # the list of files is emptied, since they are gone
    assert not Path(file).exists()
    assert elsewhere.exists()


def test_uploads_stay_for_another_try_if_nothing_could_be_written(
    news: rag.News,
    adding: "Adding",
    uploaded: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise IndexBusy("another process is writing. Wait until it has finished.")

    monkeypatch.setattr(news, "ingest", busy)
    file = uploaded("lamp.txt", lamp(1))
    shown, given = last(adding.files([file]))
    assert "Try again in a moment" in shown
    assert given is not None
    assert Path(file).exists()


def test_too_many_files_at_once_are_refused(adding: "Adding") -> None:
    shown, given = last(adding.files(["lamp.txt"] * (MOST_FILES + 1)))
    assert "You chose 51 files; the limit is 50 at a time." in shown
    assert given is not None
