"""Indexes that can be chosen at the page: names alone, never paths, and one set of models for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio import Request
from gradio.context import LocalContext

import rag
from app.indexes import Indexes, choosable
from rag.config import load
from rag.errors import IndexMissing, QuestionError
from rag.llm.scripted import ScriptedGenerator

LAMP = "The lamp of Farrow Point was lit on Monday by the keeper Ada Quill. Nine ships saw it."


def library(folder: Path) -> rag.News:
    settings = load(
        overrides=["embedder.engine=hash", "check.parser=", f"index.folder={folder / 'indexes'}"]
    )
    generator = ScriptedGenerator("No.")
    return rag.open(folder / "indexes" / "demo", settings=settings, generator=generator)


@pytest.fixture(autouse=True)
def no_request() -> Iterator[None]:
    yield
    LocalContext.request.set(None)


def name(index: str) -> None:
    """Let requests name this index from now on."""
    LocalContext.request.set(Request(headers={"x-newsrag-index": index}))


def test_each_request_reads_and_writes_the_index_that_it_names(tmp_path: Path) -> None:
    own = library(tmp_path)
    file = tmp_path / "lamp.md"
    file.write_text(f"# The lamp\n\n{LAMP}", encoding="utf-8")
    own.ingest(file)
    indexes = Indexes(own)
    news = choosable(own)
    assert isinstance(news, Indexes)
    assert indexes.create("  Local   News ") == {"name": "Local News"}
    assert indexes.create("Local News") == {
        "problem": "There already is an index named Local News."
    }
    name("Local%20News")
    with pytest.raises(IndexMissing):
        indexes.info()
    indexes.ingest(file)
    indexes.ingest_records([{"title": "The bell", "text": LAMP.replace("lamp", "bell") * 2}])
    assert (indexes.count(), own.count()) == (2, 1)
    assert indexes.generator is own.generator
    assert indexes.names() == {"own": "demo", "names": ["demo", "Local News"]}
    name("")
    assert indexes.count() == 1
    indexes.close()


@pytest.mark.parametrize(
    "typed", ["", "..", "../x", "/etc", "a/b", ".hidden", "a" * 41, "x%2F..", "demo.old"]
)
def test_a_name_is_never_a_path(tmp_path: Path, typed: str) -> None:
    own = library(tmp_path)
    own.folder.mkdir(parents=True)
    indexes = Indexes(own)
    assert "Use up to 40 letters" in indexes.create(typed)["problem"]
    if typed:
        name(typed)
        with pytest.raises(QuestionError):
            indexes.count()
    assert list(own.folder.parent.iterdir()) == [own.folder]


def test_other_folders_and_links_are_no_indexes(tmp_path: Path) -> None:
    own = library(tmp_path)
    own.folder.mkdir(parents=True)
    (tmp_path / "private").mkdir()
    (own.folder.parent / "link").symlink_to(tmp_path / "private")
    (own.folder.parent / "photos").mkdir()
    (own.folder.parent / "photos" / "a.png").touch()
    indexes = Indexes(own)
    assert indexes.names()["names"] == ["demo"]
    for each in ("link", "photos", "missing"):
        name(each)
        with pytest.raises(IndexMissing):
            indexes.count()
    elsewhere = rag.open(tmp_path / "mine", settings=own.settings)
    assert choosable(elsewhere) is elsewhere
