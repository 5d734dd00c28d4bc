"""Command ``rag eval``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import show
from rag.cli.options import JsonOption, ProfileOption, SetOption, settings_of

if TYPE_CHECKING:
    from rag.evals.run import Measured

_DEFAULT_OUT = "reports"


def register(app: typer.Typer) -> None:
    """Register this module's command."""
    app.command("eval")(evaluate)


def evaluate(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK",
            help="retrieval, answers, refusal, faithfulness, check, summaries, cleaning, or all.",
        ),
    ],
    data: Annotated[
        str, typer.Option("--data", metavar="FOLDER", help="The folder with the data sets.")
    ],
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most items a set, drawn at random; default: all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random samples.")] = 0,
    out: Annotated[
        str,
        typer.Option("--out", metavar="FOLDER", help="Where to write; default: reports/TASK."),
    ] = "",
    index: Annotated[
        str,
        typer.Option(
            "--index", "-i", metavar="FOLDER", help="Index over the quiz articles, to be shared."
        ),
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Discard what the folder holds and start over.")
    ] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Measure the system on data sets with known answers.

    Writes items.jsonl, summary.json and report.html. Whatever stops it, the same command goes on.

    Example: rag eval retrieval --data ../shared/data --limit 50
    """
    from rag.config import at_home
    from rag.evals.run import chosen, run
    from rag.evals.workbench import Workbench

    tasks = chosen(task, at_home(data), notify=_notify)
    folder = at_home(out) if out else Path(_DEFAULT_OUT) / ("" if task == "all" else task)
    shared = at_home(index) if index else (folder / "index" if task == "all" else None)
    summaries: list[tuple[str, str]] = []
    with show.progress_bar("items", None) as bar:
        bench = Workbench(
            at_home(data),
            settings_of(profile, overrides),
            out=folder,
            index=shared,
            notify=_notify,
            advance=partial(show.advance, bar),
        )
        with bench:
            for name in tasks:
                bench.out = folder / name if task == "all" else folder
                measured = run(
                    name,
                    bench,
                    limit=limit,
                    seed=seed,
                    fresh=fresh,
                    advance=partial(show.advance, bar, name),
                )
                text = (measured.folder / "summary.json").read_text(encoding="utf-8")
                summaries.append((name, text))
                if not as_json:
                    _print(measured)
    if as_json:
        inside = ",\n".join(f'"{name}": {text}' for name, text in summaries)
        print(f"{{{inside}}}" if task == "all" else summaries[0][1])  # noqa: T201


def _notify(message: str) -> None:
    show.console(stderr=True).print(show.plain(message))


def _print(measured: "Measured") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("set", "metric", "value", "95 % interval", "items"):
        table.add_column(name, justify="left" if name in {"set", "metric"} else "right")
    for figure in measured.figures:
        *path, metric = figure.path
        interval = f"{figure.low:.3f} to {figure.high:.3f}"
        row = (" / ".join(path), metric, f"{figure.value:.3f}", interval, str(figure.n))
        table.add_row(*map(show.plain, row))
    show.console().print(table)
    _notify(f"{measured.folder / 'report.html'}")
