"""A file is written whole or not at all."""

import stat
from pathlib import Path

import pytest

from rag.files import replacing


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with replacing(path) as beside:
        beside.write_text("one")
        assert not path.exists()
    with replacing(path) as beside:
        beside.write_text("tw")
        assert path.read_text() == "one"
    assert path.read_text() == "tw"
    with pytest.raises(FileNotFoundError), replacing(path):
        (tmp_path / "none.txt").read_text()
    assert path.read_text() == "tw"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path: Path) -> None:
    """Be interrupted in the middle of writing."""
    with replacing(path) as beside:
        beside.write_text("half of the ne")
        raise KeyboardInterrupt


def test_a_write_that_fails_leaves_the_old_content_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_readers_see_the_old_content_until_the_new_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    path.write_text("old")
    with replacing(path, mode=0o600) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    assert path.read_text() == "new"
