"""Commands of ``rag batch``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from rag.cli.options import (
    IndexOption,
    MapOption,
    ProfileOption,
    PublisherOption,
    SetOption,
    SinceOption,
    UntilOption,
    filters_of,
    mapping,
)
from rag.cli.work import Order, work
from rag.errors import SourceError
from rag.types import Answers, Summaries

batch = typer.Typer(
    no_args_is_help=True, help="Summarise thousands of articles, or ask as many questions."
)
_MOST_INSTRUCTION = 2000  # characters
_MOST_READ = 10_000  # characters read of a file that is far too long

OutOption = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FILE", help="Rows as .jsonl, .csv, .parquet or .md."),
]
ResumeOption = Annotated[
    bool | None,
    typer.Option(
        "--resume/--anew",
        show_default=False,
        help="Go on with the items as they were read at first, or forget them and begin anew."
        " Default: go on if neither input nor configuration has changed.",
    ),
]
RetryOption = Annotated[bool, typer.Option("--retry", help="Try items that failed once more.")]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="Processes that share the work.")
]
HelperOption = Annotated[int, typer.Option("--helper-of", hidden=True)]


def register(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.add_typer(batch, name="batch")


@batch.command("summarize")
def summarize(
    out: OutOption,
    source: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, web addresses, or - for standard input; none: an index."
        ),
    ] = None,
    index: IndexOption = "",
    query: Annotated[str, typer.Option(help="Articles of the index about this.")] = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most articles of the index.")] = None,
    length: Annotated[
        Literal["short", "medium", "long"], typer.Option(help="How many sentences.")
    ] = "medium",
    style: Annotated[
        Literal["paragraph", "bullets", "headline"], typer.Option(help="How they are laid out.")
    ] = "paragraph",
    instruction: Annotated[
        str, typer.Option(metavar="FILE", help="A wish that the model is told with each article.")
    ] = "",
    fields: MapOption = None,
    workers: WorkersOption = 1,
    resume: ResumeOption = None,
    retry: RetryOption = False,
    helper_of: HelperOption = 0,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Summarise each article of the sources, or of an index, into a file of rows.

    Whatever stops it, the same command goes on where it was; started twice, both share the work.
    A bad item is a row with its error, and the exit code is 1.

    Example: rag batch summarize news/ feed.jsonl --out summaries.csv --length short
    """
    if source and (query or since or until or publisher or limit):
        raise typer.BadParameter("--query, --limit and filters are for an index: name no SOURCE.")
    task = Summaries(
        sources=tuple(source or ()),
        query=query,
        filters=filters_of(since, until, publisher),
        limit=limit,
        fields=tuple(mapping(fields or []).items()),
        length=length,
        style=style,
        instruction=_instruction(instruction),
    )
    options = ["--length", length, "--style", style, "--instruction", instruction]
    options += [part for pair in fields or () for part in ("--map", pair)]
    work(
        task,
        Order(out, resume, retry, workers, helper_of, index, profile, tuple(overrides or ())),
        again=["summarize", *options],
    )


@batch.command("ask")
def ask(
    questions: Annotated[
        str, typer.Argument(help="A file of questions: .txt, .csv or .jsonl; - for standard input.")
    ],
    out: OutOption,
    index: IndexOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    k: Annotated[int | None, typer.Option(min=1, max=100, help="Most passages shown.")] = None,
    workers: WorkersOption = 1,
    resume: ResumeOption = None,
    retry: RetryOption = False,
    helper_of: HelperOption = 0,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Answer each question of a file from the articles of an index, into a file of rows.

    Whatever stops it, the same command goes on where it was; started twice, both share the work.
    A bad question is a row with its error, and the exit code is 1.

    Example: rag batch ask questions.txt --index mine --out answers.jsonl
    """
    task = Answers(file=questions, filters=filters_of(since, until, publisher), k=k)
    days = {"--since": since, "--until": until}
    options = [part for name, day in days.items() if day for part in (name, f"{day:%Y-%m-%d}")]
    options += [part for name in publisher or () for part in ("--publisher", name)]
    options += ["--k", str(k)] if k else []
    work(
        task,
        Order(out, resume, retry, workers, helper_of, index, profile, tuple(overrides or ())),
        again=["ask", questions, *options],
    )


def _instruction(name: str) -> str:
    """Return the text of an instruction file on one line."""
    if not name:
        return ""
    try:
        with Path(name).open(encoding="utf-8") as file:
            text = " ".join(file.read(_MOST_READ).split())
    except OSError as error:
        raise SourceError(
            f"the instruction {name} cannot be read: {error.strerror or error}."
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"the instruction {name} is not text in UTF-8; convert it.") from error
    if not text or len(text) > _MOST_INSTRUCTION:
        more = " or more" if len(text) >= _MOST_READ else ""
        raise SourceError(
            f"the instruction {name} has {len(text):,} characters{more}, wanted 1 to"
            f" {_MOST_INSTRUCTION:,}: each article's prompt carries it."
        )
    return text
