"""Commands of ``rag batch``."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import show, work
from rag.cli.ask import LengthOption
from rag.cli.options import (
    IndexOption,
    JsonOption,
    MapOption,
    PassagesOption,
    ProfileOption,
    SetOption,
    mapping,
    with_filters,
)
from rag.cli.work import Run
from rag.errors import SourceError
from rag.types import Answers, Filters, Style, Summaries

if TYPE_CHECKING:
    from rag.jobs import Job

batch = typer.Typer(
    no_args_is_help=True, help="Summarise or answer thousands of items into a file."
)
_MOST_INSTRUCTION = 2000  # characters
_NOBODY = "No process is working on it. Run its command again to continue."
_MOST_READ = 10_000  # maximum characters read from the file

OutOption = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FILE", help="Output file: .jsonl, .csv, .parquet or .md."),
]
ResumeOption = Annotated[
    bool | None,
    typer.Option(
        "--resume/--restart",
        show_default=False,
        help="Continue with the items as they were first read, or discard them and start over."
        " Default: continue if neither input nor configuration has changed.",
    ),
]
RetryOption = Annotated[bool, typer.Option("--retry", help="Try failed items again.")]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="Number of processes.")
]
JobArgument = Annotated[Path, typer.Argument(metavar="OUT", help="The output file.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show items, tokens and time only.")]
HelperOption = Annotated[int, typer.Option("--helper-of", hidden=True)]


SourceArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders, web addresses, or - for standard input; default: the index."
    ),
]
QueryOption = Annotated[str, typer.Option(help="Only articles in the index about this.")]
LimitOption = Annotated[
    int | None, typer.Option(min=1, help="At most this many articles from the index.")
]
StyleOption = Annotated[Style, typer.Option(help="Layout of the sentences.")]
InstructionOption = Annotated[
    str, typer.Option(metavar="FILE", help="A file whose text is added to each prompt.")
]


@batch.command("summarize")
@with_filters
def summarize(
    filters: Filters,
    out: OutOption,
    source: SourceArgument = None,
    index: IndexOption = "",
    query: QueryOption = "",
    limit: LimitOption = None,
    length: LengthOption = "medium",
    style: StyleOption = "paragraph",
    instruction: InstructionOption = "",
    fields: MapOption = None,
    workers: WorkersOption = 1,
    resume: ResumeOption = None,
    retry: RetryOption = False,
    dry_run: DryRunOption = False,
    helper_of: HelperOption = 0,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Summarise each article from the sources, or from an index, and write one row per article.

    After any interruption, run the same command again to resume; run it twice at once to share the
    work. An item that fails becomes a row with its error, and the exit code is 1.

    Example: rag batch summarize news/ feed.jsonl --out summaries.csv --length short
    """
    if source and (query or limit or filters != Filters()):
        raise typer.BadParameter(
            "--query, --limit and filters apply to an index and cannot be combined with SOURCE."
        )
    task = Summaries(
        sources=tuple(source or ()),
        query=query,
        filters=filters,
        limit=limit,
        fields=tuple(mapping(fields).items()),
        length=length,
        style=style,
        instruction=_instruction(instruction),
    )
    run = Run(out, resume, retry, workers, helper_of, index, profile, tuple(overrides or ()))
    (work.dry_run if dry_run else work.work)(task, run)


@batch.command("ask")
@with_filters
def ask(
    filters: Filters,
    questions: Annotated[
        str, typer.Argument(help="A file of questions: .txt, .csv or .jsonl; - for standard input.")
    ],
    out: OutOption,
    index: IndexOption = "",
    k: PassagesOption = None,
    workers: WorkersOption = 1,
    resume: ResumeOption = None,
    retry: RetryOption = False,
    dry_run: DryRunOption = False,
    helper_of: HelperOption = 0,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Answer each question in a file from the articles in an index, and write one row per question.

    After any interruption, run the same command again to resume; run it twice at once to share the
    work. A question that fails becomes a row with its error, and the exit code is 1.

    Example: rag batch ask questions.txt --index mine --out answers.jsonl
    """
    task = Answers(file=questions, filters=filters, k=k)
    run = Run(out, resume, retry, workers, helper_of, index, profile, tuple(overrides or ()))
    (work.dry_run if dry_run else work.work)(task, run)


@batch.command("status")
def status(out: JobArgument, as_json: JsonOption = False) -> None:
    """Show how far the batch of an output file is, also while another process works on it.

    Example: rag batch status summaries.csv
    """
    with _job(out) as job:
        job.recover()
        now, workers, each = job.status(), job.table.workers(), job.seconds_an_item()
    left = now.total - now.settled
    state = "done" if not left else "paused" if now.paused else "running" if workers else "stopped"
    seconds = each * left / max(1, now.claimed) if each and left else None
    counts = {"items": now.total, "done": now.done, "failed": now.failed, "running": now.claimed}
    if as_json:
        more = {"left": left, "workers": workers, "seconds_left": seconds}
        show.print_json({"state": state, **counts, **more})
        return
    figures = {
        "state": state,
        **{name: f"{count:,}" for name, count in (counts | {"workers": workers}).items()},
        "time left": "-" if seconds is None else show.duration(seconds),
    }
    show.print_table(dict.fromkeys(figures, "right"), [figures.values()])
    if left and not workers:
        show.note(_NOBODY)


@batch.command("pause")
def pause(out: JobArgument) -> None:
    """Let the processes of a batch finish the items they are at, and then wait.

    Example: rag batch pause summaries.csv
    """
    with _job(out) as job:
        job.pause()
    show.say(f"Paused. To continue: rag batch resume {out}")


@batch.command("resume")
def resume_paused(out: JobArgument) -> None:
    """Let the processes of a paused batch continue.

    Example: rag batch resume summaries.csv
    """
    with _job(out) as job:
        job.go_on()
        workers = job.table.workers()
    show.say("Resumed." if workers else _NOBODY)


def _job(out: Path) -> AbstractContextManager["Job"]:
    from rag.library.batches import job_of

    return job_of(out)


def _instruction(name: str) -> str:
    """Return the text of an instruction file as one line."""
    if not name:
        return ""
    try:
        with Path(name).open(encoding="utf-8") as file:
            text = " ".join(file.read(_MOST_READ).split())
    except OSError as error:
        raise SourceError(
            f"the instruction file {name} cannot be read: {error.strerror or error}."
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"the instruction file {name} is not UTF-8 text; convert it.") from error
    if not text or len(text) > _MOST_INSTRUCTION:
        more = " or more" if len(text) >= _MOST_READ else ""
        raise SourceError(
            f"the instruction file {name} has {len(text):,} characters{more}; expected 1 to"
            f" {_MOST_INSTRUCTION:,}, because its text is part of every prompt."
        )
    return text
