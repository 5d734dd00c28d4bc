"""JSON records: names found by themselves or mapped, dates read, odd values survived."""

import json
from datetime import date

import pytest
from extract_pages import CLEAN, HEADLINE, PARAGRAPHS, get

from rag.errors import ConfigError, ExtractError
from rag.ingest.cleaning.author_names import split_names
from rag.ingest.cleaning.dates import parse, unread
from rag.ingest.cleaning.record import require_known
from rag.types import Article


def record(fields: dict[str, str] | None = None, **values: object) -> Article:
    return get(json.dumps(values), "application/json", "file:///feed.jsonl#3", fields)


def test_a_clean_record_passes_untouched() -> None:
    article = record(
        title=HEADLINE,
        text=CLEAN,
        url="https://post.example/ferry",
        publisher={"name": "The Penmarrow Post"},
        author=["Ines Caldwell", {"name": "Tom Brannagh"}],
        date="2024-04-09",
        language="en-GB",
    )
    assert (article.title, article.text) == (HEADLINE, CLEAN)
    assert article.url == "https://post.example/ferry"
    assert article.publisher == "The Penmarrow Post"
    assert article.authors == ("Ines Caldwell", "Tom Brannagh")
    assert (article.published, article.language) == (date(2024, 4, 9), "en")


def test_a_title_that_is_a_whole_text_is_cut() -> None:
    article = record(title="why " * 8000, text=CLEAN, publisher="Post " * 200)
    assert article.title.startswith("why why")
    assert article.title.endswith("why…")
    assert len(article.title) <= 300
    assert len(article.publisher) <= 300


def test_other_names_in_any_case() -> None:
    article = record(
        Headline=HEADLINE, articleBody=CLEAN, pubDate=1712703480, SOURCE="Post", byline="By A. Lee"
    )
    assert (article.title, article.text, article.publisher) == (HEADLINE, CLEAN, "Post")
    assert (article.authors, article.published) == (("A. Lee",), date(2024, 4, 9))


def test_an_empty_field_does_not_hide_a_full_one() -> None:
    assert record(text="", body=CLEAN).text == CLEAN


def test_fields_map_our_names_to_theirs_with_dots() -> None:
    article = record(
        {"text": "payload.parts.0.txt", "title": "kop"},
        payload={"parts": [{"txt": CLEAN}]},
        kop="Kop",
    )
    assert (article.title, article.text) == ("Kop", CLEAN)


def test_publisher_falls_back_to_the_host() -> None:
    assert record(text=CLEAN, url="https://www.post.example/a").publisher == "post.example"
    assert record(text=CLEAN).publisher == ""


def test_html_in_the_text_field_is_cleaned() -> None:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    assert record(text=body).text == "\n\n".join(PARAGRAPHS)
    short = record(text="<p>Ferry stays in service &amp; sails.</p><p>No more is known.</p>")
    assert short.text == "Ferry stays in service & sails.\n\nNo more is known."


def test_a_title_repeated_in_the_text_is_dropped() -> None:
    assert record(title=HEADLINE, text=f"{HEADLINE}\n\n{CLEAN}").text == CLEAN


def test_a_record_without_text_names_its_fields() -> None:
    with pytest.raises(ExtractError) as caught:
        record(a=1, b="two", c=None)
    assert str(caught.value) == (
        "the JSON record has no text field; its fields are a, b, c; name one with --map text=FIELD"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[1, 2]", "is a list, expected an object"),
        ("{", "not valid JSON"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"text": "too short"}', "has only 2 words"),
    ],
)
def test_bad_records_are_refused(body: str, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason) as caught:
        get(body, "application/json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("held", "told"), [(None, "null"), ("", "empty"), (7, "empty or not")])
def test_a_text_that_is_null_is_not_called_missing(held: object, told: str) -> None:
    with pytest.raises(ExtractError, match=f"its field 'Text', is {told}"):
        record(None, Text=held, title="Bridge")


def test_mapping_to_an_unknown_name_or_an_absent_field_is_refused() -> None:
    with pytest.raises(ConfigError, match="no field 'body'; expected text, title, "):
        require_known({"body": "x"})
    with pytest.raises(ExtractError, match="has no text in 'y'"):
        record({"text": "y"}, x=CLEAN)


def test_values_of_the_wrong_kind_are_survived() -> None:
    article = record(
        text=[CLEAN, None, 3],
        title={"rendered": HEADLINE},
        author={"name": ["A. Lee"]},
        date=float("inf"),
        url=7,
        publisher=[],
        language=None,
    )
    assert (article.title, article.text, article.published) == (HEADLINE, CLEAN, None)
    assert article.authors == ("A. Lee",)


def test_lone_surrogates_are_dropped() -> None:
    article = get(
        f'{{"text": "{PARAGRAPHS[0]} \\ud800", "author": "A\\udfff Lee"}}', "application/json"
    )
    assert article.text == PARAGRAPHS[0]
    assert article.authors == ("A Lee",)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2024-04-09", (2024, 4, 9)),
        ("2024-04-09T23:58:00-05:00", (2024, 4, 9)),
        ("20240409", (2024, 4, 9)),
        ("2024/4/9 10:00", (2024, 4, 9)),
        ("Tue, 09 Apr 2024 23:58:00 GMT", (2024, 4, 9)),
        ("April 9, 2024", (2024, 4, 9)),
        ("Tuesday 9th April 2024", (2024, 4, 9)),
        ("9 avril 2024", (2024, 4, 9)),
        ("9 de abril de 2024", (2024, 4, 9)),
        ("9. März 2024", (2024, 3, 9)),
        ("09.04.2024", (2024, 4, 9)),
        ("19/04/2024", (2024, 4, 19)),
        ("04/19/2024", (2024, 4, 19)),
        (1712703480, (2024, 4, 9)),
        (1712703480000, (2024, 4, 9)),
        ("1712703480", (2024, 4, 9)),
        (1712703480.5, (2024, 4, 9)),
        (20240409, (2024, 4, 9)),
        (20240409.0, (2024, 4, 9)),
        ("20240409.0", (2024, 4, 9)),
        ("202404092358", (2024, 4, 9)),
        (202404092358, (2024, 4, 9)),
        ("20240409235800", (2024, 4, 9)),
        ("2022011912", (2022, 1, 19)),
        (2022011912, (2022, 1, 19)),
        ("1601010112", (2020, 9, 25)),
        ("2022011924", (2034, 1, 27)),
        (20240409235800, (2024, 4, 9)),
    ],
)
def test_dates(value: str | float, day: tuple[int, int, int]) -> None:
    assert parse(value) == date(*day)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2024-13-45",
        "2024-02-30",
        "31 June 2024",
        "03/04/2024",
        "0000-00-00",
        "99999999",
        20241340,
        202404,
        2024,
        "2024",
        -5,
        "20240409993000",
        None,
        True,
        0,
        float("nan"),
        float("inf"),
        10**400,
        -1e30,
    ],
)
def test_impossible_or_ambiguous_dates_are_none(value: str | float | None) -> None:
    assert parse(value) is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("3/4/2020", "3/4/2020"),
        ("soon", "soon"),
        (20241340, "20241340"),
        ("x" * 99, "x" * 39 + "…"),
        ("9 April 2024", ""),
        ("N/A", ""),
        ("", ""),
        (None, ""),
        (0, ""),
    ],
)
def test_a_date_that_cannot_be_read_is_told(value: str | float | None, told: str) -> None:
    assert unread(value) == told


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("By Ann Lee, Bo Roe and Cy Doe in Kyiv", ("Ann Lee", "Bo Roe", "Cy Doe")),
        ("Barnaby Crake", ("Barnaby Crake",)),
        ("ANN LEE | SENIOR REPORTER", ("ANN LEE",)),
        ("Ann Lee (ann@post.example)", ("Ann Lee",)),
        ("https://post.example/ann", ()),
        ("", ()),
    ],
)
def test_split_names(names: str, expected: tuple[str, ...]) -> None:
    assert split_names(names) == expected
