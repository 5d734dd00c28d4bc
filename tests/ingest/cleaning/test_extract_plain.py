"""Clean texts and Markdown pass through; what is no text is refused in one line."""

from datetime import UTC, date, datetime

import pytest
from extract_pages import CLEAN, HEADLINE, PARAGRAPHS, get

from rag.errors import ExtractError
from rag.ingest.cleaning import extract
from rag.types import Page


def test_a_clean_article_passes_untouched() -> None:
    assert get(CLEAN).text == CLEAN
    assert get(CLEAN).title == ""


def test_headline_byline_and_date_are_taken_off_the_top() -> None:
    article = get(f"{HEADLINE}\nBy Ines Caldwell\n9 April 2024\n\n{CLEAN}")
    assert (article.title, article.text) == (HEADLINE, CLEAN)
    assert article.authors == ("Ines Caldwell",)
    assert article.published == date(2024, 4, 9)


def test_lines_broken_at_a_fixed_width_are_joined_to_paragraphs() -> None:
    def fold(paragraph: str) -> str:
        lines: list[str] = []
        line = ""
        for word in paragraph.split():
            if len(line) + len(word) > 68:
                lines, line = [*lines, line.strip()], ""
            line += f" {word}"
        return "\n".join([*lines, line.strip()])

    assert get("\n\n".join(map(fold, CLEAN.split("\n\n")))).text == CLEAN


def test_markdown_heading_marks_links_and_rules() -> None:
    text = (
        f"# {HEADLINE}\n\n*By Ines Caldwell*\n\n"
        "The **Saint Orla** is [a ferry](https://a.example/b_(c)) of `1907`, "
        "and _nobody_ calls her snake_case_name or 2 * 3 * 4.\n\n"
        "![A boat](boat.png)\n\n---\n\n## The cost\n\n> It is a lot of money.\n\n"
        f"<!-- hidden -->\n\n{PARAGRAPHS[0]}\n"
    )
    article = get(text, "text/markdown")
    assert article.title == HEADLINE
    assert article.authors == ("Ines Caldwell",)
    assert article.text.split("\n\n") == [
        "The Saint Orla is a ferry of 1907, and nobody calls her snake_case_name or 2 * 3 * 4.",
        "The cost",
        "It is a lot of money.",
        PARAGRAPHS[0],
    ]
    assert get(text, "text/plain").text == article.text


def test_front_matter_is_metadata() -> None:
    text = (
        f'---\ntitle: "{HEADLINE}"\nauthors:\n  - Ines Caldwell\n  - Tom Brannagh\n'
        "date: 2024-04-09\npublisher: The Penmarrow Post\nlang: en\n"
        f"url: https://post.example/ferry\n---\n\n{CLEAN}"
    )
    article = get(text, "text/markdown")
    assert (article.title, article.text) == (HEADLINE, CLEAN)
    assert article.authors == ("Ines Caldwell", "Tom Brannagh")
    assert (article.published, article.publisher) == (date(2024, 4, 9), "The Penmarrow Post")
    assert (article.url, article.language) == ("https://post.example/ferry", "en")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert get(f"---\n\n{CLEAN}\n\n---\n\nThe end of it all.", "text/markdown").text.startswith(
        CLEAN
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_encodings(encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert get(mark + CLEAN.encode(encoding)).text == CLEAN


def test_a_text_cut_within_a_character_is_still_utf8() -> None:
    assert get((CLEAN + " A naïve café").encode()[:-1]).text == CLEAN + " A naïve caf"


def test_a_last_letter_of_an_older_encoding_is_kept() -> None:
    plain = CLEAN.encode("ascii", "ignore")
    assert get(plain + b" At the caf\xe9").text.endswith(" At the café")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the page is empty"),
        (b" \n ", "the page is empty"),
        (b"PK\x03\x04\x00\x00binary", r"binary \(NUL bytes\)"),
        (b"\x01\x02\x03\x04\x05\x06", r"binary \(control characters\)"),
        (b"Just a few", "the page has only 3 words of article text; an article needs 5"),
    ],
)
def test_what_is_no_article_is_refused_in_one_line(body: bytes, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason) as caught:
        get(body)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (CLEAN, "en"),
        ("Le conseil de la ville a décidé que le pont ne sera pas fermé pour les travaux.", "fr"),
        (
            "El consejo de la ciudad decidió que el puente no se cerrará por las obras del río.",
            "es",
        ),
        ("Der Rat der Stadt hat beschlossen, dass die Brücke nicht für die Arbeiten zu ist.", "de"),
        ("Городской совет решил, что мост не будет закрыт на время работ этой зимой.", "ru"),
        ("市議会は今年の冬の工事の間、橋を閉鎖しないことを火曜日に決めました。", "ja"),
        ("Xq zzv wkk pqr xtt vvk zzp qqx rrt ssv wwx", ""),
    ],
)
def test_language(text: str, language: str) -> None:
    assert get(text).language == language


CAPTIONS = [
    "Soldiers in Kyiv, 12 January 2019. Photo: AP",
    "Mayor Berg on 12 January 2019 (Photo: Jan Novak/Reuters)",
    "FILE - Mayor Berg, Jan. 12, 2019",
    "The bridge is seen on January 12, 2019",
    "Getty Images, 12 January 2019",
    "Ida Berg, pictured on 12 January 2019",
    "Photo: Ida Berg on 12 January 2019",
    "Photograph: Ida Berg, 12 January 2019",
]


@pytest.mark.parametrize("caption", CAPTIONS)
@pytest.mark.parametrize("dated", ["20 January 2022", ""])
def test_the_day_of_a_caption_is_not_that_of_the_article(caption: str, dated: str) -> None:
    prose = "The old bridge over the Harrow was closed on Monday. The town will spend 12 million."
    text = "\n\n".join(
        ("Bridge closes for repairs", caption, "By Ada Quill", dated, prose, prose[::-1])
    )
    long = f"<p>{prose} {prose.lower()}</p>" * 2
    figure = f"<figure><img src=x><figcaption>{caption} <time>12 January 2019</time></figcaption></figure>"
    time = f"<time datetime='2022-01-20'>{dated}</time>" if dated else ""
    top = f"<html><title>Bridge</title><article><h1>Bridge</h1>{time}"
    pages = [f"{top}{figure}{long}", f"{top}<p>{caption}</p>{long}"]
    pages += [
        f"{top}{long}<div><span>{caption}</span></div>",
        f"{top}{long}<p><i>{caption}</i></p>",
    ]
    kinds = [(text, "text/plain"), (f"# {text}", "text/markdown")]
    for body, kind in (*kinds, *((page, "text/html") for page in pages)):
        page = Page("file:///a", body.encode(), kind, datetime.now(UTC))
        assert str(extract(page).published) == ("2022-01-20" if dated else "None"), kind
