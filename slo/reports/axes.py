"""Axes of the charts: size, time, latency, percentiles, legends, and the numbers on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from slo.metrics.histogram import Histogram
from slo.record.run import Run
from slo.reports.series import Slot
from slo.reports.svg import colour
from slo.text.clean import cleaned

WIDTH, HEIGHT = 600, 320
"""Size of a chart, in the units of its font of 11 units."""


def format_duration(at_s: float) -> str:
    """Return a time into the run for people: ``45 s``, ``12 min 30 s``, ``2 h 5 min``."""
    seconds = round(at_s)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min" + (f" {seconds % 60} s" if seconds % 60 else "")
    return f"{seconds // 3600} h" + (f" {seconds % 3600 // 60} min" if seconds % 3600 // 60 else "")


def canvas(title: str = "", height: float = HEIGHT, left: float = 0.095) -> tuple[Figure, Axes]:
    """Return a figure of the charts' size and its axes; ``title``, above, says what the vertical axis shows."""
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    axes = figure.subplots()
    figure.subplots_adjust(left=left, right=0.915, bottom=48 / height, top=1 - 40 / height)
    if title:
        # Upright on the left it would take the room of the numbers.
        figure.text(0.01, 1 - 14 / height, title, color=colour("quiet"), va="center")
    return figure, axes


def time_axis(axes: Axes, run: Run, time: Sequence[Slot], names: bool = True, under: Axes | None = None) -> None:
    """Scale the time axis in a unit that suits the run, and draw bands for its stages."""
    end_s = time[-1].end_s
    unit, unit_s = ("s", 1) if end_s < 180 else ("min", 60) if end_s < 3 * 3600 else ("h", 3600)
    axes.set_xlim(0, end_s)
    step = _step(end_s / unit_s / 8) * unit_s
    axes.xaxis.set_major_locator(FixedLocator([n * step for n in range(int(end_s / step) + 1)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at / unit_s:g}"))
    axes.set_xlabel(f"time since the start ({unit})")
    start_s = 0.0
    stages = run.plan.stages if run.plan else ()
    for number, stage in enumerate(stages):
        stop_s = min(start_s + stage.duration_s, end_s) if number < len(stages) - 1 else end_s
        if stop_s <= start_s:
            break
        if number % 2 and len(stages) < 40:
            (under or axes).axvspan(start_s, stop_s, color=colour("band"), linewidth=0, zorder=-1)
        room = int((stop_s - start_s) / end_s * WIDTH * 0.82 / 6.2)
        label = cleaned(stage.name, 200) if len(stage.name) <= room else str(number + 1)
        if names and len(stages) > 1 and len(label) <= room:
            middle = (start_s + stop_s) / 2
            height = axes.get_ylim()[1]
            axes.text(middle, height * 0.985, label, color=colour("quiet"), fontsize=10, ha="center", va="top")
        start_s = stop_s


def legend(axes: Axes, height: float = HEIGHT) -> None:
    """Draw the legend above the chart, if any line has a label."""
    if len(axes.get_legend_handles_labels()[0]) > 0:
        axes.figure.legend(
            *axes.get_legend_handles_labels(),
            # At the left, where a narrow screen shows it without being scrolled.
            loc="center left",
            bbox_to_anchor=(0.21, 1 - 14 / height),
            ncols=4,
            handlelength=2.2,
            columnspacing=1.4,
            borderpad=0,
        )


def curve(histogram: Histogram) -> tuple[list[float], list[float]]:
    """Return x = log10(1 / (1 - p)) and the latency in milliseconds there, at no more than some 200 places."""
    xs: list[float] = []
    ys: list[float] = []
    seen = 0
    total = histogram.total
    for value_us, count in histogram.steps():
        x = math.log10(total / (total - seen)) if seen else 0.0
        seen += count
        value = min(value_us, histogram.max_us) / 1000
        end = math.log10(total / max(total - seen, 1))
        if not xs or end - xs[-1] > 0.01 or seen == total:
            xs += [x, end]
            ys += [value, value]
    return xs, ys


def percentile_axes(axes: Axes, histograms: Sequence[Histogram]) -> None:
    """Scale the axes of curves by percentile, so that the rare slow requests are stretched out."""
    _latency_axis(axes, min(h.percentile(1) for h in histograms), max(h.max_us for h in histograms))
    last = max(math.log10(max(h.total for h in histograms)), 1.05)
    axes.set_xlim(0, last)
    first = (0.0,) if last < 4 else ()
    shown = [p for p in (*first, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999) if -math.log10(1 - p / 100) <= last]
    axes.set_xticks([-math.log10(1 - p / 100) for p in shown], [f"{p:g} %" for p in shown])
    axes.set_xlabel("requests at most as slow (percentile)")


def _latency_axis(axes: Axes, low_us: int, high_us: int) -> None:
    """Scale the latency axis: by powers where the slow requests would flatten the others."""
    low, high = max(low_us, 1) / 1000, high_us / 1000
    if high / low < 30:
        axes.set_ylim(0, high * 1.1)
        return
    axes.set_yscale("log")
    axes.set_ylim(low / 1.2, high * 1.3)
    axes.yaxis.set_major_locator(FixedLocator(round_numbers(low / 1.2, high * 1.3)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))


def log_latency_axis(axes: Axes, low: float, high: float) -> None:
    """Scale the horizontal axis for latencies in milliseconds; by powers where they differ by a factor of 10."""
    if high / max(low, 0.001) >= 10:
        low = max(low, 0.001)
        axes.set_xscale("log")
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.xaxis.set_major_locator(FixedLocator(round_numbers(low / 1.2, high * 1.2)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    else:
        axes.set_xlim(0, high * 1.1)
    axes.set_xlabel("latency (ms)")


def round_numbers(low: float, high: float) -> list[float]:
    """Return the numbers 1, 2, 5, 10, 20, ... between two, or only the powers of ten where those are many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(decades) <= 4 else (1, 3) if len(decades) <= 6 else (1,)
    return [n * 10.0**d for d in decades for n in factors if low <= n * 10.0**d <= high]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * 0.999)


def draw_users(axes: Axes, run: Run) -> Axes | None:
    """Draw the users behind the lines, on a second axis at the right, and return that axis."""
    if not run.users:
        return None
    thin = run.users[:: max(1, len(run.users) // 300)]
    thin = thin if thin[-1] is run.users[-1] else (*thin, run.users[-1])
    beside: Any = axes.twinx()
    beside.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    at = [sample.at_ms / 1000 for sample in thin]
    beside.fill_between(at, [sample.achieved for sample in thin], step="post", color=colour("users"), linewidth=0)
    most = max(max(sample.achieved, sample.planned or 0) for sample in run.users)
    if any(sample.planned is not None for sample in thin):
        wanted = [math.nan if sample.planned is None else sample.planned for sample in thin]
        beside.plot(at, wanted, color=colour("bound"), linewidth=0.8, linestyle=(0, (1, 2)))
    beside.set_ylim(0, max(most, 1) * 1.6)
    beside.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    beside.grid(visible=False)
    beside.spines["left"].set_visible(False)
    axes.figure.text(0.99, 1 - 14 / HEIGHT, "users", color=colour("quiet"), ha="right", va="center")
    drawn: Axes = beside
    return drawn
