"""A headline over a summary: checked like every sentence, and never more than the article says."""

import pytest
from checking import checker

from rag.llm.portions import excerpt
from rag.llm.scripted import ScriptedGenerator
from rag.summarizing.headline import with_headline
from rag.summarizing.summary import summarize
from rag.text import content_id
from rag.types import Article, Summary

LEAD = "The council of Harrow voted on Monday to close the old ferry."
REST = "Mayor Ida Fenn said that the new bridge carries 4,000 cars a day."


def article(title: str) -> Article:
    text = f"{LEAD} {REST}"
    return Article(content_id(title, text), "https://example.org/f", title, text, "Post")


def headed(draft: str, title: str = "A bad day for Harrow") -> tuple[Summary, ScriptedGenerator]:
    given = article(title)
    generator = ScriptedGenerator([f"{LEAD} {REST}", draft])
    summary = summarize(given, checker=checker(), generator=generator, sentences_wanted=2)
    found = with_headline(
        summary,
        (excerpt(given, 1, 0, len(given.text)),),
        generator=generator,
        checker=checker(0.75),
        title=given.title,
    )
    for claim in found.claims:
        for quote in claim.citations:
            assert given.text[quote.start : quote.end] == quote.quote
    assert found.claims[-2:] == summary.claims
    assert found.timing.prompt_tokens > summary.timing.prompt_tokens
    return found, generator


@pytest.mark.parametrize(
    "draft",
    [
        "Council of Harrow voted to close old ferry",
        '**Headline: "Council of Harrow voted to close old ferry."**\n\nMore that nobody asked for.',
        "# Council of Harrow voted to close old ferry [1]",
    ],
)  # fmt: skip
def test_the_models_headline_stands_where_the_article_bears_it_out(draft: str) -> None:
    found, generator = headed(draft)
    assert found.claims[0].text == "Council of Harrow voted to close old ferry"
    assert found.claims[0].supported
    assert found.claims[0].citations[0].quote == LEAD
    asked = generator.history[-1][-1].content
    assert f"{LEAD} {REST}" in asked
    assert "headline" in asked.rpartition("</article>")[2]


def test_an_invented_headline_gives_way_to_the_title_if_that_holds() -> None:
    found, _ = headed("King Olaf sinks the ferry", title="Council voted to close old ferry")
    assert [claim.text for claim in found.claims] == [
        "Council voted to close old ferry",
        LEAD,
        REST,
    ]


@pytest.mark.parametrize("draft", ["King Olaf sinks the ferry", "", "***"])
def test_where_neither_holds_there_is_none(draft: str) -> None:
    found, _ = headed(draft, title="Olaf's shame")
    assert [claim.text for claim in found.claims] == [LEAD, REST]


def test_nothing_is_asked_where_nothing_was_summarised() -> None:
    empty = Summary((), "", (), (), "m", headed("x")[0].timing)
    generator = ScriptedGenerator([])
    assert with_headline(empty, (), checker=checker(), generator=generator) is empty
    assert generator.history == []
