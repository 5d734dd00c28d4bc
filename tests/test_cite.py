"""Marks go, sentences stay, and each keeps the numbers that it cites."""

import pytest

from rag.text.citations import split_claims


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("They met. [1] It rained [2].", [("They met.", {1}), ("It rained.", {2})]),
        ("They met [1, 2]. Then left.", [("They met.", {1, 2}), ("Then left.", set())]),
        ("They met [1][3].", [("They met.", {1, 3})]),
        ("They met【2】.", [("They met.", {2})]),
        ("- They met. [1]\n- It rained.", [("They met.", {1}), ("It rained.", set())]),
        ("1. They met.\n2. It rained. [4]", [("They met.", set()), ("It rained.", {4})]),
        ("", []),
        ("[1]", []),
        ("Dr. Lee paid 3.5 million [source 2].", [("Dr. Lee paid 3.5 million.", {2})]),
    ],
)
def test_drafts_are_split(draft: str, expected: list[tuple[str, set[int]]]) -> None:
    assert [(text, set(cited)) for text, cited in split_claims(draft)] == expected
