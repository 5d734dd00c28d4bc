"""Questions as people type them: misspelt, abbreviated, in capitals, in another language."""

from collections.abc import Iterator

import pytest

from rag import News, samples
from rag.config import load
from rag.index import Index
from rag.index.embedding import HashEmbedder
from rag.search import Weights, corrected, match_expression, retrieve

EMBEDDER = HashEmbedder()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The sample news."""
    folder = tmp_path_factory.mktemp("sample")
    with News(folder, load(overrides=["embedder.engine=hash"])) as news:
        news.ingest([samples.folder()])
    with Index(folder) as opened:
        yield opened


def test_misspelt_names_are_read_as_the_articles_write_them(index: Index) -> None:
    asked = "Where does Blinkin meet Lavrow, in Genva?"
    assert corrected(asked, index=index) == "Where does Blinken meet Lavrov, in Geneva?"
    found = retrieve(
        "What did Blinkin say?", index=index, embedder=EMBEDDER, weights=Weights(dense=0)
    )
    assert "Blinken" in found[0].chunk.text


@pytest.mark.parametrize(
    "question",
    [
        "Who will Blinken meet in Berlin?",
        "Who is Oluwaseun Adeyemi of Kinshasa?",  # nobody that the articles know
        "Wen wird Blinken in Berlin treffen?",
        "Qui Blinken va-t-il rencontrer à Berlin ?",
        "x" * 2000,
        "",
    ],
)
def test_other_words_stay_as_they_are(index: Index, question: str) -> None:
    assert corrected(question, index=index) == question


@pytest.mark.parametrize(
    "question",
    [
        "Wen wird der US-Außenminister Blinken in Berlin treffen?",
        "Qui Antony Blinken va-t-il rencontrer jeudi à Berlin ?",
    ],
)
def test_names_carry_a_question_in_another_language(index: Index, question: str) -> None:
    """The embedder knows English alone, and this one knows none."""
    found = retrieve(question, index=index, embedder=EMBEDDER, weights=Weights(dense=0))
    assert any("Baerbock" in passage.chunk.text for passage in found[:3])


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What will the US do?", {"us", "u s", "united states"}),
        ("What did the WHO say of it?", {"who"}),
        ("Which U.S. bank failed?", {"us", "u s", "united states", "bank", "failed"}),
        ("Is the United States in it?", {"us", "u s", "united states"}),
        ("Who told us?", {"told"}),
        ("WHO WILL TELL US?", {"tell"}),
        ("rose by 20%", {"rose", "20", "percent", "per cent"}),
        ("rose by 20 per cent", {"rose", "20", "percent", "per cent"}),
    ],
)
def test_acronyms_and_per_cent_are_words_of_a_question(question: str, words: set[str]) -> None:
    assert {each.strip('"') for each in match_expression(question).split(" OR ")} == words
