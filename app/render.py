"""Render answers, evidence and articles as HTML from the templates in ``templates/``.

Text from articles, people and models is data: Jinja2 escapes every value that it puts into a page.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined

from app.formatting import count
from rag.export import (
    NEAREST_SHOWN,
    as_text,
    by_article,
    differ,
    digest_note,
    doubts,
    file_name,
    opening,
    unmarked,
    without_unsupported,
)
from rag.text import written_date
from rag.types import Article, Citation, Claim

_FOLDER = Path(__file__).with_name("templates")
_TAIL = 12  # most characters before a mark that wrap to the next line with it
# Gradio's HTML component has templates of its own, in which these characters mean something.
_LITERAL = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def render(template: str, **values: object) -> str:
    """Render a template, named without its ending, with these values.

    The values are escaped, HTML among them too: one template includes another instead.
    """
    return _environment().get_template(f"{template}.html").render(values).translate(_LITERAL)


def trouble(message: str, question: str = "") -> str:
    """Render an error message in place, below the question that it concerns."""
    return render("trouble", message=message, question=question, checked=())


def article(value: Article, start: int = 0, end: int = 0, *, in_title: bool = False) -> str:
    """Render an article with ``text[start:end]``, or that span of its title, highlighted."""
    title = value.title or ("" if in_title else "Untitled")
    return render(
        "article",
        article=value,
        title=next(_highlighted(title, start, end, whole=True)) if in_title else (title, "", ""),
        paragraphs=list(_highlighted(value.text, *((0, 0) if in_title else (start, end)))),
    )


def _highlighted(
    text: str, start: int, end: int, *, whole: bool = False
) -> Iterator[tuple[str, str, str]]:
    """Yield for each paragraph what is before, in and after the span ``text[start:end]``."""
    if not 0 <= start < end <= len(text):
        start = end = 0
    for paragraph in [text] if whole else text.split("\n\n"):
        first, last = (min(max(place, 0), len(paragraph)) for place in (start, end))
        yield paragraph[:first], paragraph[first:last], paragraph[last:]
        start, end = (place - len(paragraph) - len("\n\n") for place in (start, end))


@cache
def _environment() -> Environment:
    """Return Jinja2's environment, with what the templates call."""
    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined
    )
    functions = (
        as_text,
        by_article,
        count,
        differ,
        doubts,
        file_name,
        opening,
        without_unsupported,
        digest_note,
        unmarked,
    )
    environment.globals.update({each.__name__: each for each in functions})
    environment.globals.update(
        cited=_cited,
        host=_host,
        nearest_shown=NEAREST_SHOWN,
        runs=_runs,
        written_date=written_date,
    )
    return environment


def _source(name: str) -> str:
    """Read a template without its line breaks and indentation, which are not for the page."""
    return re.sub(r"\n\s*", "", (_FOLDER / name).read_text(encoding="utf-8"))


def _runs(claim: Claim) -> Iterator[tuple[str, str, bool]]:
    """Split a claim into runs of text, each with its end and whether it is supported.

    Only the last run has an end, the part that wraps together with the marks that follow it, so
    that no line begins with a mark.
    """
    *before, (last, proven) = list(claim.pieces()) or [("", True)]
    for text, supported in before:
        yield text, "", supported
    cut = max(last.rfind(" ") + 1, len(last) - _TAIL)
    yield last[:cut], last[cut:], proven


def _cited(claim: Claim) -> list[Citation]:
    """Return one quote for each number that a claim cites."""
    return list({quote.number: quote for quote in claim.citations}.values())


def _host(url: str) -> str:
    """Return the host of a web address; empty for anything else."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "" if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""
