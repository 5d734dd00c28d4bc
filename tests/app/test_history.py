"""The store of conversations: versions of a turn, whose they are, and what is left of deleted ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.history import History, NewTurn
from rag.errors import SavedError

ADA, BEN = ("ada", "demo"), ("ben", "demo")


def turn(question: str) -> NewTurn:
    return NewTurn(question, f"What is said of {question}", "{}", "{}")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History(tmp_path / "conversations.sqlite")
    yield opened
    opened.close()


def shown(history: History, id_: str) -> list[tuple[str, int]]:
    """The questions of the version that is shown, each with its number of versions."""
    return [(each.question, len(each.versions)) for each in history.turns(ADA, id_)]


def test_an_edited_question_is_a_version_with_its_own_later_turns(history: History) -> None:
    id_ = history.add(ADA, "", turn("one"))
    for question in ("two", "three"):
        assert history.add(ADA, id_, turn(question)) == id_
    first, second, _ = history.turns(ADA, id_)
    history.add(ADA, id_, turn("2"), parent=first.number)
    history.add(ADA, id_, turn("3"))
    assert shown(history, id_) == [("one", 1), ("2", 2), ("3", 1)]
    history.choose(ADA, id_, second.number)
    assert shown(history, id_) == [("one", 1), ("two", 2), ("three", 1)]
    history.add(ADA, id_, turn("uno"), parent=0)
    assert shown(history, id_) == [("uno", 2)]
    history.choose(ADA, id_, 999)
    assert shown(history, id_) == [("uno", 2)]


def test_nobody_reads_changes_or_continues_the_conversations_of_others(history: History) -> None:
    id_ = history.add(ADA, "", turn("one"))
    history.rename(BEN, id_, "mine")
    history.delete(BEN, id_)
    history.choose(BEN, id_, 1)
    assert history.turns(BEN, id_) == history.turns(("ada", "other"), id_) == []
    assert history.conversations(BEN) == []
    assert history.add(BEN, id_, turn("two"), parent=1) != id_
    assert shown(history, id_) == [("one", 1)]
    assert [each.name for each in history.conversations(ADA)] == ["one"]


def test_conversations_are_found_by_name_question_and_answer(history: History) -> None:
    ids = [history.add(ADA, "", turn(each)) for each in ("FÄHRE 100%", "bridge\n closed")]
    history.rename(ADA, ids[1], "  The   Brücke ")
    history.rename(ADA, ids[0], " ")
    for query, found in (
        ("", ["The Brücke", "FÄHRE 100%"]),
        ("fähre", ["FÄHRE 100%"]),
        ("BRÜCKE", ["The Brücke"]),
        ("said of bridge", ["The Brücke"]),
        ("0%", ["FÄHRE 100%"]),
        ("_", []),
    ):
        assert [each.name for each in history.conversations(ADA, query)] == found


def test_nothing_of_a_deleted_conversation_is_left_in_the_files(history: History) -> None:
    secret = "Where does the witness live?"
    id_ = history.add(ADA, "", turn(secret))
    history.add(ADA, "", turn("one"))
    history.delete(ADA, id_)
    assert [each.name for each in history.conversations(ADA)] == ["one"]
    assert history.add(ADA, id_, turn("three")) != id_  # its last answer came after that
    files = list(history.path.parent.iterdir())
    assert not [each for each in files if secret.encode() in each.read_bytes()]
    assert history.path.stat().st_mode & 0o077 == 0


def test_the_first_conversation_may_come_before_any_folder(tmp_path: Path) -> None:
    history = History(tmp_path / "indexes" / "conversations.sqlite")
    history.add(ADA, "", turn("one"))
    history.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "conversations.sqlite").write_bytes(b"no database" * 500)
    with pytest.raises(SavedError, match="cannot be read or saved"):
        History(tmp_path / "conversations.sqlite")
