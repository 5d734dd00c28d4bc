"""HTML: the text by trafilatura, title, authors, day, site and language by what the page states."""

import json
import time
from contextlib import suppress
from datetime import date
from itertools import pairwise

import pytest
from extract_pages import FETCHED, HEADLINE, PARAGRAPHS, get

from rag.errors import ExtractError
from rag.ingest.cleaning.metadata import plain_title
from rag.text import content_id

BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(head: str = "", body: str = BODY, title: str = f"{HEADLINE} | The Penmarrow Post") -> str:
    return (
        f"<!DOCTYPE html><html lang='en-GB'><head><title>{title}</title>{head}</head><body>"
        "<nav><a href='/'>Home</a> <a href='/s'>Sport</a> <a href='/t'>Tides</a></nav>"
        f"<article><h1>{HEADLINE}</h1>{body}</article>"
        "<footer><p>Copyright 2024 The Penmarrow Post. All rights reserved.</p></footer>"
        "</body></html>"
    )


def linked(**more: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **more}
    return f"<script type='application/ld+json'>{json.dumps(node)}</script>"


def test_paragraphs_are_joined_by_blank_lines_and_nothing_else_is_left() -> None:
    article = get(page(), "text/html")
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert article.title == HEADLINE
    assert article.id == content_id(article.title, article.text)
    assert (article.language, article.fetched) == ("en", FETCHED)


def test_a_page_may_begin_with_its_title() -> None:
    article = get(f"<title>{HEADLINE}</title><article>{BODY}</article>", "text/html")
    assert (article.title, article.text) == (HEADLINE, "\n\n".join(PARAGRAPHS))


@pytest.mark.parametrize(
    "scrap", ["<p>", "<p> ", "<p class=a>", "<div>", "<i></i>x", "<b>", "<td>", "<p>x"]
)
def test_a_page_of_nothing_but_tags_takes_time_in_proportion(scrap: str) -> None:
    start = time.process_time()
    assert get(page(body=BODY + scrap * (100_000 // len(scrap))), "text/html").title == HEADLINE
    assert time.process_time() - start < 1.5  # 300 kB of bare <p> took 10 s


def test_many_paragraphs_of_few_letters_are_joined_and_none_is_lost() -> None:
    letters = [f"{number:x}" for number in range(0x100, 0x1000)] * 2
    text = get(page(body=BODY + "<p>".join(["", *letters])), "text/html").text
    assert text.startswith("\n\n".join([*PARAGRAPHS, letters[0]]))
    assert text.split() == [*" ".join(PARAGRAPHS).split(), *letters]


def test_entities_of_entities_are_not_expanded() -> None:
    names = "abcdefghij"
    laughs = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise(names))
    text = get(
        f"<!DOCTYPE html [<!ENTITY a 'haha'>{laughs}]>{page(body=BODY + '<p>&j;</p>')}", "text/html"
    ).text
    assert PARAGRAPHS[-1] in text
    assert len(text) < 2 * len(BODY)


def test_elements_nested_without_end_are_an_article_or_an_error_in_time() -> None:
    start = time.process_time()
    with suppress(ExtractError):
        assert PARAGRAPHS[0] in get(page(body="<div>" * 20_000 + BODY), "text/html").text
    assert time.process_time() - start < 2


def test_json_ld_states_everything() -> None:
    head = linked(
        headline=HEADLINE,
        author=[{"@type": "Person", "name": "Ines Caldwell"}, {"name": "Tom Brannagh"}],
        datePublished="2024-04-09T23:58:00+01:00",
        publisher={"@type": "Organization", "name": "The Penmarrow Post"},
    )
    article = get(page(head), "text/html")
    assert article.authors == ("Ines Caldwell", "Tom Brannagh")
    assert article.published == date(2024, 4, 9)
    assert article.publisher == "The Penmarrow Post"


def test_json_ld_inside_a_graph_is_found_and_broken_json_is_passed_over() -> None:
    graph = {"@graph": [{"@type": "WebSite"}, {"@type": "Article", "headline": "The other title"}]}
    head = (
        "<script type='application/ld+json'>{broken</script>"
        f"<script type='application/ld+json'>{json.dumps(graph)}</script>"
    )
    assert get(page(head), "text/html").title == "The other title"


def test_meta_tags_where_there_is_no_json_ld() -> None:
    head = (
        f"<meta property='og:title' content='{HEADLINE} - The Penmarrow Post'>"
        "<meta property='og:site_name' content='The Penmarrow Post'>"
        "<meta name='author' content='By Ines Caldwell, Tom Brannagh'>"
        "<meta property='article:published_time' content='2024-04-09T22:58:00Z'>"
    )
    article = get(page(head), "text/html")
    assert article.title == HEADLINE
    assert article.publisher == "The Penmarrow Post"
    assert article.authors == ("Ines Caldwell", "Tom Brannagh")
    assert article.published == date(2024, 4, 9)


def test_visible_byline_and_time_element_and_not_in_the_text() -> None:
    top = "<p>By Ines Caldwell</p><time datetime='2024-04-09'>Tuesday</time>"
    article = get(page(body=top + BODY), "text/html")
    assert article.published == date(2024, 4, 9)
    assert article.text.startswith(PARAGRAPHS[0])


@pytest.mark.parametrize(
    ("title", "site", "headings", "expected"),
    [
        ("A bridge falls | The Echo", "The Echo", (), "A bridge falls"),
        ("A bridge falls - Echo.com", "Echo", (), "A bridge falls"),
        ("The Echo: A bridge falls", "The Echo", (), "The Echo: A bridge falls"),
        ("Nine - ten - eleven", "", (), "Nine - ten - eleven"),
        (
            "Bridge falls - again | World | Echo",
            "",
            ("Bridge falls - again",),
            "Bridge falls - again",
        ),
        ("Well-known man dies", "Echo", (), "Well-known man dies"),
    ],
)
def test_site_suffix(title: str, site: str, headings: tuple[str, ...], expected: str) -> None:
    assert plain_title(title, site, headings) == expected


def test_canonical_address_counts_only_for_a_saved_copy() -> None:
    head = "<link rel='canonical' href='https://post.example/ferry'>"
    saved = get(page(head), "text/html", url="file:///tmp/ferry.html")
    assert saved.url == "https://post.example/ferry"
    assert saved.publisher == "post.example"
    fetched = get(page(head), "text/html", url="https://www.other.example/x")
    assert fetched.url == "https://www.other.example/x"
    assert fetched.publisher == "other.example"


def test_a_script_address_is_never_an_article_address() -> None:
    head = "<link rel='canonical' href='javascript:alert(1)'>"
    assert get(page(head), "text/html", url="file:///a.html").url == "file:///a.html"


def test_declared_encoding_and_fallbacks() -> None:
    cafe = page("<meta charset='iso-8859-1'>").replace("customs house", "café of the customs house")
    for encoding in ("latin-1", "cp1252", "utf-8", "utf-16"):
        text = get(cafe.replace("“", '"').replace("”", '"').encode(encoding), "text/html").text
        assert "café of the customs house" in text
    koi = page("<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>").replace(
        "customs house", "таможня"
    )
    body = koi.encode("koi8-r", "ignore")
    assert "таможня" in get(body, "text/html").text


def test_plain_text_that_is_html_is_read_as_html() -> None:
    assert get(page(), "text/plain").text == "\n\n".join(PARAGRAPHS)


def test_plain_text_that_calls_itself_html_is_read_as_text() -> None:
    assert get("\n\n".join(PARAGRAPHS), "text/html").text == "\n\n".join(PARAGRAPHS)


def test_a_body_stated_in_json_ld_saves_a_page_that_shows_none() -> None:
    shell = "<div id='app'>Please enable JavaScript.</div>"
    body = "\n\n".join(PARAGRAPHS)
    article = get(page(linked(headline=HEADLINE, articleBody=body), shell), "text/html")
    assert article.text == body


def test_a_page_without_article_says_how_many_words_it_holds() -> None:
    with pytest.raises(
        ExtractError, match=r"^the page has only \d+ words? of article text; an article"
    ):
        get("<html><body><p>Nothing to see here.</p></body></html>", "text/html")
