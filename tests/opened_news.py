"""Libraries of three articles with a scripted model: the fixtures of the tests of ``rag.open``."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from rag.config import load
from rag.index.embedding import HashEmbedder, Vectors
from rag.library import News
from rag.llm.scripted import ScriptedGenerator
from rag.types import Message, Outcome

BRIDGE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. The bridge cost 12 million euros and "
    "took three years to build. Engineers from Oslo inspected it twice."
)
FERRY = (
    "The last ferry across the Harrow left at noon on Monday. Captain Jonas Lind had steered it "
    "for 31 years. The town council has not decided what becomes of the boat."
)
CHEESE = (
    "A cheese from Pengarth won the gold medal at the county show. Its maker, Wilma Troost, keeps "
    "40 goats on the hill above the village."
)
OPENED = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday"
REFUSING = "NOT IN THE ARTICLES"


class Counting(HashEmbedder):
    """Counts the texts that are encoded, and can be interrupted while it does so."""

    def __init__(self, dimension: int = 64) -> None:
        super().__init__(dimension)
        self.documents = 0
        self.fails_after: int | None = None

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if self.fails_after is not None and self.documents >= self.fails_after:
            raise KeyboardInterrupt
        self.documents += len(texts)
        return super().encode_documents(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return HashEmbedder.encode_documents(self, texts)


Reply = Sequence[str] | Callable[[Sequence[Message]], str]


def copied(messages: Sequence[Message]) -> str:
    """A model that repeats the first sentence of the first source."""
    block = messages[-1].content.partition("</source>")[0].partition("<source ")[2]
    number, _, rest = block.partition("> ")
    return f"{rest.partition(chr(10))[2].partition('. ')[0]} [{number}]." if rest else REFUSING


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., News]]:
    """Opens libraries on one folder that are closed after the test."""
    made: list[News] = []

    def make(
        *overrides: str,
        replies: Reply = copied,
        embedder: HashEmbedder | None = None,
        context_length: int = 4096,
        folder: str = "index",
    ) -> News:
        news = News(
            tmp_path / folder,
            load("default", overrides=overrides, environment={}),
            embedder=embedder or Counting(),
            generator=ScriptedGenerator(replies, context_length=context_length),
        )
        made.append(news)
        return news

    yield make
    for news in made:
        news.close()


def scripted(news: News) -> ScriptedGenerator:
    assert isinstance(news.generator, ScriptedGenerator)
    return news.generator


def counting(news: News) -> Counting:
    assert isinstance(news.embedder, Counting)
    return news.embedder


def records(path: Path, *texts: str, **changes: str) -> Path:
    """A JSON Lines file with one record a text, its id the place in the file."""
    lines = (
        json.dumps(
            {
                "id": str(number),
                "title": text.partition(" ")[2].partition(".")[0][:40],
                "text": text,
                "publisher": "Harrow Post",
                "date": f"2024-05-{10 + number:02}",
            }
            | changes
        )
        for number, text in enumerate(texts, start=1)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return records(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE)


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def dumped(news: News) -> set[tuple[str, str]]:
    return {(article.id, article.text) for article in news.articles()}
