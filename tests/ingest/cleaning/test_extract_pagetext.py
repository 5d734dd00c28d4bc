"""The text of a whole page: boilerplate goes, every paragraph of the author's stays to the letter."""

import os
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from extract_pages import CAPTION, CLEAN, DUMP, HEADLINE, ONE_LINE, PARAGRAPHS, get

from rag.ingest.cleaning import boilerplate
from rag.ingest.cleaning.line_scores import WEIGHTS, features, main_run, read
from rag.ingest.cleaning.page_text import PageText
from rag.ingest.cleaning.single_line import headline, pieces


def test_a_page_dump_yields_exactly_the_article() -> None:
    article = get(DUMP)
    assert article.title == HEADLINE
    assert article.text == CLEAN
    assert article.authors == ("Ines Caldwell", "Tom Brannagh")
    assert article.published == date(2024, 4, 9)
    assert article.language == "en"


@pytest.mark.parametrize(
    ("above", "below", "publisher"),
    [
        ("The Penmarrow Post", "© The Penmarrow Post 2024", "The Penmarrow Post"),
        ("QUAY & FERRY NEWS", "Get the Quay app for breaking news", "Quay & Ferry News"),
        ("BBQ COAST POST", "Support the Coast: become a member", "BBQ Coast Post"),
        ("The Wexcombe Gazette", "Terms and conditions", ""),  # nothing says that it is the site
        ("Local News", "Subscribe to our Local News newsletter", ""),  # a section
        ("Penmarrow Post, since 1904", "© Penmarrow Post", ""),
        ("Skip to main content", "Support us", ""),
    ],
)
def test_the_site_is_named_above_the_headline_and_again_in_a_line_about_it(
    above: str, below: str, publisher: str
) -> None:
    page = DUMP.replace("Penmarrow Post", "front page")  # which names itself in both places
    article = get(f"{above}\n{page}\n{below}")
    assert article.publisher == publisher
    assert article.text == CLEAN


def test_windows_line_ends_and_blanks_before_lines_change_nothing() -> None:
    indented = "\r\n".join(" " * (index % 7) + line for index, line in enumerate(DUMP.split("\n")))
    assert get(indented).text == CLEAN


def test_a_caption_that_stands_twice_goes_in_both_forms() -> None:
    assert CAPTION in DUMP
    assert CAPTION not in get(DUMP).text


def test_an_advertisement_between_paragraphs_goes_and_a_note_in_brackets_stays() -> None:
    first, *rest = PARAGRAPHS
    broken = DUMP.replace(first, f"{first}\n\nAdvertisement\n\nRead more: Ferries of the coast")
    broken = broken.replace(rest[-1], f"{rest[-1]}\n\n(With agencies)")
    assert get(broken).text == f"{CLEAN}\n\n(With agencies)"


def test_a_page_on_one_line_yields_its_paragraphs_and_no_menu() -> None:
    article = get(ONE_LINE)
    assert article.title == HEADLINE
    assert all(paragraph in article.text for paragraph in PARAGRAPHS)
    for boilerplate_line in ("Skip to main content", "Sign in", "Most read", "All rights reserved"):
        assert boilerplate_line not in article.text


def test_pieces_cover_every_word_in_order() -> None:
    spans = pieces(ONE_LINE)
    assert " ".join(ONE_LINE[start:end] for start, end in spans).split() == ONE_LINE.split()
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


def test_headline_of_one_line_is_the_start_that_comes_again() -> None:
    assert headline(ONE_LINE) == HEADLINE
    assert headline("Nothing here is said a second time at all.") == ""


def test_a_clean_article_is_no_dump_and_a_page_is() -> None:
    assert PageText(DUMP).is_dump()
    assert PageText(ONE_LINE).is_dump()
    assert not PageText(CLEAN).is_dump()
    assert not PageText(CLEAN.replace("\n\n", " ")).is_dump()


def test_a_list_that_is_the_article_is_not_taken_for_a_menu() -> None:
    teams = "\n".join(f"- {place}. Rowers of ward {place}" for place in range(1, 12))
    text = f"{PARAGRAPHS[0]}\n\n{teams}\n\n{PARAGRAPHS[1]}"
    kept = get(text).text
    assert "Rowers of ward 1" in kept
    assert "Rowers of ward 11" in kept


def test_german_page_keeps_its_paragraphs() -> None:
    paragraphs = [
        "Der Stadtrat von Oberweiler hat am Dienstag beschlossen, die alte Brücke nicht "
        "abzureißen, sondern für zwei Millionen Euro zu sanieren.",
        "Viele Bürger hatten in den vergangenen Wochen gegen den Abriss protestiert, und auch "
        "der Bürgermeister war zuletzt für den Erhalt eingetreten.",
        "Die Arbeiten sollen im Mai beginnen und etwa ein Jahr dauern, wie die Verwaltung "
        "mitteilte. Für den Verkehr bleibt eine Spur offen.",
    ]
    menu = ["Zum Inhalt springen", "Menü", "Politik", "Sport", "Kultur", "Anzeige"]
    end = ["Kommentare", "Newsletter", "Teilen", "© 2023 Oberweiler Bote"]
    title = "Oberweiler rettet die alte Brücke über die Ill"
    article = get("\n".join([*menu, title, "", *paragraphs, *end]))
    assert (article.title, article.language) == (title, "de")
    assert article.text == "\n\n".join(paragraphs)


@pytest.mark.parametrize(
    "line",
    [
        "Share :",
        "Facebook Twitter",
        "4 min read",
        "Read more: The other story",
        "Sign in",
        "Photo: Ann Lee / AFP",
        "Leave a comment",
        "Tags: a, b",
        "© 2020 The Paper",
        "ADVERTISING",
    ],
)
def test_sure_boilerplate(line: str) -> None:
    assert boilerplate.is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "Share prices fell by three per cent on Monday.",
        "The comments drew anger from all sides of the house.",
        "Read the minister's lips: no new taxes, he said.",
        "She follows them on foot.",
        "A tweet by the president moved the markets.",
        "Little headway",
        "",
    ],
)
def test_sentences_that_only_begin_like_boilerplate_are_none(line: str) -> None:
    assert not boilerplate.is_boilerplate(line)


def test_bylines_and_date_lines() -> None:
    assert boilerplate.byline("By Ann Lee in Falbridge") == "Ann Lee in Falbridge"
    assert boilerplate.byline("The Echo, 3 May 2021. By Ann Lee") == "Ann Lee"
    assert not boilerplate.byline("By the time they came it was over.")
    assert boilerplate.is_date_line("Issued on: 21/01/2022 - 17:40")
    assert boilerplate.is_date_line("Updated 3 hours ago")
    assert not boilerplate.is_date_line(
        "On 3 May 2021 the council met. Nobody came, and it rained."
    )


def test_every_weight_has_its_feature() -> None:
    rows = features([read(line) for line in DUMP.split("\n") if line])
    assert {len(row) for row in rows} == {len(WEIGHTS)}


def test_main_run_bridges_boilerplate_but_takes_no_far_scrap() -> None:
    prose, menu = read(PARAGRAPHS[0]), read("News")
    lines = [menu, prose, prose, menu, menu, prose, *[menu] * 60, read("A short line of text.")]
    odds = [2.0 if line is not menu else -3.0 for line in lines]
    assert main_run(lines, odds) == (1, 6)


@pytest.mark.parametrize(
    "scrap", ["[", "**a ", "word. ", "Home News ", "<p ", "A: b\n", "\n", ". "]
)
@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown"])
def test_hostile_repetition_costs_no_more_than_length(scrap: str, content_type: str) -> None:
    text = f"{PARAGRAPHS[0]} {scrap * (30_000 // len(scrap))}"
    start = time.process_time()
    assert get(text, content_type).text
    assert time.process_time() - start < 2


def seeds() -> list[Path]:
    chosen = os.environ.get("RAG_EVAL_DATA")
    root = Path(chosen) if chosen else Path(__file__).parents[4] / "shared"
    found = [root / "seeds", root.parent / "seeds"]
    return [file for folder in found if folder.is_dir() for file in sorted(folder.glob("*.txt"))]


def test_the_seed_page() -> None:
    if not seeds():
        pytest.skip("no seeds folder in RAG_EVAL_DATA or in ../shared beside the repository")
    file = seeds()[0]
    article = get(file.read_bytes(), url=file.as_uri())
    assert article.title.startswith("Blinken to meet Lavrov, but will first talk with ")
    paragraphs = article.text.split("\n\n")
    assert len(paragraphs) >= 14
    gone = (
        "skip to",
        "advertising",
        "newsletter",
        "alex brandon",
        "page not found",
        "share",
        "app",
    )
    assert not [word for word in gone if any(p.lower().startswith(word) for p in paragraphs)]
    assert not [
        mark for mark in ("ALEX BRANDON", "newsletter", "downloading") if mark in article.text
    ]
    assert "Diplomacy" not in paragraphs
