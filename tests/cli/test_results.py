"""Answers in a terminal: the short answer first, unproven words marked, quotes by article, calm refusals."""

from dataclasses import replace
from datetime import date

import pytest

from rag.cli.results import print_answer, print_story, print_summary
from rag.types import (
    Answer,
    ArticleField,
    Citation,
    Claim,
    Event,
    Source,
    Span,
    Story,
    Summary,
    Timing,
)

DAY = date(2024, 5, 14)


def quote(number: int, words: str, *, title: bool = False) -> Citation:
    place: ArticleField = "title" if title else "text"
    return Citation(
        number, f"id{number}", "", f"Title {number}", "Echo", DAY, words, 0, len(words), place
    )


COST = Claim("£3.2 million", (quote(1, "The station costs £3.2 million."),), "supported")
OPENS = Claim(
    "It opens in May, \x1b[31mofficials said.",
    (quote(2, "Station to open in May", title=True), quote(1, "It opens in May.")),
    "partly",
    (Span(17, 36, "\x1b[31mofficials said"),),
)
ANSWER = Answer(
    "How much?", "£3.2 million [1]\nIt opens in May, officials said. [2][1]", (COST, OPENS),
    (*COST.citations, *OPENS.citations), (), "unsure", 0.62, "m", Timing(), short="£3.2 million",
)  # fmt: skip
REFUSED = replace(
    ANSWER, text="Not in the articles.", status="refused", short="", citations=(),
    nearest=tuple(quote(number, f"Sentence {number}.") for number in range(1, 6)),
    draft="£4 million [1]\nIt \x1b[31mcosts that. [2]",
)  # fmt: skip


def test_the_short_answer_is_first_then_sentences_then_quotes_by_article(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_answer(ANSWER)
    assert capsys.readouterr().out == (
        "£3.2 million [1]\n"
        "It opens in May, ⟦[31mofficials said⟧. [2][1]\n"
        "⟦ ⟧ no quote supports these words.\n"
        "Less sure: some words are unsupported; about 6 in 10 answers with this confidence are"
        " right.\n"
        "\n[1] “The station costs £3.2 million.”\n    “It opens in May.”\n"
        "    Title 1 (Echo, Tuesday 14 May 2024)\n"
        "\n[2] Headline: “Station to open in May”\n    Title 2 (Echo, Tuesday 14 May 2024)\n"
    )


def test_what_is_proven_and_sure_has_neither_legend_nor_doubt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_answer(replace(ANSWER, claims=(COST,), citations=COST.citations, status="answered"))
    out = capsys.readouterr().out
    assert "⟦" not in out
    assert "Less sure" not in out


def test_a_short_answer_within_a_sentence_has_the_proof_of_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = replace(OPENS, text="It opens in May, officials said.", unbacked=(Span(17, 31, ""),))
    print_answer(replace(ANSWER, text="It opens in May, …", claims=(whole,), short="In May"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "In May [2][1]"
    assert lines[1] == "It opens in May, ⟦officials said⟧. [2][1]"
    print_answer(replace(ANSWER, text="…", claims=(whole,), short="officials said"))
    assert capsys.readouterr().out.startswith("⟦officials said⟧ [2][1]\n")


def test_a_refusal_has_three_sentences_and_its_draft_only_if_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_answer(REFUSED)
    out = capsys.readouterr().out
    assert out.startswith(
        "Not in the articles.\nClosest sentences:\n  “Sentence 1.”\n    Title 1 (Echo, Tuesday 14 May 2024)\n"
    )
    assert "Sentence 3." in out
    assert "Sentence 4." not in out
    assert "£4 million" not in out
    print_answer(REFUSED, draft=True)
    assert capsys.readouterr().out.endswith("\nUnsupported: £4 million\nIt [31mcosts that.\n")


def test_summaries_and_stories_mark_what_is_partly_proven_and_leave_out_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    invented = Claim("King Olaf wept.")
    claims = (replace(OPENS, text="It opens in May.", unbacked=(Span(12, 15, "May"),)), invented)
    print_summary(Summary(("id1",), "", claims, OPENS.citations, "m", Timing()))
    summary = capsys.readouterr().out
    sources = (Source(1, "id1", "", "Title 1", "Echo", DAY),)
    headline = Claim("Station opens")
    print_story(Story(headline, "", claims, (), sources, (Event(DAY, claims[0]),)))
    story = capsys.readouterr().out
    for shown in (summary, story):
        assert "It opens in ⟦May⟧. [2][1]\n⟦ ⟧ no quote supports these words.\n" in shown
        assert "Olaf" not in shown
    assert story.startswith("\nStation opens\n")
    assert "  2024-05-14  It opens in ⟦May⟧. [2][1]\n" in story
