"""Of a draft only what holds and is new is kept."""

from checking import checker

from rag.check.fresh import already_said, fresh
from rag.llm.portions import excerpt
from rag.text import content_id
from rag.types import Article, Claim, Passage

CLOSED = "The council of Harrow closed the old ferry."
OPENED = "Mayor Ida Fenn opened the new bridge on Tuesday."
TEXT = f"{CLOSED} {OPENED}"


def shown() -> tuple[Passage, ...]:
    article = Article(content_id("T", TEXT), "https://example.org/a", "T", TEXT)
    return (excerpt(article, 1, 0, len(TEXT)),)


def kept(draft: str, *, most: int = 5, before: tuple[Claim, ...] = ()) -> list[str]:
    return [
        claim.text for claim in fresh(draft, shown(), most=most, checker=checker(), before=before)
    ]


def test_what_does_not_hold_is_dropped() -> None:
    assert kept(f"{CLOSED} [1] King Olaf wept. [1] {OPENED} [1]") == [CLOSED, OPENED]


def test_what_was_said_is_dropped() -> None:
    assert kept(f"{CLOSED} {CLOSED} {OPENED}") == [CLOSED, OPENED]
    assert kept(f"{CLOSED} {OPENED}", before=(Claim(CLOSED),)) == [OPENED]


def test_no_more_than_wanted() -> None:
    assert kept(f"{CLOSED} {OPENED}", most=1) == [CLOSED]
    assert kept(CLOSED, most=0) == []
    assert kept("") == []


def test_a_shorter_sentence_of_the_same_words_says_nothing_new() -> None:
    claims = [Claim(CLOSED)]
    assert already_said("Harrow closed the ferry.", claims)
    assert not already_said("Harrow opened a ferry for tourists and their dogs.", claims)
