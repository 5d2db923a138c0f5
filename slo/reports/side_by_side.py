"""Pages on more than one run: two side by side, and all of a scenario over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.ticker import MaxNLocator

from slo.baseline.compare import Change
from slo.metrics.indicator import parse
from slo.metrics.quantity import show
from slo.record.run import Run
from slo.reports import page, svg
from slo.reports.axes import canvas, curve, legend, percentile_axes
from slo.reports.charts import Chart
from slo.reports.page import Table
from slo.reports.rows import COMPARE_HEAD, comparison
from slo.reports.series import slots
from slo.reports.svg import colour
from slo.text import atomic
from slo.verdict.saved_runs import Row

_A, _B = ("bound", (0, (4, 1.5))), ("mid", "-")
"""How the two runs are drawn: by colour and by dashes."""


def write_compare(path: Path, before: Run, after: Run, rows: Sequence[Row]) -> None:
    """Write the page that sets two runs side by side; raises OSError."""
    worse = [row for row in rows if isinstance(row.change, Change) and row.change.is_real and row.change.worse > 0]
    words = f"{len(worse)} of {len(rows)} indicators got worse" if worse else "no indicator got worse"
    text = page.render(
        "compare.html.j2",
        title=f"{before.id} and {after.id}",
        sentence=f"{words}, from A to B",
        runs=(("A", before), ("B", after)),
        indicators=Table.of_texts("indicators", COMPARE_HEAD, [comparison(row) for row in rows]),
        pictures=[drawn for drawn in (_distributions(before, after), _over_time(before, after)) if drawn],
    )
    atomic.write(path, text)


def write_trend(
    path: Path, runs: Sequence[Run], columns: Mapping[str, Sequence[float | None]], points: Mapping[str, Sequence[int]]
) -> None:
    """Write the page on all runs of a scenario; ``points`` are the change points by indicator. Raises OSError."""
    found = sorted((place, name) for name, places in points.items() for place in places)
    words = "; ".join(f"{name} changed with {runs[place].id}" for place, name in found) or "no change point"
    head = ("run", "started at", "commit", *columns)
    table = [
        (
            one.id,
            one.started_at,
            str(one.environment.get("commit") or "-")[:12],
            *(_marked(values[place], name, place in points[name]) for name, values in columns.items()),
        )
        for place, one in enumerate(runs)
    ]
    scenario = runs[-1].scenario or "no scenario"
    text = page.render(
        "trend.html.j2",
        title=f"trend of {scenario}",
        count=len(runs),
        scenario=scenario,
        sentence=words,
        pictures=[_trend(name, values, points[name]) for name, values in columns.items()],
        runs=Table.of_texts("runs", head, table),
    )
    atomic.write(path, text)


def _marked(value: float | None, name: str, marked: bool) -> str:
    return "-" if value is None else show(value, parse(name).unit) + (" *" if marked else "")


def _distributions(before: Run, after: Run) -> Chart | None:
    first, second = before.tally().latency, after.tally().latency
    if not first.total or not second.total:
        return None
    name, title = "distribution", "Latency by percentile"
    with svg.drawing(name):
        figure, axes = canvas(title="latency (ms)")
        for histogram, label, (role, dashes) in ((first, "A", _A), (second, "B", _B)):
            axes.plot(*curve(histogram), color=colour(role), linestyle=dashes, linewidth=2, label=label)
        percentile_axes(axes, [first, second])
        legend(axes)
        p95 = [show(histogram.percentile(95) / 1000, "ms") for histogram in (first, second)]
        caption = f"Latency of all requests by percentile: p95 was {p95[0]} in A and {p95[1]} in B."
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def _over_time(before: Run, after: Run) -> Chart | None:
    name, title = "over-time", "p95 over time"
    both = [(slots(before), "A", _A), (slots(after), "B", _B)]
    if not all(any(slot.latency.total for slot in time) for time, _, _ in both):
        return None
    with svg.drawing(name):
        figure, axes = canvas(title="p95 latency (ms)")
        for time, label, (role, dashes) in both:
            values = [slot.latency.percentile(95) / 1000 if slot.latency.total else math.nan for slot in time]
            at_s = [slot.middle_s for slot in time]
            axes.plot(at_s, values, color=colour(role), linestyle=dashes, linewidth=1.8, label=label, marker=".")
        axes.set_ylim(0, axes.get_ylim()[1] * 1.1)
        axes.set_xlabel("time since the start (s)")
        legend(axes)
        caption = "p95 of all requests over the time of each run, A dashed and B solid."
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def _trend(name: str, values: Sequence[float | None], places: Sequence[int]) -> Chart:
    unit = parse(name).unit
    scale = 100 if unit == "ratio" else 1
    key, title = f"trend-{name.replace('.', '-')}", f"{name} by run"
    with svg.drawing(key):
        figure, axes = canvas(title="%" if unit == "ratio" else unit)
        shown = [math.nan if value is None else value * scale for value in values]
        axes.plot(range(1, len(shown) + 1), shown, color=colour("mid"), linewidth=1.8, marker="o", markersize=4)
        for number, place in enumerate(places):
            label = "a new level begins" if number == 0 else None
            axes.axvline(place + 0.5, color=colour("past"), linewidth=1.4, linestyle=(0, (5, 2)), label=label)
        axes.set_ylim(0, axes.get_ylim()[1] * 1.1)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("run, oldest first")
        legend(axes)
        known = [value for value in values if value is not None]
        last = show(known[-1], unit) if known else "no value"
        levels = f"; new levels begin at run {', '.join(str(place + 1) for place in places)}" if places else ""
        caption = f"{name} of {len(values)} runs, the newest {last}{levels}."
        return Chart(key, title, caption, svg.write(figure, key, title, caption))
