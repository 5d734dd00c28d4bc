"""Command ``rag digest``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.cli import show
from rag.cli.options import (
    IndexOption,
    JsonOption,
    ProfileOption,
    PublisherOption,
    SetOption,
    SinceOption,
    UntilOption,
    filters_of,
    news_of,
)
from rag.errors import RagError
from rag.types import Digest, Draft, Filters, Story

if TYPE_CHECKING:
    from rag.library import News

Length = Literal["short", "medium", "long"]
_FORMS = {".md": "Markdown", ".json": "JSON"}


def register(app: typer.Typer) -> None:
    """Register this module's command."""
    app.command()(digest)


def digest(
    query: Annotated[str, typer.Option(help="Only articles about this.")] = "",
    index: IndexOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    stories: Annotated[
        int | None, typer.Option(min=1, max=100, help="At most this many stories.")
    ] = None,
    length: Annotated[Length, typer.Option(help="How many sentences a story.")] = "medium",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.md|FILE.json", help="Write it there.")
    ] = None,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Tell what many articles tell, story by story: headline, sentences, timeline, disagreements.

    The most important stories come first. Copies of one report count once. Ctrl-C ends it; what was
    told until then stands.

    Example: rag digest --query "talks in Geneva" --since 2022-01-10 --out digest.md
    """
    _writable(out)
    with news_of(index, profile, overrides) as news:
        filters = filters_of(since, until, publisher)
        quiet = as_json or out is not None
        made = _told(news, query, filters, stories, length, quiet=quiet)
    if as_json:
        from rag.export import as_json as to_json

        print(to_json(made), flush=True)  # noqa: T201
    if out is not None:
        _filed(made, out, shown=as_json)
    if not as_json and (out is None or not made.stories):
        show.print_digest_end(made)
    show.print_timing(made)


def _told(
    news: "News",
    query: str,
    filters: Filters,
    stories: int | None,
    length: Length,
    *,
    quiet: bool,
) -> Digest:
    """Print each finished story, with the draft of the next below, dim."""
    from rich.live import Live
    from rich.text import Text

    screen = show.console(stderr=True)
    with Live(console=screen, transient=True, auto_refresh=screen.is_terminal) as live:

        def tell(line: str) -> None:
            if screen.is_terminal:
                live.update(Text(show.plain(line), style="dim"))

        state = "Grouping the articles ..."

        def count(done: int, total: int) -> None:
            nonlocal state
            state = f"Story {min(done + 1, total)} of {total} ..."
            tell(state)

        tell(state)
        draft = ""
        for event in news.stories(
            query, filters=filters, stories=stories, length=length, progress=count
        ):
            match event:
                case Draft(text):
                    draft += text
                    tell(f"{state}\n{draft}")
                case Story():
                    draft = ""
                    if not quiet:
                        show.print_story(event)
                case Digest():
                    return event
    raise AssertionError("the stories end with their Digest")


def _writable(out: Path | None) -> None:
    """Fail before minutes of work if the file cannot be written."""
    if out is None:
        return
    if out.suffix.lower() not in _FORMS:
        raise typer.BadParameter(f"--out {out}: wanted a name that ends with .md or .json.")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"--out {out}: there is no folder {out.parent}. Make it first.")
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise typer.BadParameter(f"--out {out}: it cannot be written there.")


def _filed(made: Digest, out: Path, *, shown: bool) -> None:
    """Write a digest as Markdown or JSON; on failure print it, unless already shown.

    Raises:
        RagError: if the file cannot be written.
    """
    from rag.export import as_json, as_markdown
    from rag.files import replacing

    text = as_json(made) + "\n" if out.suffix.lower() == ".json" else as_markdown(made)
    try:
        with replacing(out) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        if not shown:
            print(show.plain(text), end="", flush=True)  # noqa: T201
        raise RagError(
            f"--out {out} cannot be written: {error.strerror}."
            " The digest is on standard output instead."
        ) from error
    show.console(stderr=True).print(show.plain(f"{len(made.stories)} stories in {out}"))
