"""Terminal output. Article text is never interpreted as markup or control codes."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from rag.text import written_date
from rag.types import (
    Answer,
    Article,
    Citation,
    Claim,
    Digest,
    Disagreement,
    IngestReport,
    Outcome,
    Passage,
    Source,
    Story,
    Summary,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_LINE_SECONDS = 60.0  # between two progress lines where the bar is not visible
# What a terminal obeys: control characters except line ends, and text direction marks.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return untrusted text without terminal control codes."""
    return _OBEYED.sub("", text)


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> "Console":
    """Return the user's terminal: results on standard output, all else on standard error."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # A file or pipe gets unwrapped lines: its reader wraps them.
    return Console(
        stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=not stream.isatty()
    )


def about(article: Article | Citation | Source) -> str:
    """Return ``Title (Publisher, Wednesday 19 January 2022)``, as far as it is known."""
    known = ", ".join(filter(None, (article.publisher, written_date(article.published))))
    name = article.title or article.url
    return plain(f"{name} ({known})" if known else name)


def print_answer(answer: Answer, *, draft: bool = False) -> None:
    """Print the short answer, its sentences, and the quotes of each article; or the refusal.

    With ``draft``, a refusal is followed by what the model would have said.
    """
    from rich.text import Text

    if answer.refused:
        _print_refusal(answer, draft=draft)
        return
    from rag.export import doubts, opening

    out = console()
    short, rest = opening(answer)
    if short:
        out.print(Text(_cited([short]), style="bold"))
    if rest:
        out.print(Text(_cited(rest)))
    _print_legend(answer.claims)
    if answer.status == "unsure":
        out.print(Text(doubts(answer), style="yellow"))
    _print_quotes(answer.citations)
    _print_disagreements(answer.disagreements)


def _print_refusal(answer: Answer, *, draft: bool) -> None:
    from rich.text import Text

    from rag.export import NEAREST_SHOWN, unmarked

    out = console()
    out.print(Text(plain(answer.text), style="yellow"))
    if answer.nearest:
        out.print("Nearest:")
    for quote in answer.nearest[:NEAREST_SHOWN]:
        out.print(Text(f"  {_quoted(quote)}"))
        out.print(Text(f"    {about(quote)}", style="dim"))
    if draft:
        written = plain(unmarked(answer.draft)) or "the model wrote nothing else."
        out.print(Text(f"Unproven: {written}", style="dim"))


def _cited(claims: Sequence[Claim]) -> str:
    from rag.export import cited

    return plain(" ".join(map(cited, claims)))


def _print_legend(claims: Sequence[Claim]) -> None:
    from rich.text import Text

    from rag.export import LEGEND

    if not all(claim.supported for claim in claims):
        console().print(Text(LEGEND, style="dim"))


def print_summary(summary: Summary) -> None:
    """Print the summary, then the quotes of each article."""
    from rich.text import Text

    from rag.export import standing

    kept = standing(summary.claims)
    console().print(Text(_cited(kept) or "Nothing could be summarised.", style="bold"))
    _print_legend(kept)
    _print_quotes(summary.citations)


def print_story(story: Story) -> None:
    """Print a story of a digest: headline, sentences, timeline, disagreements, numbered sources."""
    from rich.text import Text

    from rag.export import headed, standing

    out = console()
    out.print()
    out.print(Text(plain(headed(story.headline)), style="bold"))
    kept = standing(story.claims)
    out.print(Text(_cited(kept)))
    _print_legend(kept)
    if story.timeline:
        out.print(Text("\nWhat changed", style="cyan"))
    for event in story.timeline:
        out.print(Text(f"  {event.day.isoformat()}  {_one_line(_cited([event.claim]))}"))
    _print_disagreements(story.disagreements)
    out.print()
    for source in story.sources:
        copies = f", and {len(source.copies)} with the same text" if source.copies else ""
        out.print(Text(f"[{source.number}] {about(source)}{copies}", style="dim"))


def _print_disagreements(disagreements: Sequence[Disagreement]) -> None:
    from rich.text import Text

    from rag.export import differ

    out = console()
    for found in disagreements:
        sides = " or ".join(found.about)
        out.print(Text(f"\n{differ(found)}: {plain(sides)}".rstrip(": "), style="yellow"))
        for quote in found.quotes:
            out.print(Text(f"  “{_one_line(quote.quote)}” [{quote.number}]"))
            out.print(Text(f"    {about(quote)}", style="dim"))


def print_digest_end(digest: Digest) -> None:
    """Print what a digest was made from."""
    from rich.text import Text

    from rag.export import told

    console().print(Text(f"\n{told(digest)}", style="dim"))


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def _quoted(quote: Citation) -> str:
    return f"{'Headline: ' * (quote.field == 'title')}“{_one_line(quote.quote)}”"


def _print_quotes(citations: Sequence[Citation]) -> None:
    """Print a block per article: its number, its quotes, and its title line."""
    from rich.text import Text

    from rag.export import by_article

    out = console()
    for first, *others in by_article(citations):
        out.print()
        out.print(Text(f"[{first.number}] ", style="cyan") + Text(_quoted(first)))
        for quote in others:
            out.print(Text(f"    {_quoted(quote)}"))
        out.print(Text(f"    {about(first)}", style="dim"))


def print_passages(passages: Sequence[Passage]) -> None:
    """Print the passages that the model was shown."""
    from rich.text import Text

    out = console()
    out.print(Text("\nSources shown to the model:", style="dim"))
    for passage in passages:
        out.print(Text(f"[{passage.number}] {about(passage.article)}", style="cyan"))
        out.print(Text("    " + " ".join(plain(passage.chunk.text).split()), style="dim"))


def print_timing(answer: Answer | Summary | Digest) -> None:
    """Print model, seconds and tokens, dim, on standard error."""
    from rich.text import Text

    timing = answer.timing
    line = (
        f"{answer.model} · {timing.total:.1f} s (first word after {timing.first_token:.1f} s)"
        f" · {timing.prompt_tokens} tokens read, {timing.output_tokens} written"
    )
    console(stderr=True).print(Text(line, style="dim"))


def print_report(report: IngestReport) -> None:
    """Print every failure with its reason, then one line per outcome status."""
    from rich.text import Text

    out = console()
    counts = Counter(outcome.status for outcome in report.outcomes)
    for outcome in report.outcomes:
        if outcome.status == "failed":
            out.print(Text(f"  {_reason(outcome)}", style="red"))
    for status in ("added", "updated", "unchanged", "duplicate", "failed"):
        if counts[status]:
            out.print(f"{status:>10}: {counts[status]}")
    rate = report.chunks / report.seconds if report.seconds and report.chunks else 0
    if rate:
        out.print(
            Text(f"{report.chunks} passages in {report.seconds:.1f} s, {rate:.0f} a second", "dim")
        )


def _reason(outcome: Outcome) -> str:
    reason = plain(" ".join(outcome.reason.split()))
    source = plain(outcome.source)
    return reason if source in reason else f"{source}: {reason}"


@contextmanager
def progress_bar(unit: str, total: float | None) -> Iterator["Progress"]:
    """Show a bar with rate and time left on standard error; silent if that is no terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit} {{task.fields[rate]}}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    screen = console(stderr=True)
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as bar:
        bar.add_task("", total=total, rate="")
        yield bar


def advance(bar: "Progress", what: str, done: int, total: int | None, *, note: str = "") -> None:
    """Update the progress; a new ``what`` restarts the bar, so that the time left is its own.

    Where the bar is not visible, as in a log, a line is printed once a minute instead. ``note`` is
    shown as well, such as the number of failures.
    """
    task, now = bar.tasks[0], time.monotonic()
    if task.description != what:
        bar.reset(task.id, total=total, description=what, rate="", begun=now, told=now, known=done)
    fresh = done - task.fields["known"]
    seconds = (now - task.fields["begun"]) / fresh if fresh else None
    rate = f"{60 / seconds:,.1f}/min" if seconds else ""
    bar.update(task.id, completed=done, total=total, rate=", ".join(filter(None, (rate, note))))
    if bar.disable and now - task.fields["told"] >= _LINE_SECONDS:
        bar.update(task.id, told=now)
        minutes = ceil(seconds * (total - done) / 60) if seconds and total else None
        left = f", {minutes} min left" if minutes is not None else ""
        told = f"{what}: {done} of {total or '?'}{left}{', ' if note else ''}{note}"
        console(stderr=True).print(plain(told))


@contextmanager
def download_bar() -> Iterator["Progress"]:
    """Show a download bar in megabytes on standard error; silent if that is no terminal."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    screen = console(stderr=True)
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
        yield bar
