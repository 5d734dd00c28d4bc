"""Command ``rag check``."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import results, show
from rag.cli.options import (
    IndexOption,
    JsonOption,
    ProfileOption,
    SetOption,
    news_of,
    with_filters,
)
from rag.errors import ExtractError, QuestionError, SourceError
from rag.types import Article, Claim, Failure, Filters

if TYPE_CHECKING:
    from rag.library import News

_MOST_BYTES = 64_000_000


TextArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE|-",
        help="The text to check: a file, - for standard input, or a .jsonl file of"
        ' {"id", "text", "source"} with a source for each text.',
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="FILE",
        help="Check against this file or web address, not an index; repeatable.",
    ),
]
FailOption = Annotated[
    bool, typer.Option("--fail", help="Exit with 1 if a sentence is not fully supported.")
]


@with_filters
def check(
    filters: Filters,
    text: TextArgument,
    index: IndexOption = "",
    source: SourceOption = None,
    as_json: JsonOption = False,
    fail: FailOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Check a text against the articles, sentence by sentence.

    Each sentence is supported, partly supported, or unsupported, and is shown with its quotes and
    the words that no quote supports. The limit is 500 sentences. No language model is used. The
    exit code is 0 unless there is an error; see --fail.

    Example: rag check draft.txt --index mine
    """
    rows = text.endswith(".jsonl")
    if (source or rows) and (index or filters != Filters()):
        raise typer.BadParameter(
            "--index and filters cannot be combined with --source or a .jsonl file."
        )
    if source and rows:
        raise typer.BadParameter(f"each text of {text} has its own source; leave out --source.")
    with news_of(index, profile, overrides) as news:
        if rows:
            good = _check_rows(news, tuple(_rows(Path(text))), fail=fail)
        else:
            claims = _check_text(news, _read(text), source or (), filters, as_json=as_json)
            good = not fail or all(claim.supported for claim in claims)
    if not good:
        raise typer.Exit(1)


def _check_text(
    news: "News", text: str, sources: Sequence[str], filters: Filters, *, as_json: bool
) -> Sequence[Claim]:
    """Check one text, print its sentences with their quotes, and return them."""
    given = tuple(_articles(news, sources)) if sources else None
    work = news.checking(text, sources=given, filters=filters)
    claims: list[Claim] = []
    with show.progress_bar("sentences", len(work)) as bar:
        for claim in work:
            claims.append(claim)
            show.advance(bar, "Checking", len(claims), len(work))
    if work.note:
        show.note(work.note)
    if as_json:
        show.print_json({"claims": claims})
    else:
        results.print_checked(claims)
    return claims


def _articles(news: "News", sources: Sequence[str]) -> Iterator[Article]:
    for each in news.articles_in(sources):
        if isinstance(each, Failure):
            raise SourceError(each.reason)
        yield each


def _read(name: str) -> str:
    """Return the text of a file or of standard input, in any encoding."""
    from rag.ingest.encoding import decode

    try:
        if name == "-":
            body = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}.") from error
    if len(body) > _MOST_BYTES:
        raise SourceError(
            f"{name} is larger than {_MOST_BYTES // 1_000_000} MB. Check it in parts."
        )
    try:
        return decode(body)
    except ExtractError as error:
        raise SourceError(f"{name} is not text: {error}") from error


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a .jsonl file: a text and the sources it is checked against."""

    id: str | int
    text: str
    sources: tuple[Article, ...]


def _check_rows(news: "News", rows: Sequence[_Row], *, fail: bool) -> bool:
    """Print a JSON line per text; return whether all were checked and satisfy ``fail``."""
    good = True
    with show.progress_bar("texts", len(rows)) as bar:
        for done, row in enumerate(rows, start=1):
            result: dict[str, object] = {"id": row.id, "claims": ()}
            try:
                claims = news.check_text(row.text, sources=row.sources)
            except QuestionError as error:
                result["error"] = str(error)
                good = False
            else:
                result["claims"] = claims
                good &= not fail or all(claim.supported for claim in claims)
            show.print_json(result, indent=None)
            show.advance(bar, "Checking", done, len(rows))
    return good


def _rows(path: Path) -> Iterator[_Row]:
    """Yield the rows of a file.

    Raises:
        SourceError: if a line is no valid row; exhaust the iterator to see it before checking.
    """
    numbered = enumerate(_read(str(path)).split("\n"), start=1)
    rows = [(number, line) for number, line in numbered if line.strip()]
    if not rows:
        raise SourceError(f'{path} is empty; expected lines of {{"id", "text", "source"}}.')
    for number, line in rows:
        try:
            yield _row(json.loads(line))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise SourceError(
                f'{path}, line {number}: expected {{"id", "text", "source"}}, where the source is a'
                ' text, {"title", "text", "published"}, or a list of these'
                f" ({type(error).__name__}: {error})."
            ) from None


def _row(values: object) -> _Row:
    if not isinstance(values, dict):
        raise TypeError(f"got {type(values).__name__}")
    name, text, source = (values[key] for key in ("id", "text", "source"))
    if not isinstance(name, str | int) or not isinstance(text, str):
        raise TypeError("id or text has the wrong type")
    return _Row(name, text, tuple(map(_source, source if isinstance(source, list) else [source])))


def _source(value: object) -> Article:
    from rag.text import as_article

    if isinstance(value, str):
        return as_article(value)
    if not isinstance(value, dict):
        raise TypeError(f"source is {type(value).__name__}")
    day = value.get("published")
    return as_article(
        str(value["text"]),
        title=str(value.get("title") or ""),
        published=date.fromisoformat(str(day)) if day else None,
    )
