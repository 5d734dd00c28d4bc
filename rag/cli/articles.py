"""Commands ``rag ingest``, ``rag search`` and ``rag articles``."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import results, show
from rag.cli.options import JsonOption, MapOption, day, mapping, with_filters, with_news
from rag.types import Filters

if TYPE_CHECKING:
    from rag.library import News

articles = typer.Typer(no_args_is_help=True, help="List, show, edit and delete articles.")


@with_news
def ingest(
    news: "News",
    source: Annotated[
        list[str], typer.Argument(help="Files, folders, web addresses, or - for standard input.")
    ],
    fields: MapOption = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also fetch addresses on your own network.")
    ] = False,
    publisher: Annotated[
        str, typer.Option(metavar="NAME", help="Publisher of articles that do not name theirs.")
    ] = "",
    published: Annotated[
        date | None,
        typer.Option(
            "--date", parser=day, metavar="DAY", help="Day of articles that do not name theirs."
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete articles of files gone from these folders.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read articles into an index; skip what is already there.

    Reads HTML, copied page text, Markdown, JSON, JSONL and CSV, also compressed as .gz. Changed
    articles are updated. A bad file never stops the others: it is listed with the reason, and the
    exit code is 1.

    Example: rag ingest news/ more.jsonl https://example.org/story --index mine
    """
    from rag.ingest.sources import count as expected

    done, total = count(1), expected(source)
    with show.progress_bar("articles", total) as bar, _told_to_stop():
        # The rate counts from here, not from the first batch.
        show.advance(bar, "Reading", 0, total)
        report = news.ingest(
            source,
            fields=mapping(fields),
            allow_private=allow_private or None,
            publisher=publisher,
            published=published,
            soon=True,
            progress=lambda _: show.advance(bar, "Reading", next(done), total),
        )
    deleted = news.prune(source) if prune else ()
    if as_json:
        show.print_json(report)
    else:
        results.print_report(report, deleted)
    if report.count("failed") or not report.outcomes:
        sys.exit(1)


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Say at Ctrl-C that what was read is being stored; a second Ctrl-C stops that too."""

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        show.note("Storing what has been read; Ctrl-C again stops at once.")
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@with_filters
@with_news
def search(
    news: "News",
    filters: Filters,
    query: Annotated[str, typer.Argument(help="What the articles should be about.")],
    limit: Annotated[
        int, typer.Option("--limit", "--k", min=1, max=100, help="Maximum number of articles.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """Find the articles nearest to a query, each with its best passage.

    Example: rag search "talks in Geneva" --since 2022-01-18
    """
    news.require_articles(filters)
    from rag.search import any_word

    with show.replaced_text() as replace:
        replace("Searching ...")  # the embedder takes seconds to load
        found = news.find(query, filters=filters, k=limit)
    if as_json:
        show.print_json(found)
        return
    if found and not any_word(query, found):
        show.note("No article contains any of these words. The nearest ones in meaning:")
    results.print_passages(found)


@articles.command("list")
@with_filters
@with_news
def list_articles(
    news: "News",
    filters: Filters,
    words: Annotated[str, typer.Argument(help="In the title, the publisher or the text.")] = "",
    query: Annotated[str, typer.Option(help="The same as WORDS.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Maximum number of articles.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List articles, newest first: id, date, publisher, title.

    Example: rag articles list Geneva --since 2022-01-10
    """
    if query and words:
        raise typer.BadParameter("give either WORDS or --query, not both.")
    if filters != Filters():
        news.require_articles(filters)
    found = news.articles(filters=filters, query=words or query, limit=limit)
    if as_json:
        show.print_json(found)
        return
    for article in found:
        day = article.published.isoformat() if article.published else "no date   "
        show.say(f"{article.id}  {day}  {article.publisher or '-'}  {article.title or article.url}")
    show.note(show.plural(len(found), "article"))


@articles.command("show")
@with_news
def show_article(
    news: "News",
    article: Annotated[str, typer.Argument(help="The id, or its first characters.")],
    raw: Annotated[bool, typer.Option("--raw", help="Print the original source instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the cleaned text of an article, or its original source.

    Example: rag articles show 3f2a --raw
    """
    found = news.article(article)
    if raw:
        sys.stdout.buffer.write(news.source(found.id))
        return
    if as_json:
        show.print_json(found)
        return
    show.say(results.about(found), "bold")
    if found.authors:
        show.say("By " + ", ".join(found.authors), "dim")
    show.say(f"{found.url}\n", "dim")
    show.say(found.text)


@articles.command("edit")
@with_news
def edit_article(
    news: "News",
    article: Annotated[str, typer.Argument(help="The id, or its first characters.")],
    title: Annotated[str | None, typer.Option(help="The new title.")] = None,
    publisher: Annotated[str | None, typer.Option(help="The new publisher.")] = None,
    published: Annotated[
        str | None, typer.Option("--date", metavar="DAY", help="The new date.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Correct the title, publisher or date of an article; "" removes it.

    Example: rag articles edit 3f2a --publisher "North Quay Dispatch" --date 2022-01-19
    """
    if title is publisher is published is None:
        raise typer.BadParameter("give --title, --publisher or --date.")
    changed = news.edit(article, title=title, publisher=publisher, published=published)
    if as_json:
        show.print_json(changed)
    else:
        show.say(f"{changed.id}  {results.about(changed)}")


@articles.command("delete")
@with_news
def delete_articles(
    news: "News",
    article: Annotated[list[str], typer.Argument(help="The ids, or their first characters.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete articles with their passages, vectors and original sources.

    Example: rag articles delete 3f2a 77c0 --yes
    """
    found = [news.article(one) for one in article]
    for one in found:
        show.say(f"{one.id}  {results.about(one)}")
    if not yes:
        typer.confirm(f"Delete {len(found)} of {news.info().articles} articles?", abort=True)
    news.delete([one.id for one in found])
    show.say(f"{len(found)} deleted.")
