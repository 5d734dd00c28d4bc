"""Command ``rag digest``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import results, show
from rag.cli.ask import LengthOption
from rag.cli.options import JsonOption, with_filters, with_news
from rag.errors import RagError
from rag.types import Digest, Draft, Filters, Length, Story

if TYPE_CHECKING:
    from rag.library import News


@with_filters
@with_news
def digest(
    news: "News",
    filters: Filters,
    query: Annotated[str, typer.Option(help="Only articles about this.")] = "",
    stories: Annotated[
        int | None, typer.Option(min=1, max=100, help="Maximum number of stories.")
    ] = None,
    length: LengthOption = "medium",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md|FILE.json", help="Write the digest to this file."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Summarise many articles as stories, most important first.

    Each story has a headline, sentences, a timeline, disagreements and its sources. Duplicate
    articles count once. Ctrl-C stops; the stories printed by then are complete.

    Example: rag digest --query "talks in Geneva" --since 2022-01-10 --out digest.md
    """
    _check_writable(out)
    made = _written(news, query, filters, stories, length, quiet=as_json or out is not None)
    if as_json:
        show.print_json(made)
    if out is not None:
        _save(made, out, shown=as_json)
    if not as_json and (out is None or not made.stories):
        results.print_digest_end(made)
    results.print_timing(made)


def _written(
    news: "News",
    query: str,
    filters: Filters,
    stories: int | None,
    length: Length,
    *,
    quiet: bool,
) -> Digest:
    """Write the digest; print each finished story, with the draft of the next below, dim."""
    state, draft = "Grouping the articles ...", ""

    def count(done: int, total: int) -> None:
        nonlocal state
        state = f"Story {min(done + 1, total)} of {total} ..."
        replace(state)

    with show.replaced_text() as replace:
        replace(state)
        for event in news.stories(
            query, filters=filters, stories=stories, length=length, progress=count
        ):
            match event:
                case Draft(text):
                    draft += text
                    replace(f"{state}\n{draft}")
                case Story():
                    draft = ""
                    if not quiet:
                        results.print_story(event)
                case Digest():
                    return event
    raise AssertionError("the stories end with their Digest")


def _check_writable(out: Path | None) -> None:
    """Fail before minutes of work if the file cannot be written."""
    if out is None:
        return
    if out.suffix.lower() not in {".md", ".json"}:
        raise typer.BadParameter(f"--out {out}: the name must end in .md or .json.")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"--out {out}: there is no folder {out.parent}. Create it first.")
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise typer.BadParameter(f"--out {out}: this file cannot be written.")


def _save(made: Digest, out: Path, *, shown: bool) -> None:
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
            " The digest was printed to standard output instead."
        ) from error
    show.note(f"{show.plural(len(made.stories), 'story', 'stories')} in {out}")
