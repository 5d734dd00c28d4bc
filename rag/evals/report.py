"""Report of a run: figures, plots and the worst items in one HTML file."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.evals.metrics import aurc, risk_curve
from rag.evals.task import Figure, Record, by_dataset

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

_TEMPLATE = Path(__file__).with_name("report.html")
_INK, _MARK = "#010203", "#040506"  # placeholders for the page's colours in a plot
_WORST = 20
_LEAST = 5  # fewest answers for which a curve is drawn
_HIDDEN = ("key", "dataset", "seconds", "score")
_COLUMNS = 3


def report(figures: Sequence[Figure], records: Sequence[Record], about: Mapping[str, Any]) -> str:
    """Render the report as HTML.

    Args:
        figures: those with finite values.
        records: of all items; those with ``confidence`` and ``wrong`` become risk-coverage curves,
            those with the lowest ``score`` the list of the worst.
        about: the table ``run`` of the summary.
    """
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, keep_trailing_newline=True)
    environment.filters["number"] = _number
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        about=about,
        sections=[
            {"name": name, "figures": group, "plot": _panels(group)}
            for name, group in _grouped(figures).items()
        ],
        curves=_curves(records),
        worst=_worst(records),
        hidden=_HIDDEN,
    )


def _grouped(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """Group by dataset; datasets without variants share a section, as if they were its variants."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        path = ("Figures", *figure.path) if len(figure.path) == 2 else figure.path
        groups.setdefault(path[0], []).append(replace(figure, path=path))
    return groups


def _number(value: float) -> str:
    if not isfinite(value):
        return "-"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _panels(figures: Sequence[Figure]) -> "Markup":
    """Draw a small plot per metric: a bar with its interval for each variant."""
    from matplotlib.figure import Figure as Drawing

    metrics = list(dict.fromkeys(figure.path[-1] for figure in figures))
    names = list(dict.fromkeys(" / ".join(figure.path[1:-1]) for figure in figures))
    rows = -(-len(metrics) // _COLUMNS)
    drawing = Drawing(figsize=(9.6, rows * (0.7 + 0.24 * len(names))), layout="constrained")
    axes = list(drawing.subplots(rows, _COLUMNS, squeeze=False, sharey=True).flat)
    for metric, axis in zip(metrics, axes, strict=False):
        shown = [figure for figure in figures if figure.path[-1] == metric]
        heights = [names.index(" / ".join(figure.path[1:-1])) for figure in shown]
        axis.barh(heights, [figure.value for figure in shown], color=_MARK, height=0.6)
        lows, highs = [figure.low for figure in shown], [figure.high for figure in shown]
        axis.hlines(heights, lows, highs, color=_INK, linewidth=1)  # none where they are NaN
        axis.set_title(metric, fontsize=9, color=_INK, loc="left")
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.set_ylim(len(names) - 0.4, -0.6)
        if max(figure.value for figure in shown) <= 1:
            axis.set_xlim(0, 1)
        _plain(axis)
    for axis in axes[len(metrics) :]:
        axis.set_visible(False)
    return _svg(drawing)


def _curves(records: Sequence[Record]) -> "Markup | None":
    """Draw a risk-coverage curve per dataset, if the records hold what it needs."""
    asked = [record for record in records if {"confidence", "wrong"} <= record.keys()]
    found = {name: own for name, own in by_dataset(asked).items() if len(own) >= _LEAST}
    if not found:
        return None
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(9.6, 3.6), layout="constrained")
    axis = drawing.subplots()
    for place, (name, own) in enumerate(sorted(found.items())):
        columns = [record["confidence"] for record in own], [record["wrong"] for record in own]
        coverages = [n / len(own) for n in range(1, len(own) + 1)]
        axis.plot(
            coverages,
            risk_curve(*columns),
            color=_MARK if place % 2 == 0 else _INK,
            linestyle=("solid", "dashed", "dotted", "dashdot")[place % 4],
            label=f"{name} (area {aurc(*columns):.3f})",
        )
    axis.set_xlabel("share answered, surest first", fontsize=8, color=_INK)
    axis.set_ylabel("share of these wrong", fontsize=8, color=_INK)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    axis.legend(frameon=False, fontsize=8, labelcolor=_INK)
    _plain(axis)
    return _svg(drawing)


def _plain(axis: "Axes") -> None:
    """Leave of the frame only the left side, in the page's colours."""
    axis.patch.set_alpha(0)
    axis.tick_params(colors=_INK, labelsize=8, length=0)
    for side, spine in axis.spines.items():
        spine.set_visible(side == "left")
        spine.set_color(_INK)


def _svg(drawing: "Drawing") -> "Markup":
    """Render the plot as inline SVG in the page's colours, with the same bytes each time.

    matplotlib escapes the texts in it.
    """
    import matplotlib as mpl
    from markupsafe import Markup

    drawing.patch.set_alpha(0)
    page = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "newsrag", "font.size": 8}):
        drawing.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    drawn = page.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.S)
    drawn = drawn.replace(_INK, "currentColor").replace(_MARK, "var(--mark)")
    return Markup(re.sub(r"font-family: [^;\"]*", "font-family: inherit", drawn))  # noqa: S704


def _worst(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the items of the lowest score, by dataset."""
    scored = [record for record in records if record.get("score") is not None]
    return {
        dataset: sorted(own, key=lambda record: (record["score"], record["key"]))[:_WORST]
        for dataset, own in by_dataset(scored).items()
    }
