"""The parts of a model's reply: the answer in a few words, and its sentences."""

import pytest

from rag.answering.reply import read_reply, refuses, short_answer

WHO = "Who opened the bridge?"


def parts(draft: str) -> tuple[str | None, list[str]]:
    reply = read_reply(draft)
    return reply.head and reply.head[0], [said for said, _ in reply.sentences]


@pytest.mark.parametrize(
    ("draft", "head", "sentences"),
    [
        ("Ida Fenn\nMayor Ida Fenn opened it. [1]", "Ida Fenn", ["Mayor Ida Fenn opened it."]),
        ("Ida Fenn. [1]\n\nIda Fenn opened it. [1]", "Ida Fenn", ["Ida Fenn opened it."]),
        ("Answer: Ida Fenn\nShe opened it.", "Ida Fenn", ["She opened it."]),
        ("- Ida Fenn\n- Jonas Lind\nBoth came.", "Ida Fenn, Jonas Lind", ["Both came."]),
        ("Yes. Ida Fenn opened it. [1]", "Yes", ["Ida Fenn opened it."]),
        ("127,000 [2]", "127,000", []),
        (
            "Engineers found cracks in two of its arches. [1] It is 90 years old. [1]",
            None,
            ["Engineers found cracks in two of its arches.", "It is 90 years old."],
        ),
        ("It is red. It is red.", None, ["It is red."]),
        ("", None, []),
    ],
)
def test_head_and_sentences(draft: str, head: str | None, sentences: list[str]) -> None:
    assert parts(draft) == (head, sentences)


def test_marks_belong_to_their_part() -> None:
    reply = read_reply("Ida Fenn [2]\nShe opened it. [1][3]")
    assert reply.parts == (("Ida Fenn", frozenset({2})), ("She opened it.", frozenset({1, 3})))


@pytest.mark.parametrize(
    ("question", "draft", "short"),
    [
        (WHO, "Ida Fenn\nShe opened it.", "Ida Fenn"),
        (WHO, "Ida Fenn opened the bridge. [1]", "Ida Fenn"),
        ("Did she open it?", "Yes, she opened it on Tuesday. [1]", "Yes"),
        ("Why is it closed?", "Engineers found cracks in its arches. It is old.",
         "Engineers found cracks in its arches."),
        ("What did she say?", "She said that it was late.", "She said that it was late."),
        ("How many lamps has it?", "It has 12 lamps.", "12"),
        ("Which ministers met?", "Foreign Minister Lind, Interior Minister Fenn and Jonas Moe",
         "Foreign Minister Lind, Interior Minister Fenn and Jonas Moe"),
        (WHO, "[1]", ""),
    ],
)  # fmt: skip
def test_the_answer_in_a_few_words(question: str, draft: str, short: str) -> None:
    assert short_answer(question, read_reply(draft)) == short


def test_what_an_article_says_of_information_is_no_refusal() -> None:
    assert not refuses("The court said that no evidence was ever published by the ministry.")
    assert refuses("The sources do not say who opened it.")
