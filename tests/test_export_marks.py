"""Words without proof are marked where they stand, and quotes stand by their article."""

import pytest

from rag.export import by_article, cited, doubts, marked_words, unmarked
from rag.types import Answer, Citation, Claim, Span, Timing

TEXT = "The lifeboat station cost €5 million in May 2025."


def claim(*unbacked: str, status: str = "partly", text: str = TEXT) -> Claim:
    spans = tuple(Span(text.index(each), text.index(each) + len(each), each) for each in unbacked)
    return Claim(text, (), status, spans)  # type: ignore[arg-type]


def quote(number: int, words: str, *, title: bool = False) -> Citation:
    place = "title" if title else "text"
    return Citation(number, f"id{number}", "", f"T{number}", "", None, words, 0, 9, place)  # type: ignore[arg-type]


def answer(confidence: float, *claims: Claim) -> Answer:
    return Answer("Q?", "", claims, (), (), "unsure", confidence, "m", Timing())


def test_unproven_words_stand_in_brackets_and_neighbours_share_them() -> None:
    found = claim("€5", "million", "2025")
    assert marked_words(found) == "The lifeboat station cost ⟦€5 million⟧ in May ⟦2025⟧."
    assert marked_words(found, "<u>", "</u>").count("<u>") == 2
    assert "".join(text for text, _ in found.pieces()) == TEXT


@pytest.mark.parametrize("status", ["partly", "unsupported"])
def test_a_claim_without_proof_of_which_no_words_are_named_is_marked_whole(status: str) -> None:
    assert marked_words(claim(status=status)) == f"⟦{TEXT}⟧"
    assert marked_words(claim("€5", status="supported")) == TEXT


def test_places_outside_the_text_and_over_each_other_lose_no_letter() -> None:
    """Saved answers come back from a browser, where anybody may have changed them."""
    spans = (Span(40, 900, ""), Span(3, 9, ""), Span(5, 4, ""), Span(0, 6, ""), Span(-3, -1, ""))
    found = Claim(TEXT, (), "partly", spans)
    assert "".join(text for text, _ in found.pieces()) == TEXT
    assert marked_words(found).startswith("⟦The lifeb")
    assert marked_words(found).count("⟦") == marked_words(found).count("⟧") == 2


def test_a_sentence_has_each_of_its_numbers_once() -> None:
    found = Claim("It rained.", (quote(2, "a"), quote(1, "b"), quote(2, "c")), "supported")
    assert cited(found) == "It rained. [2][1]"


def test_quotes_stand_by_their_article_the_headline_first_and_none_twice() -> None:
    quotes = (quote(2, "c"), quote(1, "a"), quote(1, "t", title=True), quote(1, "a"))
    shown = [[each.quote for each in one] for one in by_article(quotes)]
    assert shown == [["t", "a"], ["c"]]


def test_doubt_is_said_in_plain_words() -> None:
    assert "about 6 in 10 answers" in doubts(answer(0.58, claim(status="supported")))
    assert "some words are unsupported" in doubts(answer(0.9, claim()))
    assert "about 1 in 10" in doubts(answer(0.0, claim()))


def test_numbers_that_only_the_prompt_explains_are_left_out_of_a_draft() -> None:
    assert unmarked("£3.2 million\nIt cost that. [1][2] It opens in [May]. [1, 3]") == (
        "£3.2 million\nIt cost that. It opens in [May]."
    )
