"""The charts of a report: a run drawn by matplotlib as SVG, each with a caption.

Importing this module takes half a second, for matplotlib: import it only to draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from slo.baseline.store import Reference
from slo.metrics.histogram import Histogram
from slo.metrics.quantity import show
from slo.record.run import Run
from slo.reports import svg
from slo.reports.axes import (
    HEIGHT,
    canvas,
    curve,
    draw_users,
    format_duration,
    legend,
    log_latency_axis,
    percentile_axes,
    round_numbers,
    time_axis,
)
from slo.reports.series import Slot, by_users, latency_grid, slots
from slo.reports.svg import colour
from slo.text.clean import cleaned
from slo.verdict.verdict import Verdict

MAX_ENDPOINTS = 24
"""Endpoints drawn; the table has all."""
ROWS = 40
"""Of the heat map."""
_LINES = ((50, "low", (0, (1, 1.2)), 1.4), (95, "mid", "-", 2.2), (99, "high", (0, (5, 1.5)), 1.3))


@dataclass(frozen=True)
class Chart:
    """One chart: its SVG element and the caption below it."""

    name: str
    title: str
    caption: str
    svg: str


def draw(run: Run, verdict: Verdict, references: Sequence[Reference] = ()) -> list[Chart]:
    """Return the charts of a run; none if no request has a latency."""
    whole = run.tally().latency
    if not whole.total:
        return []
    time = slots(run)
    return [
        latency(run, verdict, time, whole),
        throughput(run, time),
        distribution(whole, references),
        endpoint_latencies(run),
        heatmap(run, time, whole),
        *by_user_count(run, time),
    ]


def latency(run: Run, verdict: Verdict, time: Sequence[Slot], whole: Histogram) -> Chart:
    """Draw p50, p95 and p99 over time, with users and stages behind them."""
    name, title = "latency", "Latency over time"
    with svg.drawing(name):
        figure, axes = canvas(title="latency (ms)")
        top = 0.0
        for percent, role, dashes, width in _LINES:
            values = [s.latency.percentile(percent) / 1000 if s.latency.total else math.nan for s in time]
            top = max(top, *(value for value in values if not math.isnan(value)))
            marker = "o" if sum(not math.isnan(value) for value in values) < 4 else ""
            axes.plot(
                [s.middle_s for s in time],
                values,
                color=colour(role),
                linestyle=dashes,
                linewidth=width,
                marker=marker,
                markersize=4,
                label=f"p{percent}",
            )
        axes.set_ylim(0, top * 1.12)
        targets = _targets(axes, verdict, top)
        time_axis(axes, run, time, under=draw_users(axes, run))
        legend(axes)
        worst = max((s for s in time if s.latency.total), key=lambda s: s.latency.percentile(95))
        peak, at = _ms(worst.latency.percentile(95)), format_duration(worst.start_s)
        users = max((sample.achieved for sample in run.users), default=None)
        crowd = "" if users is None else f" The grey area is the users: up to {users}."
        caption = (
            f"p50, p95 and p99 of every {_slot_length(time)}. p95 was {_ms(whole.percentile(95))} over the whole run "
            f"and highest {at} into it, with {peak}.{targets}{crowd}"
        )
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def throughput(run: Run, time: Sequence[Slot]) -> Chart:
    """Draw requests, failed and throttled ones per second."""
    name, title = "throughput", "Throughput and errors over time"
    with svg.drawing(name):
        figure, axes = canvas(title="requests per second")
        edges = [s.start_s for s in time] + [time[-1].end_s]
        rates = [s.rate(s.requests) for s in time]
        axes.stairs(rates, edges, baseline=None, color=colour("good"), linewidth=1.8, label="all requests")
        errors, throttled = sum(s.errors for s in time), sum(s.throttled for s in time)
        if throttled:
            held = [s.rate(s.throttled + s.errors) for s in time]
            axes.stairs(held, edges, fill=True, facecolor="none", edgecolor=colour("held"), hatch="////", linewidth=0.8)
            axes.plot([], [], color=colour("held"), linestyle=(0, (2, 1)), linewidth=4, label="throttled (HTTP 429)")
        if errors:
            bad = [s.rate(s.errors) for s in time]
            axes.stairs(bad, edges, fill=True, color=colour("bad"), label="failed")
        axes.set_ylim(0, max(rates) * 1.12)
        time_axis(axes, run, time)
        legend(axes)
        whole = sum(s.requests for s in time)
        mean = show(Fraction(whole) / Fraction(time[-1].end_s), "rps")
        failed = _count_with_share(errors, whole, "failed") + (
            f", {_count_with_share(throttled, whole, 'throttled')}" if throttled else ""
        )
        caption = (
            f"Requests per second of every {_slot_length(time)}: {mean} on average, {show(max(rates), 'rps')} at most; "
            f"{failed} of {whole:,} requests."
        )
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def distribution(whole: Histogram, references: Sequence[Reference]) -> Chart:
    """Draw latency by percentile, the rare slow requests stretched out, beside the reference runs."""
    name, title = "distribution", "Latency by percentile"
    before = [(one, one.tally().latency) for one in references]
    before = [(one, histogram) for one, histogram in before if histogram.total]
    with svg.drawing(name):
        figure, axes = canvas(title="latency (ms)")
        for number, (_, histogram) in enumerate(before):
            newest = number == len(before) - 1
            label = f"baseline ({len(before)} {'run' if len(before) == 1 else 'runs'})" if newest else None
            width = 1.6 if newest else 0.8
            axes.plot(*curve(histogram), color=colour("bound"), linestyle=(0, (4, 1.5)), linewidth=width, label=label)
        axes.plot(*curve(whole), color=colour("mid"), linewidth=2.2, label="this run")
        percentile_axes(axes, [whole, *(histogram for _, histogram in before)])
        legend(axes)
        caption = (
            f"Half of the requests took at most {_ms(whole.percentile(50))}, 95 % at most "
            f"{_ms(whole.percentile(95))}, 99 % at most {_ms(whole.percentile(99))}; the slowest {_ms(whole.max_us)}."
        )
        if before:
            there = before[-1][1].percentile(95)
            change = (whole.percentile(95) - there) / there * 100
            caption += f" The newest baseline's p95 was {_ms(there)}: this run's differs by {change:+.1f} %."
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def endpoint_latencies(run: Run) -> Chart:
    """Draw each endpoint's p5, p25, p50, p75, p95 and p99."""
    name, title = "spread", "Latency of each endpoint"
    timed = [(endpoint, run.tally(endpoint.__eq__).latency) for endpoint in run.endpoints]
    timed = sorted(((n, h) for n, h in timed if h.total), key=lambda one: (-one[1].percentile(95), one[0]))
    shown = timed[:MAX_ENDPOINTS]
    with svg.drawing(name):
        height = max(160, min(90 + 22 * len(shown), 640))
        figure, axes = canvas(height=height, left=0.29)
        ends = [_bar(axes, row, histogram) for row, (_, histogram) in enumerate(shown)]
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), [cleaned(endpoint, 24) for endpoint, _ in shown])
        axes.tick_params(axis="y", length=0, labelcolor=colour("ink"))
        axes.grid(visible=False, axis="y")
        log_latency_axis(axes, min(p5 for p5, _ in ends), max(p99 for _, p99 in ends))
        legend(axes, height)
        slowest, histogram = timed[0]
        more = f" {len(timed) - len(shown)} faster endpoints are in the table only." if len(timed) > len(shown) else ""
        caption = (
            f"Slowest first; the gap in a bar is p50. "
            f"{cleaned(slowest, 40)} is the slowest of {len(timed)}: p50 {_ms(histogram.percentile(50))}, "
            f"p95 {_ms(histogram.percentile(95))}.{more}"
        )
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def _bar(axes: Axes, row: int, histogram: Histogram) -> tuple[float, float]:
    """Draw one endpoint's latency in its row; returns its p5 and p99 in milliseconds."""
    p5, p25, p50, p75, p95, p99 = (histogram.percentile(p) / 1000 for p in (5, 25, 50, 75, 95, 99))
    blue, butt = colour("low"), "butt"
    label = ("p5 to p95", "p25 to p75", "p95", "p99") if row == 0 else (None,) * 4
    axes.plot([p5, p95], [row, row], color=blue, linewidth=2, solid_capstyle=butt, label=label[0])
    axes.plot([p25, p75], [row, row], color=blue, linewidth=9, solid_capstyle=butt, label=label[1])
    axes.plot([p50, p50], [row - 0.28, row + 0.28], color=colour("page"), linewidth=2.4, solid_capstyle=butt)
    line = axes.plot([p95], [row], color=colour("mid"), marker="|", linestyle="none", label=label[2])
    line[0].set(markersize=11, markeredgewidth=2.4)
    axes.plot([p99], [row], color=colour("high"), marker="D", markersize=4.5, linestyle="none", label=label[3])
    return p5, p99


def heatmap(run: Run, time: Sequence[Slot], whole: Histogram) -> Chart:
    """Draw how many requests took how long when; the latency axis is logarithmic."""
    name, title = "heat", "Where the requests lie"
    low, high, counts = latency_grid(time, whole, ROWS)
    with svg.drawing(name):
        figure, axes = canvas(title="latency (ms)")
        axes.grid(visible=False)
        # One colour with the count as opacity works on a light page and on a dark one.
        pixels = numpy.zeros((ROWS, len(time), 4), dtype=numpy.uint8)
        pixels[..., :3] = (229, 108, 16)
        most = float(numpy.max(counts))
        share = numpy.sqrt(counts / most)
        pixels[..., 3] = numpy.where(counts > 0, 40 + 215 * share, 0).astype(numpy.uint8)
        extent = (time[0].start_s, time[-1].end_s, low, high)
        axes.imshow(pixels, extent=extent, origin="lower", aspect="auto", interpolation="none")
        axes.yaxis.set_major_locator(FixedLocator([math.log10(value) for value in round_numbers(10**low, 10**high)]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{10**at:.6g}"))
        time_axis(axes, run, time, names=False)
        caption = (
            f"Each cell counts the requests of {_slot_length(time)} and a band of latency: the stronger the colour, "
            f"the more, up to {int(most):,} requests. They took from {_ms(whole.min_us)} to {_ms(whole.max_us)}."
        )
        return Chart(name, title, caption, svg.write(figure, name, title, caption))


def by_user_count(run: Run, time: Sequence[Slot]) -> list[Chart]:
    """Draw p50, p95 and throughput by the number of users; nothing where that hardly changed."""
    levels = by_users(run, time)
    if len(levels) < 4:
        return []
    name, title = "crowd", "Latency and throughput by users"
    users, slot_of = zip(*levels, strict=True)
    with svg.drawing(name):
        figure, axes = canvas(title="latency (ms)")
        for percent, role, dashes, width in _LINES[:2]:
            values = [slot.latency.percentile(percent) / 1000 for slot in slot_of]
            line = axes.plot(users, values, color=colour(role), linestyle=dashes, label=f"p{percent}")[0]
            line.set(linewidth=width, marker="o", markersize=4)
        axes.set_ylim(0, axes.get_ylim()[1] * 1.05)
        beside: Any = axes.twinx()
        rates = [slot.rate(slot.requests) for slot in slot_of]
        beside.plot(
            users, rates, color=colour("good"), linestyle=(0, (5, 1.5)), linewidth=1.6, marker="s", markersize=3
        )
        beside.set_ylim(0, max(rates) * 1.12)
        beside.grid(visible=False)
        axes.plot([], [], color=colour("good"), linestyle=(0, (5, 1.5)), marker="s", markersize=3, label="throughput")
        figure.text(0.99, 1 - 14 / HEIGHT, "requests per second", color=colour("quiet"), ha="right", va="center")
        axes.set_xlim(0, max(users) * 1.03)
        axes.set_xlabel("users")
        legend(axes)
        few, many = (f"{_ms(slot.latency.percentile(95))} with {n:.0f}" for n, slot in (levels[0], levels[-1]))
        caption = (
            f"All the time with about this number of users together. p95 was {few} users and {many}; the throughput "
            f"was at most {show(max(rates), 'rps')}, with {users[rates.index(max(rates))]:.0f} users."
        )
        return [Chart(name, title, caption, svg.write(figure, name, title, caption))]


def _targets(axes: Axes, verdict: Verdict, top: float) -> str:
    """Draw the targets on the whole run's percentiles where they fit; return a sentence on those that do not."""
    above = []
    roles = {percent: role for percent, role, _, _ in _LINES}
    for result in verdict.results:
        objective, percent = result.objective, result.objective.indicator.percentile
        everywhere = objective.scope.has_all_endpoints and not objective.scope.stages
        if percent not in roles or not everywhere or result.status == "SKIPPED" or objective.against == "baseline":
            continue
        target = float(objective.target)
        words = f"p{percent} target {show(objective.target, 'ms')}"
        if target > top * 2.5:
            above.append(words)
            continue
        axes.axhline(target, color=colour("past"), linewidth=1.2, linestyle=(0, (7, 3)))
        note = axes.annotate(words, (0.005, target), xycoords=("axes fraction", "data"), color=colour("past"))
        note.set(fontsize=10, va="bottom")
        axes.set_ylim(0, max(axes.get_ylim()[1], target * 1.2))
    return f" Far above the chart: {', '.join(above)}." if above else ""


def _ms(value_us: int) -> str:
    return show(Fraction(value_us, 1000), "ms")


def _count_with_share(count: int, whole: int, what: str) -> str:
    if not count:
        return f"none {what}"
    return f"{count:,} {what} ({show(Fraction(count, max(whole, 1)), 'ratio')})"


def _slot_length(time: Sequence[Slot]) -> str:
    return format_duration(time[0].end_s - time[0].start_s) if time[0].end_s - time[0].start_s >= 1 else "the run"
