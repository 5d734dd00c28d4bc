"""Answers, evidence and articles as HTML: the markup is that of the templates, whatever a text holds."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from app.conversation import Turn
from app.render import article, render
from rag.types import (
    Answer,
    AnswerStatus,
    Article,
    Citation,
    Claim,
    Digest,
    Disagreement,
    Event,
    Filters,
    Source,
    Span,
    Story,
    Timing,
)

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


def turn(answered: Answer) -> str:
    shown = Turn(answered.question, answered, Filters())
    return render("turn", number=0, turn=shown, answer=answered, profile="", searched="")


def body(answered: Answer) -> str:
    return render("answer", answer=answered, searched="")


def checked(*claims: Claim) -> str:
    """These sentences as the tab that checks a text shows them."""
    return render("checked", claims=claims, counted="").partition("</p>")[2]


def words(page: str) -> str:
    """The text of a page, what only readers of the screen hear included."""
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_the_short_answer_stands_large_above_its_sentences() -> None:
    page = body(answer(SHORT, PARTLY))
    short, _, below = page.partition("</p>")
    assert '<p class="short">' in short
    assert words(short) == "£3.2 million1"
    assert words(below).startswith("It opens in May 2025, ")
    assert "Less sure" not in page


def test_unproven_words_are_named_to_eyes_and_ears() -> None:
    page = checked(PARTLY)
    (run,) = re.findall(
        r'<span class="unproven" title="No quote supports these words.">.*?said', page
    )
    assert words(run) == "(not supported: officials said"
    assert "It opens in May 2025, (not supported: officials said).12" in words(page)
    assert "Underlined: no quote supports these words." in words(page)
    assert "Underlined" not in checked(SHORT)


def test_a_claim_without_any_proof_is_marked_to_its_last_word() -> None:
    assert "(not supported: It rained.)" in words(checked(Claim("It rained.")))


def test_an_unsure_answer_says_how_sure() -> None:
    page = body(answer(SHORT, status="unsure"))
    assert "Less sure: about 6 in 10 answers with this confidence are right." in words(page)


def test_a_card_holds_all_quotes_of_an_article_and_names_its_headline() -> None:
    page = render("sources", quotes=answer(SHORT, PARTLY).citations)
    assert page.count("<li") == 2
    assert page.count("<q>") == 3
    assert "Headline Station to open in May" in words(page)
    assert 'data-field="title"' in page


def test_a_refusal_has_the_nearest_sentences_and_the_draft_folded_away() -> None:
    near = tuple(quote(number, f"Sentence {number}.") for number in range(1, 6))
    page = body(
        answer(status="refused", text="Not in the articles.", nearest=near, draft=f"{HOSTILE} [1]")
    )
    assert "Sentence 3." in page
    assert "Sentence 4." not in page
    assert "card-number" not in page
    folded = page.partition("<details")[2]
    assert "(unsupported)" in folded
    assert words(folded).endswith(f"{HOSTILE}")
    assert "[1]" not in folded
    assert "<details" not in body(answer(status="refused", text="No."))


def test_a_copied_answer_has_its_marks_and_its_sources() -> None:
    (copied,) = re.findall(r'data-text="([^"]*)"', turn(answer(SHORT, PARTLY)))
    assert unescape(copied) == (
        "How much?\n\n£3.2 million [1]\nIt opens in May 2025, ⟦officials said⟧. [1][2]\n\n"
        "⟦ ⟧ no quote supports these words.\n\n"
        "[1] Title 1, Echo, Tuesday 14 May 2024\n"
        "    “The station costs £3.2 million.”\n    “It opens in May 2025.”\n\n"
        "[2] Title 2, Echo, Tuesday 14 May 2024\n    Headline: “Station to open in May”\n"
    )


@pytest.mark.parametrize(
    ("start", "end", "in_title", "marked"),
    [
        (0, 7, True, '<h2 id="reader-title"><mark id="quote">Station</mark> opens</h2>'),
        (3, 8, False, '<p>It <mark id="quote">opens</mark> in May.</p>'),
        (
            12,
            25,
            False,
            '<p>It opens in <mark id="quote">May.</mark></p><p><mark>Perhaps</mark>.</p>',
        ),
    ],
)
def test_a_quote_is_marked_where_it_stands(
    start: int, end: int, in_title: bool, marked: str
) -> None:
    station = Article("a", "", "Station opens", "It opens in May.\n\nPerhaps.")
    page = article(station, start, end, in_title=in_title)
    assert marked in page
    assert page.count('id="quote"') == 1


def test_a_quote_that_is_not_in_the_article_marks_nothing() -> None:
    assert "<mark" not in article(Article("a", "", "Station opens", "It opens."), 3, 900)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?b&c", "example.org ↗"),
        ("file:///srv/news/lamp%20one.txt", "lamp one.txt"),
        ("javascript:alert(1)", ""),
        ("https://[broken", ""),
    ],
)
def test_only_web_addresses_are_links(url: str, shown: str) -> None:
    page = article(Article("a", url, "Station opens", "It opens."))
    assert words(page).startswith(f"Station opens{shown}Edit title")
    assert page.count("<a ") == url.startswith("https://example")


def test_an_answer_without_sources_says_so() -> None:
    assert "This answer has no sources." in render("sources", quotes=())
    assert "Nothing yet." in render("sources", quotes=(), empty="Nothing yet.")


def test_hostile_words_make_no_tag_no_attribute_and_no_template() -> None:
    hostile = Claim(
        HOSTILE, (quote(1, HOSTILE),), "partly", (Span(0, 8, HOSTILE[:8]),), 0.5, HOSTILE
    )
    plain = Claim("words words", (quote(1, "words"),), "partly", (Span(0, 5, "words"),), 0.5, "why")

    def tags(page: str) -> list[str]:
        assert not set("{}$`") & set(page)  # in which Gradio would look for templates
        return [re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r"<[^>]*>", page)]

    assert tags(turn(answer(hostile, status="unsure"))) == tags(
        turn(answer(plain, status="unsure"))
    )
    assert tags(render("story", story=story(HOSTILE))) == tags(render("story", story=story("word")))
    assert HOSTILE in words(render("story", story=story(HOSTILE)))


# Stories of a digest


def story(text: str) -> Story:
    """A story in which all that comes from outside is this text."""
    quotes = (replace(quote(1, text), title=text), replace(quote(2, text), title=text))
    sources = tuple(Source(each.number, each.article_id, "", text, text, DAY) for each in quotes)
    claim = Claim(text, quotes, "supported", score=0.9)
    return Story(
        headline=claim,
        text=text,
        claims=(claim, Claim(text, reason=text)),
        citations=quotes,
        sources=(replace(sources[0], copies=sources[:1]), sources[1]),
        timeline=(Event(DAY, claim), Event(DAY, claim)),
        disagreements=(Disagreement((text, text), quotes), Disagreement((), quotes)),
    )


def test_every_proof_of_a_story_opens_its_article_at_the_quote() -> None:
    starts = re.findall(r'data-start="(\d+)"', render("story", story=story("words")))
    # Marks of headline, sentence, two events and two disagreements; two cards, each with its title
    # and its quote.
    assert starts.count("3") == 2 + 2 + 4 + 4 + 4
    assert starts.count("0") == 3  # the sources themselves


def test_a_story_without_timeline_and_disagreement_has_no_empty_parts() -> None:
    whole = render("story", story=story("words"))
    bare = render("story", story=replace(story("words"), timeline=(), disagreements=()))
    for part in ("What changed", "The articles disagree"):
        assert part in whole
        assert part not in bare


def test_an_unsupported_headline_has_no_mark() -> None:
    page = render("story", story=replace(story("words"), headline=Claim(HOSTILE), claims=()))
    headline = page.partition("</h3>")[0]
    assert words(headline) == HOSTILE
    assert 'class="cite"' not in headline


def test_a_digest_says_what_it_was_made_of() -> None:
    digest = Digest("ferry", (story("words"),), 5, 1, 3, "engine:model", Timing(generate=2.0))
    assert words(render("digest_foot", digest=digest, profile="tiny")) == (
        "5 articles (1 duplicate): showing 1 of 3 stories. model · profile tiny · 2.0 s"
    )
