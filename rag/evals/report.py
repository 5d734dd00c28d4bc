"""Report of a run: figures, plots and the worst items in one HTML file."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from math import isfinite
from typing import TYPE_CHECKING

from rag.evals.metrics import risk_coverage
from rag.evals.task import Figure, Json, Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

_INK, _MARK = "#010203", "#040506"  # placeholders for the page's colours in a plot
_WORST = 20
_LEAST = 5  # fewest answers for which a curve is drawn
_HIDDEN = {"key", "dataset", "seconds", "score"}
_COLUMNS = 3
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --soft: #66707a; --line: #dfe3e7; --mark: #2f6f8f;
  --page: #fdfdfc; }
@media (prefers-color-scheme: dark) { :root { --ink: #dde2e6; --soft: #97a1aa; --line: #343b42;
  --mark: #7dbbd6; --page: #16191c; } }
body { margin: 3rem auto; max-width: 60rem; padding: 0 1.5rem; background: var(--page);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p, dd { color: var(--soft); margin: 0 0 .5rem; } .note { color: var(--ink); font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 500; color: var(--soft); } td.n { text-align: right; white-space: nowrap; }
svg { width: 100%; height: auto; color: var(--ink); margin: .5rem 0; } details { margin: .5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1.2rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
"""


def report(figures: Sequence[Figure], records: Sequence[Record], about: Mapping[str, Json]) -> str:
    """Render the report as HTML.

    Args:
        figures: those with finite values.
        records: of all items; those with ``confidence`` and ``wrong`` become risk-coverage curves,
            those with the lowest ``score`` the list of the worst.
        about: the table ``run`` of the summary.
    """
    sections = [_section(name, group) for name, group in _grouped(figures).items()]
    task = escape(str(about.get("task", "")))
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Evaluation: {task}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{task.capitalize()}</h1>",
            _state(about),
            *sections,
            _curves(records),
            _worst(records),
            _about(about),
            "</body></html>\n",
        ]
    )


def _state(about: Mapping[str, Json]) -> str:
    items = f"{about.get('items')} of {about.get('items_wanted')} items"
    if about.get("complete"):
        return f"<p>{items}, {about.get('seconds')} s of measuring.</p>"
    return f'<p class="note">Not complete: {items}. The same command goes on from here.</p>'


def _grouped(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """Group by dataset; datasets without variants share a section, as if they were its variants."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        alone = len(figure.path) == 2
        path = ("", *figure.path) if alone else figure.path
        groups.setdefault(path[0], []).append(replace(figure, path=path))
    return {name or "Figures": group for name, group in groups.items()}


def _section(dataset: str, figures: Sequence[Figure]) -> str:
    rows = "".join(
        f"<tr><td>{escape(' / '.join(figure.path[1:-1]) or '-')}</td>"
        f"<td>{escape(figure.path[-1])}</td><td class=n>{_number(figure.value)}</td>"
        f"<td class=n>{_number(figure.low)} to {_number(figure.high)}</td>"
        f"<td class=n>{figure.n}</td></tr>"
        for figure in figures
    )
    head = "".join(f"<th>{name}</th>" for name in ("variant", "metric"))
    head += "".join(f"<th class=n>{name}</th>" for name in ("value", "95 % interval", "items"))
    table = f"<table><tr>{head}</tr>{rows}</table>"
    return f"<h2>{escape(dataset)}</h2>{_panels(figures)}{table}"


def _number(value: float) -> str:
    if not isfinite(value):
        return "-"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _panels(figures: Sequence[Figure]) -> str:
    """Draw a small plot per metric: a bar with its interval for each variant."""
    from matplotlib.figure import Figure as Drawing

    metrics = list(dict.fromkeys(figure.path[-1] for figure in figures))
    names = list(dict.fromkeys(" / ".join(figure.path[1:-1]) for figure in figures))
    rows = -(-len(metrics) // _COLUMNS)
    drawing = Drawing(figsize=(9.6, rows * (0.7 + 0.24 * len(names))), layout="constrained")
    axes = drawing.subplots(rows, _COLUMNS, squeeze=False, sharey=True)
    for place, axis in enumerate(axes.flat):
        if place >= len(metrics):
            axis.set_visible(False)
            continue
        shown = [figure for figure in figures if figure.path[-1] == metrics[place]]
        heights = [names.index(" / ".join(figure.path[1:-1])) for figure in shown]
        axis.barh(heights, [figure.value for figure in shown], color=_MARK, height=0.6)
        for height, figure in zip(heights, shown, strict=True):
            if isfinite(figure.low) and isfinite(figure.high):
                axis.plot([figure.low, figure.high], [height, height], color=_INK, linewidth=1)
        axis.set_title(metrics[place], fontsize=9, color=_INK, loc="left")
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.set_ylim(len(names) - 0.4, -0.6)
        if max(figure.value for figure in shown) <= 1:
            axis.set_xlim(0, 1)
        _quiet(axis)
    return _svg(drawing)


def _curves(records: Sequence[Record]) -> str:
    """Draw a risk-coverage curve per dataset, if the records hold what it needs."""
    found: dict[str, list[tuple[float, bool]]] = {}
    for record in records:
        confidence, wrong = record.get("confidence"), record.get("wrong")
        if isinstance(confidence, int | float) and isinstance(wrong, bool):
            found.setdefault(str(record["dataset"]), []).append((confidence, wrong))
    found = {name: pairs for name, pairs in sorted(found.items()) if len(pairs) >= _LEAST}
    if not found:
        return ""
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(9.6, 3.6), layout="constrained")
    axis = drawing.subplots()
    for place, (name, pairs) in enumerate(found.items()):
        curve = risk_coverage([sure for sure, _ in pairs], [wrong for _, wrong in pairs])
        style = ("solid", "dashed", "dotted", "dashdot")[place % 4]
        colour = _MARK if place % 2 == 0 else _INK
        label = f"{name} (area {curve.area:.3f})"
        axis.plot(curve.coverages, curve.risks, color=colour, linestyle=style, label=label)
    axis.set_xlabel("share answered, surest first", fontsize=8, color=_INK)
    axis.set_ylabel("share of these wrong", fontsize=8, color=_INK)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    axis.legend(frameon=False, fontsize=8, labelcolor=_INK)
    _quiet(axis)
    return f"<h2>Risk and coverage</h2>{_svg(drawing)}"


def _quiet(axis: "object") -> None:
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    axis.patch.set_alpha(0)
    axis.tick_params(colors=_INK, labelsize=8, length=0)
    for side, spine in axis.spines.items():
        spine.set_visible(side == "left")
        spine.set_color(_INK)


def _svg(drawing: "Drawing") -> str:
    """Render the plot as inline SVG in the page's colours, with the same bytes each time."""
    import matplotlib as mpl

    drawing.patch.set_alpha(0)
    page = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "newsrag", "font.size": 8}):
        drawing.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    drawn = page.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.S)
    drawn = drawn.replace(_INK, "currentColor").replace(_MARK, "var(--mark)")
    return re.sub(r"font-family: [^;\"]*", "font-family: inherit", drawn)


def _worst(records: Sequence[Record]) -> str:
    """List the items of the lowest score, a collapsed table per dataset."""
    parts = []
    for dataset in dict.fromkeys(str(record["dataset"]) for record in records):
        scored = [
            (float(score), record)
            for record in records
            if record["dataset"] == dataset
            and isinstance(score := record.get("score"), int | float)
        ]
        scored.sort(key=lambda pair: (pair[0], str(pair[1]["key"])))
        rows = "".join(
            f"<tr><td>{escape(str(record['key']))}</td><td class=n>{_number(score)}</td>"
            f"<td>{_told(record)}</td></tr>"
            for score, record in scored[:_WORST]
        )
        if rows:
            parts.append(
                f"<details><summary>{escape(dataset)}</summary><table>{rows}</table></details>"
            )
    return f"<h2>Worst items</h2>{''.join(parts)}" if parts else ""


def _told(record: Record) -> str:
    """Render the fields of a record, escaped, with long values cut."""
    said = (
        f"{escape(name)}: {escape(str(value)[:300])}"
        for name, value in record.items()
        if name not in _HIDDEN and value not in (None, "")
    )
    return "<br>".join(said)


def _about(about: Mapping[str, Json]) -> str:
    rows = []
    for name, value in about.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}: {key}", str(inner)) for key, inner in value.items()]
        else:
            rows.append((name, str(value)))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<h2>The run</h2><dl>{listed}</dl>"
