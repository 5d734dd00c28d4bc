"""Command ``rag eval``."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.cli import show
from rag.cli.options import JsonOption, ProfileOption, SetOption, settings_of

if TYPE_CHECKING:
    from rag.evals.run import Measured
    from rag.evals.task import Figure

_DEFAULT_OUT = "reports"
_COLUMNS: dict[str, Literal["left", "right"]] = {
    "set": "left",
    "metric": "left",
    "value": "right",
    "95 % interval": "right",
    "items": "right",
}

TaskArgument = Annotated[
    str,
    typer.Argument(
        metavar="TASK",
        help="retrieval, answers, refusal, faithfulness, check, summaries, cleaning, or all.",
    ),
]
DataOption = Annotated[
    str, typer.Option("--data", metavar="FOLDER", help="The folder with the data sets.")
]
LimitOption = Annotated[
    int | None, typer.Option(min=1, help="Maximum number of items per set, drawn at random.")
]
OutOption = Annotated[
    str, typer.Option("--out", metavar="FOLDER", help="Output folder; default: reports/TASK.")
]
SharedIndexOption = Annotated[
    str,
    typer.Option("--index", "-i", metavar="FOLDER", help="Index of the quiz articles, to reuse."),
]


def evaluate(
    task: TaskArgument,
    data: DataOption,
    limit: LimitOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the random samples.")] = 0,
    out: OutOption = "",
    index: SharedIndexOption = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Discard earlier results in the folder and start over.")
    ] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = "",
    overrides: SetOption = None,
) -> None:
    """Measure the system on data sets with known answers.

    Writes items.jsonl, summary.json and report.html. If interrupted, run the same command again to
    continue.

    Example: rag eval retrieval --data ../shared/data --limit 50
    """
    from rag.config import at_home
    from rag.evals.run import chosen, run
    from rag.evals.workbench import Workbench

    tasks = chosen(task, at_home(data), notify=show.note)
    folder = at_home(out) if out else Path(_DEFAULT_OUT) / ("" if task == "all" else task)
    shared = at_home(index) if index else (folder / "index" if task == "all" else None)
    settings = settings_of(profile, overrides)
    summaries: dict[str, str] = {}
    with show.progress_bar("items", None) as bar:
        advance = partial(show.advance, bar)
        with Workbench(
            at_home(data), settings, out=folder, index=shared, notify=show.note, advance=advance
        ) as bench:
            for name in tasks:
                bench.out = folder / name if task == "all" else folder
                progress = partial(advance, name)
                measured = run(name, bench, limit=limit, seed=seed, fresh=fresh, advance=progress)
                summaries[name] = (measured.folder / "summary.json").read_text(encoding="utf-8")
                if not as_json:
                    _print(measured)
    if as_json:
        inside = ",\n".join(f'"{name}": {text}' for name, text in summaries.items())
        print(f"{{{inside}}}" if task == "all" else summaries[tasks[0]])  # noqa: T201


def _print(measured: "Measured") -> None:
    show.print_table(_COLUMNS, map(_row, measured.figures))
    show.note(str(measured.folder / "report.html"))


def _row(figure: "Figure") -> Sequence[str]:
    *path, metric = figure.path
    interval = f"{figure.low:.3f} to {figure.high:.3f}"
    return (" / ".join(path), metric, f"{figure.value:.3f}", interval, str(figure.n))
