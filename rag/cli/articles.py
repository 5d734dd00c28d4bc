"""Commands ``rag ingest`` and ``rag articles``."""

import sys
import time
from typing import Annotated

import typer

from rag.cli import show
from rag.cli.options import (
    IndexOption,
    JsonOption,
    MapOption,
    ProfileOption,
    PublisherOption,
    SetOption,
    SinceOption,
    UntilOption,
    filters_of,
    mapping,
    news_of,
)
from rag.types import Outcome

articles = typer.Typer(no_args_is_help=True, help="List, show and delete the articles of an index.")


def register(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command()(ingest)
    app.add_typer(articles, name="articles")


def ingest(
    source: Annotated[
        list[str], typer.Argument(help="Files, folders, web addresses, or - for standard input.")
    ],
    index: IndexOption = "",
    fields: MapOption = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Ask addresses of your own network too.")
    ] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Read articles into an index; doing it again adds only what is new or changed.

    Page dumps, Markdown, HTML, JSON, JSONL and CSV, each also with .gz. One bad file never stops
    the others: it is listed with its reason, and the exit code is 1.

    Example: rag ingest news/ more.jsonl https://example.org/story --index mine
    """
    from rag.ingest.sources import count

    with news_of(index, profile, overrides) as news, show.progress_bar("articles", None) as bar:
        bar.update(bar.task_ids[0], description="Reading", total=count(source))
        started, done = time.monotonic(), 0

        def tell(_: Outcome) -> None:
            nonlocal done
            done += 1
            rate = f"{done / max(time.monotonic() - started, 0.01):.1f}/s"
            bar.update(bar.task_ids[0], completed=done, rate=rate)

        report = news.ingest(
            source,
            fields=mapping(fields or []),
            allow_private=allow_private or None,
            progress=tell,
        )
    if as_json:
        from rag.export import as_json as to_json

        print(to_json(report))  # noqa: T201
    else:
        show.print_report(report)
    if report.count("failed") or not report.outcomes:
        sys.exit(1)


@articles.command("list")
def list_articles(
    query: Annotated[str, typer.Argument(help="Only titles and publishers with this in it.")] = "",
    index: IndexOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many.")] = None,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """List articles, newest first: id, day, publisher, title."""
    with news_of(index, profile, overrides) as news:
        found = news.articles(filters=filters_of(since, until, publisher), query=query, limit=limit)
    if as_json:
        from rag.export import as_json as to_json

        print(to_json(found))  # noqa: T201
        return
    for article in found:
        day = article.published.isoformat() if article.published else "no date   "
        line = f"{article.id}  {day}  {article.publisher or '-'}  {article.title or article.url}"
        show.console().print(show.plain(line))
    show.console(stderr=True).print(f"{len(found)} articles")


@articles.command("show")
def show_article(
    article: Annotated[str, typer.Argument(help="The id, or its first characters.")],
    index: IndexOption = "",
    raw: Annotated[bool, typer.Option("--raw", help="The source as it was found.")] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Show an article as it was cleaned, or its raw source."""
    with news_of(index, profile, overrides) as news:
        found = news.article(article)
        if raw:
            sys.stdout.buffer.write(news.source(found.id))
            return
    if as_json:
        from rag.export import as_json as to_json

        print(to_json(found))  # noqa: T201
        return
    screen = show.console()
    screen.print(show.about(found), style="bold")
    if found.authors:
        screen.print(show.plain("By " + ", ".join(found.authors)), style="dim")
    screen.print(show.plain(f"{found.url}\n"), style="dim")
    screen.print(show.plain(found.text))


@articles.command("delete")
def delete_articles(
    article: Annotated[list[str], typer.Argument(help="The ids, or their first characters.")],
    index: IndexOption = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Delete articles with their passages, vectors and raw sources."""
    with news_of(index, profile, overrides) as news:
        found = [news.article(one) for one in article]
        for one in found:
            show.console().print(f"{one.id}  {show.about(one)}")
        if not yes:
            typer.confirm(f"Delete {len(found)} of {news.info().articles} articles?", abort=True)
        news.delete([one.id for one in found])
    show.console().print(f"{len(found)} deleted.")
