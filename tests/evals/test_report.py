"""The report is one page that says what was measured, and runs nothing that an item holds."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from rag.evals.report import report
from rag.evals.task import Figure, Record

HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x onerror='go()'>\"'&amp;"
ABOUT: Mapping[str, Any] = {
    "task": "cleaning",
    "complete": True,
    "items": 2,
    "items_wanted": 2,
    "seconds": 1.5,
    "data": {HOSTILE: HOSTILE},
}


class _Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def figures(name: str = "set") -> list[Figure]:
    return [
        Figure((name, "hybrid", "as_of", "hit@1"), 0.6283, 206, 0.56, 0.69),
        Figure((name, "lexical", "as_of", "hit@1"), 0.5971, 206, 0.53, 0.66),
        Figure((name, "hybrid", "words"), 61.25, 206, float("nan"), float("nan")),
    ]


@pytest.mark.slow
def test_hostile_text_stays_text_and_nothing_is_fetched_from_outside() -> None:
    records: list[Record] = [
        {"key": str(n), "dataset": HOSTILE, "confidence": n / 9, "wrong": n % 2 == 0}
        for n in range(9)
    ]
    records.append(
        {"key": HOSTILE, "dataset": HOSTILE, "score": 0.0, "question": HOSTILE, HOSTILE: HOSTILE}
    )
    page = report(figures(HOSTILE), records, {**ABOUT, "task": HOSTILE})
    seen = _Page(page)
    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in seen.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            linked = name in {"src", "href", "xlink:href", "action", "style"}
            outside = re.search(r"(?:https?:)?//|javascript:", value or "")
            assert not (linked and outside), (tag, name, value)
    assert not re.search(r"@import|url\((?!#)", page)
    assert HOSTILE in seen.text


@pytest.mark.slow
def test_figures_state_curves_and_the_worst_items_are_reported() -> None:
    records: list[Record] = [
        {
            "key": f"q{n}",
            "dataset": "set",
            "confidence": n / 9,
            "wrong": n < 3,
            "score": n / 9,
            "question": "x" * 900,
        }
        for n in range(30)
    ]
    page = report(figures(), records, ABOUT)
    seen = _Page(page)
    for wanted in ("0.628", "0.560 to 0.690", "206", "61.2", "2 of 2 items", "hybrid / as_of"):
        assert wanted in seen.text, wanted
    assert sum(tag == "svg" for tag, _ in seen.tags) == 2
    assert "set (area " in seen.text
    assert "q0" in seen.text
    assert "q29" not in seen.text
    assert "x" * 300 in page
    assert "x" * 301 not in page
    assert page == report(figures(), records, ABOUT)


@pytest.mark.slow
def test_a_run_that_is_not_complete_says_so() -> None:
    page = report(figures(), [], {**ABOUT, "complete": False, "items": 1})
    assert "Not complete: 1 of 2 items" in page
    assert "Worst items" not in page
    assert "Risk and coverage" not in page
