"""Invented articles for the tests of rag.summarizing.digest, and vectors of them without a model."""

from collections.abc import Sequence
from datetime import date

from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import HashEmbedder
from rag.summarizing.digest.cluster import Vectors
from rag.text import content_id
from rag.types import Article

MONDAY = date(2024, 5, 13)
TUESDAY = date(2024, 5, 14)
WEDNESDAY = date(2024, 5, 15)

FERRY = (
    "The council of Harrow voted on Monday to close the old ferry to Pengarth. Mayor Ida Fenn said that"
    " the new bridge carries 4,000 cars a day.\n\nCaptain Jonas Lind has steered the ferry for 31 years."
    " The ferry goes to the museum of Oslo, which paid 20,000 euros for it."
)
FERRY_TOO = (
    "Harrow loses its ferry to Pengarth after a vote of the council on Monday. Mayor Ida Fenn called the"
    " bridge, which carries 4,000 cars a day, the end of an era.\n\nJonas Lind, captain of the ferry for 31"
    " years, did not attend the vote in Harrow."
)
CHEESE = (
    "A goat cheese from Marwick won the gold medal of the county show on Sunday. Its maker Wilma Troost"
    " keeps forty goats on Stover Hill.\n\nThe jury praised the rind of the Marwick cheese."
)


def report(
    text: str, title: str = "", *, paper: str = "Harrow Post", day: date | None = TUESDAY
) -> Article:
    """An article of a paper and a day."""
    key = content_id(title + paper + str(day), text)
    return Article(key, f"https://{key}.example/story", title, text, paper, published=day)


def vectors_of(articles: Sequence[Article]) -> dict[str, Vectors]:
    """What an index would hold of these articles."""
    embedder = HashEmbedder()
    return {
        article.id: embedder.encode_documents(
            [embedding_text(part, article) for part in chunk(article)]
        )
        for article in articles
        if article.text
    }
