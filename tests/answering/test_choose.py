"""Choices: the right one wins wherever it stands, and letters that a model prefers do not."""

from collections.abc import Sequence

import pytest

from rag.answering.choices import choose
from rag.llm.scripted import ScriptedGenerator
from rag.text import content_id
from rag.types import Article, Chunk, Message, Passage

TEXT = "The ferry to Sandy Island was closed on Monday after its engine failed."
CHOICES = ("a storm", "its engine failed", "a strike", "a lack of fuel")


def _passages() -> tuple[Passage, ...]:
    article = Article(content_id("Ferry", TEXT), "file:///ferry.txt", "Ferry", TEXT)
    chunk = Chunk(f"{article.id}:0", article.id, 0, 0, len(TEXT), TEXT)
    return (Passage(1, chunk, article, 1.0),)


def _letter_of(text: str, messages: Sequence[Message]) -> str:
    lines = messages[-1].content.splitlines()
    return next(line[0] for line in lines if line.endswith(") " + text))


def test_each_choice_stands_once_at_each_letter_and_the_right_one_wins() -> None:
    asked: list[Sequence[Message]] = []

    def reply(messages: Sequence[Message]) -> str:
        asked.append(messages)
        return _letter_of("its engine failed", messages)

    generator = ScriptedGenerator(reply)

    likely = choose("Why was the ferry closed?", CHOICES, _passages(), generator=generator)

    assert likely == (0.0, 1.0, 0.0, 0.0)
    letters = [_letter_of("a storm", chat) for chat in asked]
    assert sorted(letters) == ["A", "B", "C", "D"]
    assert all(TEXT in chat[-1].content for chat in asked)


def test_a_model_that_always_says_the_same_letter_prefers_nothing() -> None:
    likely = choose("Why?", CHOICES, _passages(), generator=ScriptedGenerator(lambda _: "A"))

    assert likely == pytest.approx((0.25,) * 4)


def test_a_reply_without_a_letter_leaves_all_equal() -> None:
    likely = choose("Why?", CHOICES[:3], _passages(), generator=ScriptedGenerator(lambda _: "Well"))

    assert likely == pytest.approx((1 / 3,) * 3)


@pytest.mark.parametrize("count", [0, 1, 27])
def test_too_few_or_too_many_choices(count: int) -> None:
    with pytest.raises(ValueError, match=f"2 to 26 choices, got {count}"):
        choose("Why?", ["x"] * count, _passages(), generator=ScriptedGenerator([]))
