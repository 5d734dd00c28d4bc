"""Claims and quotes as flat rows, and answers in a notebook: all there, and escaped."""

from dataclasses import replace
from datetime import date

from rag.export import claim_records, quote_records
from rag.types import Answer, Citation, Claim, Span, Timing

QUOTE = Citation(
    2,
    "ab12",
    "https://example.org/?a=1&b='",
    "<b>Bridge</b>",
    "Post",
    date(2022, 1, 19),
    "It <is>.",
    0,
    8,
)
SURE = Claim("The bridge is <open>.", (QUOTE, replace(QUOTE, field="title")), "supported", (), 0.9)
DOUBTED = Claim("It cost <script>.", (), "partly", (Span(8, 16, "<script>"),), 0.4)
ANSWER = Answer(
    "Is it <i>open</i>?", "text", (SURE, DOUBTED), (QUOTE,), (), "unsure", 0.5, "m", Timing()
)


def test_a_row_for_each_sentence_and_for_each_quote() -> None:
    rows = claim_records([ANSWER])
    assert [(row["place"], row["status"], row["quotes"]) for row in rows] == [
        (1, "supported", 2),
        (2, "partly", 0),
    ]
    assert rows[1]["unsupported"] == "<script>"
    quotes = quote_records(ANSWER)
    assert [row["field"] for row in quotes] == ["text", "title"]
    assert quotes[0]["published"] == date(2022, 1, 19)
    assert {row["question"] for row in quotes} == {ANSWER.question}
    assert [row["place"] for row in claim_records((SURE, DOUBTED))] == [1, 2]
    assert claim_records([]) == quote_records(DOUBTED) == []


def test_an_answer_in_a_notebook_shows_marks_and_quotes_and_runs_nothing() -> None:
    shown = ANSWER._repr_html_()
    assert "<i>Is it &lt;i&gt;open&lt;/i&gt;?</i>" in shown
    assert "The bridge is &lt;open&gt;. [2]" in shown
    assert '<mark title="no quote supports this">&lt;script&gt;</mark>.' in shown
    assert "“It &lt;is&gt;.”" in shown
    assert '<a href="https://example.org/?a=1&amp;b=&#x27;">&lt;b&gt;Bridge&lt;/b&gt;</a>' in shown
    assert "<script" not in shown
    hostile = replace(QUOTE, url="javascript:alert(1)", title="")
    refused = replace(ANSWER, status="refused", text="Not <it>.", nearest=(hostile,))
    assert "<a " not in refused._repr_html_()
    assert "Not &lt;it&gt;." in refused._repr_html_()
    assert "The bridge" not in refused._repr_html_()
