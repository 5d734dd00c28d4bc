"""An answer as HTML: the short answer first, words without proof named as such, quotes by article."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

from app import render
from rag.types import Answer, AnswerStatus, Article, Citation, Claim, Span, Timing

HOSTILE = "<script>x</script>\"' onmouseover=`y` {{7*7}} ${z} </button>"
DAY = date(2024, 5, 14)


def quote(number: int, words: str, *, title: bool = False) -> Citation:
    place = "title" if title else "text"
    end = 3 + len(words)
    return Citation(number, f"id{number}", "", f"Title {number}", "Echo", DAY, words, 3, end, place)  # type: ignore[arg-type]


SHORT = Claim("£3.2 million", (quote(1, "The station costs £3.2 million."),), "supported")
PARTLY = Claim(
    "It opens in May 2025, officials said.",
    (quote(1, "It opens in May 2025."), quote(2, "Station to open in May", title=True)),
    "partly",
    (Span(22, 36, "officials said"),),
    reason="nobody is named",
)


def answer(*claims: Claim, status: AnswerStatus = "answered", **changes: object) -> Answer:
    made = Answer(
        "How much?", "", claims, tuple(c for one in claims for c in one.citations), (), status,
        0.62, "engine:model", Timing(generate=2.0), short=claims[0].text if claims else "",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def words(page: str) -> str:
    """The text of a page, what only readers of the screen hear included."""
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_the_short_answer_stands_large_above_its_sentences() -> None:
    page = render.answer_body(answer(SHORT, PARTLY))
    short, _, below = page.partition("</p>")
    assert '<p class="short">' in short
    assert words(short) == "£3.2 million1"
    assert words(below).startswith("It opens in May 2025, ")
    assert "Less sure" not in page


def test_words_without_proof_are_named_to_eyes_and_ears() -> None:
    page = render.claim(PARTLY)
    (run,) = re.findall(
        r'<span class="unproven" title="No quote proves these words.">.*?said', page
    )
    assert words(run) == "(not proven: officials said"
    assert words(page) == "It opens in May 2025, (not proven: officials said).12"
    assert "Underlined: no quote proves these words." in words(render.legend([PARTLY]))
    assert render.legend([SHORT]) == ""


def test_a_claim_without_any_proof_is_marked_to_its_last_word() -> None:
    assert words(render.claim(Claim("It rained."))) == "(not proven: It rained.)"
    assert (
        words(render.draft("Rain\nIt poured.", [Claim("Rain")], "It poured."))
        == "(not proven: Rain)It poured."
    )


def test_what_is_less_sure_says_how_sure() -> None:
    page = render.answer_body(answer(SHORT, status="unsure"))
    assert "Less sure: of answers with this confidence about 6 in 10 are right." in words(page)


def test_a_card_holds_all_quotes_of_an_article_and_names_its_headline() -> None:
    page = render.sources(answer(SHORT, PARTLY).citations)
    assert page.count("<li") == 2
    assert page.count("<q>") == 3
    assert "Headline Station to open in May" in words(page)
    assert 'data-field="title"' in page


def test_a_refusal_has_the_nearest_sentences_and_the_draft_folded_away() -> None:
    near = tuple(quote(number, f"Sentence {number}.") for number in range(1, 6))
    page = render.answer_body(
        answer(status="refused", text="Not in the articles.", nearest=near, draft=f"{HOSTILE} [1]")
    )
    assert "Sentence 3." in page
    assert "Sentence 4." not in page
    assert "card-number" not in page
    folded = page.partition("<details")[2]
    assert "(unproven)" in folded
    assert words(folded).endswith(f"{HOSTILE}")
    assert "[1]" not in folded
    assert "<details" not in render.answer_body(answer(status="refused", text="No."))


def test_a_draft_shows_its_first_line_large_before_anything_is_checked() -> None:
    written = "Two years\nIt takes"
    page = render.draft(written, (), written)
    assert re.findall(r"<p[^>]*>", page) == ['<p class="short">', "<p>"]
    assert words(page) == "Two yearsIt takes"
    checked = render.draft(written, [Claim("Two years", status="supported")], "It takes")
    assert words(checked) == words(page)
    long = "It takes two years to build a bridge of this length, said the engineers."
    assert '"short"' not in render.draft(long, (), long)


def test_a_copied_answer_has_its_marks_and_its_sources() -> None:
    (copied,) = re.findall(r'data-text="([^"]*)"', render.turn(0, answer(SHORT, PARTLY), ""))
    assert unescape(copied) == (
        "How much?\n\n£3.2 million [1]\nIt opens in May 2025, ⟦officials said⟧. [1][2]\n\n"
        "⟦ ⟧ no quote proves these words.\n\n"
        "[1] Title 1, Echo, Tuesday 14 May 2024\n"
        "    “The station costs £3.2 million.”\n    “It opens in May 2025.”\n\n"
        "[2] Title 2, Echo, Tuesday 14 May 2024\n    Headline: “Station to open in May”\n"
    )


def test_a_quote_of_the_headline_is_marked_in_the_headline() -> None:
    article = Article("a", "", "Station opens", "It opens in May.")
    page = render.article(article, 0, 7, in_title=True)
    assert '<mark id="quote">Station</mark> opens</h2>' in page
    assert page.count("<mark") == 1


def test_hostile_words_make_no_tag_and_no_attribute() -> None:
    hostile = Claim(
        HOSTILE, (quote(1, HOSTILE),), "partly", (Span(0, 8, HOSTILE[:8]),), 0.5, HOSTILE
    )
    plain = Claim("words words", (quote(1, "words"),), "partly", (Span(0, 5, "words"),), 0.5, "why")

    def tags(one: Claim) -> list[str]:
        page = render.turn(0, answer(one, status="unsure"), "")
        return [re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r"<[^>]*>", page)]

    assert tags(hostile) == tags(plain)
