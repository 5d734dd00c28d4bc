"""What leaves the library: JSON, Markdown, tables, and answers that are kept elsewhere."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.errors import SavedError
from rag.export import (
    SummaryRow,
    as_csv,
    as_json,
    as_jsonl,
    as_markdown,
    read_saved,
    saved,
)
from rag.text.citations import citation, quotation
from rag.types import Answer, Article, Chunk, Citation, Claim, Passage, Span, Summary, Timing

TEXT = "Zoë opened the “bridge”.\n\nIt rained."
ARTICLE = Article(
    "a1", "https://a.example/1", "Über T", TEXT, "Écho", ("Ann",), date(2022, 1, 9), "en",
    datetime(2022, 1, 10, 8, tzinfo=UTC),
)  # fmt: skip
PASSAGE = Passage(1, Chunk("a1:1", "a1", 1, 26, 36, "It rained."), ARTICLE, 0.123456789)
QUOTE = citation(PASSAGE, 3, 9)


def made(score: float = 0.5) -> Answer:
    passage = Passage(1, PASSAGE.chunk, ARTICLE, score)
    claim = Claim("It rained.", (QUOTE,), "supported")
    return Answer(
        "Q?", "It rained. [1]", (claim,), (QUOTE,), (passage,), "answered", 2 / 3, "m", Timing()
    )


def test_an_answer_keeps_the_names_and_order_of_its_fields() -> None:
    read = json.loads(as_json(made()))
    assert list(read) == [*Answer.__slots__, "refused"]
    assert read["claims"][0]["citations"] == read["citations"]
    assert read["confidence"] == 0.6667
    (cited,) = read["citations"]
    assert TEXT[cited["start"] : cited["end"]] == cited["quote"] == "rained"
    assert (read["status"], read["refused"], cited["field"]) == ("answered", False, "text")
    assert cited["published"] == "2022-01-09"


def test_a_passage_says_where_it_stands_instead_of_the_whole_article() -> None:
    (passage,) = json.loads(as_json((PASSAGE,)))
    assert TEXT[passage["start"] : passage["end"]] == passage["text"]
    assert passage["score"] == 0.123457
    assert "Zoë" not in json.dumps(passage, ensure_ascii=False)


def test_letters_stay_letters_and_times_are_iso() -> None:
    text = as_json(ARTICLE, indent=None)
    assert "Écho" in text
    assert "\n" not in text
    assert json.loads(text)["fetched"] == "2022-01-10T08:00:00+00:00"
    assert json.loads(text)["authors"] == ["Ann"]


def test_plain_values_and_summaries() -> None:
    summary = Summary(("a1",), "", (), (), "m", Timing(retrieve=1.23456))
    assert json.loads(as_json(summary))["timing"]["retrieve"] == 1.2346
    assert json.loads(as_json({1: Path("a"), "b": (True, None, 2)})) == {
        "1": "a",
        "b": [True, None, 2],
    }


def test_what_json_does_not_know_is_null() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = as_json(made(float("nan")))
    assert json.loads(text, parse_constant=refuse)["passages"][0]["score"] is None
    assert json.loads(as_json([float("inf")]), parse_constant=refuse) == [None]


# Markdown


def tokens(text: str) -> Iterator[Token]:
    """What a reader of CommonMark makes of a text, flat."""
    for token in MarkdownIt("commonmark").parse(text):
        yield token
        yield from token.children or ()


def shown(text: str) -> str:
    """The words that a reader of CommonMark shows."""
    return " ".join(token.content for token in tokens(text) if token.type == "text")


def quote(number: int, start: int, end: int, **changes: str) -> Citation:
    return quotation(replace(ARTICLE, **changes), number, start, end)  # type: ignore[arg-type]


def answered(*citations: Citation, question: str = "Q?", text: str = "It rained.") -> Answer:
    claim = Claim(text, citations, "supported")
    return replace(made(), question=question, claims=(claim,), citations=citations)


def test_an_answer_reads_well() -> None:
    first = quote(1, 0, 24)
    second = quote(2, 26, 36, id="a2"), quote(2, 0, 3, id="a2"), quote(2, 26, 36, id="a2")
    title = replace(first, quote="Über", start=0, end=4, field="title")
    claims = (
        Claim("Zoë", (first,), "supported"),
        Claim("It rained hard.", second, "partly", (Span(10, 14, "hard"),)),
    )
    found = replace(
        made(), claims=claims, short="Zoë", text="Zoë [1]\nIt rained hard. [2]", status="unsure",
        citations=(*second, first, title),
    )  # fmt: skip
    assert as_markdown(found) == (
        "# Q?\n\n**Zoë [1]**\n\nIt rained ⟦hard⟧. [2]\n\n*⟦ ⟧ no quote supports these words.*\n\n"
        "*Less sure: some words are unsupported; about 7 in 10 answers with this confidence are"
        " right.*\n\n**Sources**\n\n"
        "- [1] **Über T**, Écho, Sunday 9 January 2022, <https://a.example/1>\n\n"
        "  > Headline: Über\n\n  > Zoë opened the “bridge”.\n\n"
        "- [2] **Über T**, Écho, Sunday 9 January 2022, <https://a.example/1>\n\n"
        "  > It rained.\n\n  > Zoë\n"
    )


def test_a_refusal_has_the_nearest_sentences_and_a_chat_has_one_heading_a_turn() -> None:
    refused = replace(made(), question="Who?", text="Not in the articles.", status="refused")
    assert as_markdown(refused) == "# Who?\n\nNot in the articles.\n"
    near = as_markdown(replace(refused, nearest=(quote(1, 26, 36),)))
    assert "**Closest sentences**\n\n- **Über T**" in near
    assert near.endswith("  > It rained.\n")
    both = as_markdown((answered(QUOTE), refused))
    assert [token.tag for token in tokens(both) if token.type == "heading_open"] == ["h1", "h1"]
    assert as_markdown(()) == ""


def test_a_summary_is_headed_by_its_title() -> None:
    one = Summary(("a1",), "It rained. [1]", made().claims, (QUOTE,), "m", Timing())
    assert as_markdown(one).startswith("# Über T\n\nIt rained. [1]\n\n**Sources**\n\n- [1] ")
    many = replace(one, article_ids=("a1", "a2"))
    assert as_markdown(many).startswith("# Summary of 2 articles\n")


HOSTILE = (
    "# x",
    "x # #",
    "<script>alert(1)</script>",
    "<!-- x",
    "&lt;b&gt; &copy;",
    "[a](javascript:alert(1))",
    "![a](https://evil.example/x.png)",
    "[1]: https://evil.example",
    "[1](https://evil.example)",
    "[a][1] <https://evil.example>",
    "1. one",
    "2) two",
    "- x",
    "+ x",
    "* x",
    "> x",
    "---",
    "===",
    "***x*** __y__ `z` ~~w~~ ``` ~~~",
    "    code",
    "\tcode",
    "x\n\n# y\n\n```\nz\n===\n| a |\n|---|",
    "back\\slash \\",
    "www.evil.example https://evil.example",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_forms_markdown_or_html(text: str) -> None:
    article = replace(ARTICLE, title=text, publisher=text, text=text)
    cited = quotation(article, 1, 0, len(text))
    page = as_markdown(answered(cited, question=text, text=text))
    plain = as_markdown(answered(replace(QUOTE, quote="x", title="x"), text="x", question="x"))
    assert [token.type for token in tokens(page)] == [token.type for token in tokens(plain)]
    links = [token.attrs["href"] for token in tokens(page) if token.type == "link_open"]
    assert links == ["https://a.example/1"]
    assert shown(page).count(" ".join(text.split())) == 5
    # Readers other than CommonMark know no backslash before these, and link what looks like it.
    inside = page.replace("<https://a.example/1>", "")
    assert not re.search(r"<|https://evil|www\.evil", inside)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x_y?a=1&b=*", "<https://a.example/x_y?a=1&b=*>"),
        ("https://a.example/[x](javascript:1)", "<https://a.example/%5Bx%5D(javascript:1)>"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://a.example/> <b>", "https&#58;//a.example/&gt; &lt;b&gt;"),
        ("file:///home/my%20x.txt", "my x.txt"),
    ],
)
def test_only_web_addresses_become_links(url: str, link: str) -> None:
    assert f" 2022, {link}\n" in as_markdown(answered(quote(1, 0, 3, url=url)))


# Tables


def pair(**changes: str) -> tuple[Article, Summary]:
    article = replace(ARTICLE, **changes)  # type: ignore[arg-type]
    held = Claim("It rained.", (quotation(article, 1, 26, 36), quotation(article, 1, 0, 24)))
    held = replace(held, status="supported")
    claims = (held, Claim("King Olaf wept.", reason="no"))
    timing = Timing(retrieve=0.5, first_token=1.0, generate=2.0, verify=0.25, probe=0.25)
    return article, Summary(("a1",), "It rained. [1]", claims, held.citations, "m", timing)


def test_a_summary_is_a_line_of_json() -> None:
    lines = as_jsonl([pair(), pair(title="A\nB")]).splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["Über T", "A\nB"]
    read = json.loads(lines[0])
    assert [*read][6] == "quotes"
    assert [name for name in read if name != "quotes"] == [each.name for each in fields(SummaryRow)]
    assert (read["published"], read["seconds"], read["model"]) == ("2022-01-09", 3.0, "m")
    (claim,) = read["claims"]
    assert claim["text"] == "It rained."
    for each in claim["quotes"]:
        assert each["quote"] == TEXT[each["start"] : each["end"]]
        assert each["article_id"] == "a1"
    assert as_jsonl([]) == ""


def test_a_summary_is_a_row_of_csv() -> None:
    head, cells = csv.reader(io.StringIO(as_csv([pair(title='A, "B"\nC')]), newline=""))
    assert head[:7] == "id url title publisher published summary quotes".split()
    assert cells[:6] == ["a1", ARTICLE.url, 'A, "B"\nC', "Écho", "2022-01-09", "It rained. [1]"]
    assert cells[6] == "It rained.\nZoë opened the “bridge”."
    made = dict(zip(head, cells, strict=True))
    assert (made["model"], made["seconds"], made["error"]) == ("m", "3.0", "")
    undated = (replace(ARTICLE, published=None), pair()[1])
    (row,) = csv.DictReader(io.StringIO(as_csv([undated]), newline=""))
    assert row["published"] == ""


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_no_cell_is_a_formula(first: str) -> None:
    cell = f'{first}HYPERLINK("https://evil.example")'
    text = as_csv([pair(title=cell, publisher=cell, url=cell, text=cell + TEXT)])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["title"] == row["publisher"] == row["url"] == "'" + cell
    assert all(not each.startswith(first) for each in row.values())


# Kept elsewhere


def test_a_saved_answer_holds_places_and_no_articles() -> None:
    timing = Timing(generate=1.5, output_tokens=7)
    text = saved(replace(made(), draft="It rained [1]", short="rain", timing=timing))
    assert "opened" not in text
    assert "Über" not in text
    assert len(text) < 700
    kept = read_saved(text)
    (passage,), (claim,) = kept.passages, kept.claims
    assert (passage.article_id, passage.start, passage.end) == ("a1", 26, 36)
    assert (claim.citations[0].start, claim.citations[0].end) == (29, 35)
    assert (kept.draft, kept.short, kept.confidence) == ("It rained [1]", "rain", 2 / 3)
    assert kept.timing == timing
    old = json.loads(text)
    del old["timing"]  # as it was written before times were kept
    assert read_saved(json.dumps(old)).timing == Timing()
    assert read_saved(saved(made(float("nan")))).passages[0].score == 0


def test_an_answer_that_was_saved_by_the_version_before_still_opens() -> None:
    place = {"article_id": "a1", "number": 1, "start": 26, "end": 36}
    claims = [
        {"text": "It rained.", "citations": [place], "supported": True, "reason": "", "score": 0.9},
        {"text": "It hailed.", "citations": [], "supported": False, "reason": "no", "score": 0.1},
    ]
    old = {
        "version": 1,
        "question": "Q?",
        "text": "It rained. [1]",
        "claims": claims,
        "passages": [place | {"score": 0.5}],
        "refused": False,
        "confidence": 0.8,
        "model": "m",
        "draft": "It rained. It hailed.",
        "short": "",
    }
    kept = read_saved(json.dumps(old))
    assert (kept.version, kept.status, kept.nearest) == (2, "answered", ())
    # What was not supported had been taken back then, so it is no part of the answer.
    assert [(each.text, each.status) for each in kept.claims] == [("It rained.", "supported")]
    assert kept.claims[0].citations[0].field == "text"
    refused = read_saved(json.dumps(old | {"refused": True, "claims": []}))
    assert refused.status == "refused"
    with pytest.raises(SavedError, match="cannot be read"):
        read_saved(json.dumps(old | {"refused": "no"}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("question", None),
        ("question", 1),
        ("status", "no"),
        ("status", False),
        ("nearest", [1]),
        ("confidence", 2),
        ("confidence", float("nan")),
        ("version", 0),
        ("timing", {"generate": float("inf")}),
        ("timing", {"generate": float("nan")}),
        ("timing", {"generate": -1}),
        ("timing", {"output_tokens": 1.5}),
        ("claims", {}),
        ("claims", [1]),
        ("passages", [{}]),
        ("passages", [{"number": 0}]),
        ("passages", [{"article_id": ""}]),
        ("passages", [{"article_id": "x" * 65}]),
        ("passages", [{"start": -1}]),
        ("passages", [{"start": True}]),
        ("passages", [{"start": 1.5}]),
        ("passages", [{"end": 10**30}]),
        ("passages", [{"score": float("inf")}]),
        ("passages", [{}] * 501),
    ],
)
def test_what_was_changed_for_the_worse_is_not_read(key: str, value: object) -> None:
    kept = json.loads(saved(made()))
    if isinstance(value, list) and value and value[0]:
        value = [kept[key][0] | value[0]] if isinstance(value[0], dict) else value
    elif isinstance(value, list) and len(value) > 1:
        value = [kept[key][0]] * len(value)
    with pytest.raises(SavedError, match=rf"cannot be read: {key}.*Ask the question again"):
        read_saved(json.dumps(kept | {key: value}))


def test_what_is_no_answer_or_too_long_is_not_read() -> None:
    for text in ("", "[]", "1", "{", "[" * 50_000, '{"question": "\\ud800"}', "\x00"):
        with pytest.raises(SavedError, match="cannot be read"):
            read_saved(text)
    with pytest.raises(SavedError, match="the limit is 200000"):
        read_saved(saved(replace(made(), draft="x" * 200_000)))
