"""What an address says of an article that names no title."""

from datetime import UTC, datetime

import pytest

from rag.ingest.cleaning import extract
from rag.ingest.cleaning.title_from_url import title_of
from rag.types import Page


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://a.example/2022/06/15/business/harbour-fire/index.html", "Harbour fire"),
        ("https://a.example/news/mayor-opens-new-harbour-2022.html?x=a-b", "Mayor opens new harbour 2022"),
        ("https://a.example/live-news/storm-in-the-north-07-12/h_c164ac93", "Storm in the north 07 12"),
        ("https://a.example/sr0729eaa18", ""),
        ("https://a.example/2022-06-15", ""),
        ("https://a.example/aB3d-Xy_Zq", ""),
        ("https://a.example", ""),
        ("https://[broken/two-words", ""),
    ],
)  # fmt: skip
def test_the_part_of_most_words_is_the_title(url: str, title: str) -> None:
    assert title_of(url) == title


def test_an_untitled_page_of_the_web_is_named_by_its_address_alone_if_it_has_to_be() -> None:
    def titled(url: str, body: bytes) -> str:
        return extract(Page(url, body, "application/json", datetime.now(UTC))).title

    text = b'"text": "The harbour burned all night and nobody was hurt, the mayor said."'
    url = "https://a.example/harbour-fire"
    assert titled(url, b"{" + text + b"}") == "Harbour fire"
    assert titled(url, b'{"title": "Flames", ' + text + b"}") == "Flames"
    assert titled("file:///tmp/harbour-fire.json", b"{" + text + b"}") == ""
