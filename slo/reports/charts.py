"""The pictures of a report: a run drawn by matplotlib as SVG, each with a sentence that says what it shows.

Importing this takes half a second, for matplotlib; only what draws should.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from slo.baseline.store import Reference
from slo.metrics.histogram import Histogram, bucket_bounds
from slo.metrics.quantity import show
from slo.record.run import Run
from slo.reports import svg
from slo.reports.series import Slot, slots
from slo.reports.svg import colour
from slo.text.clean import plain
from slo.verdict.verdict import Verdict

WIDTH, HEIGHT = 600, 320
"""Of a picture, in the units of its 11 unit letters."""
MOST_ENDPOINTS = 24
"""Endpoints drawn; the table has all."""
ROWS = 40
"""Of the heat map."""
_LINES = ((50, "low", (0, (1, 1.2)), 1.4), (95, "mid", "-", 2.2), (99, "high", (0, (5, 1.5)), 1.3))


@dataclass(frozen=True)
class Picture:
    """One picture: its SVG element and the sentence below it."""

    name: str
    title: str
    caption: str
    svg: str


def draw(run: Run, verdict: Verdict, references: Sequence[Reference] = ()) -> list[Picture]:
    """Return the pictures of a run; none where no request has a latency."""
    whole = run.tally().latency
    if not whole.total:
        return []
    time = slots(run)
    return [
        latency(run, verdict, time, whole),
        throughput(run, time),
        distribution(whole, references),
        spread(run),
        heat(run, time, whole),
        *crowd(run, time),
    ]


def latency(run: Run, verdict: Verdict, time: Sequence[Slot], whole: Histogram) -> Picture:
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
        _time_axis(axes, run, time, under=_users(axes, run))
        legend(axes)
        worst = max((s for s in time if s.latency.total), key=lambda s: s.latency.percentile(95))
        peak, at = _ms(worst.latency.percentile(95)), clock(worst.start_s)
        users = max((sample.achieved for sample in run.users), default=None)
        crowd = "" if users is None else f" The grey area is the users: up to {users}."
        caption = (
            f"p50, p95 and p99 of every {_span(time)}. p95 was {_ms(whole.percentile(95))} over the whole run and "
            f"highest {at} into it, with {peak}.{targets}{crowd}"
        )
        return Picture(name, title, caption, svg.write(figure, name, title, caption))


def throughput(run: Run, time: Sequence[Slot]) -> Picture:
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
        _time_axis(axes, run, time)
        legend(axes)
        whole = sum(s.requests for s in time)
        mean = show(Fraction(whole) / Fraction(time[-1].end_s), "rps")
        failed = _of(errors, whole, "failed") + (f", {_of(throttled, whole, 'throttled')}" if throttled else "")
        caption = (
            f"Requests per second of every {_span(time)}: {mean} on average, {show(max(rates), 'rps')} at most; "
            f"{failed} of {whole:,} requests."
        )
        return Picture(name, title, caption, svg.write(figure, name, title, caption))


def distribution(whole: Histogram, references: Sequence[Reference]) -> Picture:
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
        return Picture(name, title, caption, svg.write(figure, name, title, caption))


def spread(run: Run) -> Picture:
    """Draw each endpoint's p5, p25, p50, p75, p95 and p99."""
    name, title = "spread", "Latency of each endpoint"
    timed = [(endpoint, run.tally(endpoint.__eq__).latency) for endpoint in run.endpoints]
    timed = sorted(((n, h) for n, h in timed if h.total), key=lambda one: (-one[1].percentile(95), one[0]))
    shown = timed[:MOST_ENDPOINTS]
    with svg.drawing(name):
        height = max(160, min(90 + 22 * len(shown), 640))
        figure, axes = canvas(height=height, left=0.29)
        ends = [_bar(axes, row, histogram) for row, (_, histogram) in enumerate(shown)]
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), [plain(endpoint, 24) for endpoint, _ in shown])
        axes.tick_params(axis="y", length=0, labelcolor=colour("ink"))
        axes.grid(visible=False, axis="y")
        _log_x(axes, min(p5 for p5, _ in ends), max(p99 for _, p99 in ends))
        legend(axes, height)
        slowest, histogram = timed[0]
        more = f" {len(timed) - len(shown)} faster endpoints are in the table only." if len(timed) > len(shown) else ""
        caption = (
            f"Slowest first; the gap in a bar is p50. "
            f"{plain(slowest, 40)} is the slowest of {len(timed)}: p50 {_ms(histogram.percentile(50))}, "
            f"p95 {_ms(histogram.percentile(95))}.{more}"
        )
        return Picture(name, title, caption, svg.write(figure, name, title, caption))


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


def heat(run: Run, time: Sequence[Slot], whole: Histogram) -> Picture:
    """Draw how many requests took how long when; the latency axis is logarithmic."""
    name, title = "heat", "Where the requests lie"
    low = math.log10(max(whole.percentile(0.1), 1) / 1000)
    high = math.log10(whole.max_us / 1000)
    if high - low < 0.3:
        low, high = low - 0.15, high + 0.15
    counts = numpy.zeros((ROWS, len(time)))
    row_of: dict[int, int] = {}
    for column, slot in enumerate(time):
        for index, count in slot.latency.counts.items():
            row = row_of.get(index)
            if row is None:
                at = (math.log10(max(bucket_bounds(index)[1], 1) / 1000) - low) / (high - low)
                row = row_of[index] = min(max(int(at * ROWS), 0), ROWS - 1)
            counts[row, column] += count
    with svg.drawing(name):
        figure, axes = canvas(title="latency (ms)")
        axes.grid(visible=False)
        # One colour whose opacity tells the count stands on a light page and on a dark one.
        pixels = numpy.zeros((ROWS, len(time), 4), dtype=numpy.uint8)
        pixels[..., :3] = (229, 108, 16)
        most = float(numpy.max(counts))
        share = numpy.sqrt(counts / most)
        pixels[..., 3] = numpy.where(counts > 0, 40 + 215 * share, 0).astype(numpy.uint8)
        extent = (time[0].start_s, time[-1].end_s, low, high)
        axes.imshow(pixels, extent=extent, origin="lower", aspect="auto", interpolation="none")
        axes.yaxis.set_major_locator(FixedLocator([math.log10(value) for value in _nice(10**low, 10**high)]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{10**at:.6g}"))
        _time_axis(axes, run, time, names=False)
        caption = (
            f"Each cell counts the requests of {_span(time)} and a band of latency: the stronger the colour, the "
            f"more, up to {int(most):,} requests. They took from {_ms(whole.min_us)} to {_ms(whole.max_us)}."
        )
        return Picture(name, title, caption, svg.write(figure, name, title, caption))


def crowd(run: Run, time: Sequence[Slot]) -> list[Picture]:
    """Draw p50, p95 and throughput by the number of users; nothing where that hardly changed."""
    levels = _by_users(run, time)
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
            f"All the time with about so many users taken together. p95 was {few} users and {many}; the throughput "
            f"was at most {show(max(rates), 'rps')}, with {users[rates.index(max(rates))]:.0f} users."
        )
        return [Picture(name, title, caption, svg.write(figure, name, title, caption))]


def _by_users(run: Run, time: Sequence[Slot], levels: int = 12) -> list[tuple[float, Slot]]:
    """Return the slots added together by how many users ran in them, with that number, from few to many."""
    most = max((sample.achieved for sample in run.users), default=0)
    found: dict[int, tuple[list[int], list[Slot]]] = {}
    for slot in time:
        inside = [s.achieved for s in run.users if slot.start_s * 1000 <= s.at_ms < slot.end_s * 1000]
        if not inside or not slot.latency.total:
            continue
        level = math.ceil(sum(inside) / len(inside) / most * levels) if most else 0
        counts, slots_there = found.setdefault(level, ([], []))
        counts += inside
        slots_there.append(slot)
    merged = []
    for level in sorted(found):
        counts, slots_there = found[level]
        # Its time is the sum of its parts' times, wherever they lay.
        whole = Slot(0.0, sum(slot.end_s - slot.start_s for slot in slots_there))
        for slot in slots_there:
            whole.take(slot)
        merged.append((sum(counts) / len(counts), whole))
    return merged


def clock(at_s: float) -> str:
    """Return a time into the run for people: ``45 s``, ``12 min 30 s``, ``2 h 5 min``."""
    seconds = round(at_s)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min" + (f" {seconds % 60} s" if seconds % 60 else "")
    return f"{seconds // 3600} h" + (f" {seconds % 3600 // 60} min" if seconds % 3600 // 60 else "")


def canvas(title: str = "", height: float = HEIGHT, left: float = 0.095) -> tuple[Figure, Axes]:
    """Return a figure of the pictures' size and its axes; ``title`` says above what the upright axis counts."""
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    axes = figure.subplots()
    figure.subplots_adjust(left=left, right=0.915, bottom=48 / height, top=1 - 40 / height)
    if title:
        # Upright on the left it would take the room of the numbers.
        figure.text(0.01, 1 - 14 / height, title, color=colour("quiet"), va="center")
    return figure, axes


def _time_axis(axes: Axes, run: Run, time: Sequence[Slot], names: bool = True, under: Axes | None = None) -> None:
    """Count time in the unit that suits the run, and lay bands for its stages."""
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
        label = plain(stage.name, 200) if len(stage.name) <= room else str(number + 1)
        if names and len(stages) > 1 and len(label) <= room:
            middle = (start_s + stop_s) / 2
            height = axes.get_ylim()[1]
            axes.text(middle, height * 0.985, label, color=colour("quiet"), fontsize=10, ha="center", va="top")
        start_s = stop_s


def _users(axes: Axes, run: Run) -> Axes | None:
    """Draw users behind the lines, on an axis of their own at the right, and return what they are drawn on."""
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


def _targets(axes: Axes, verdict: Verdict, top: float) -> str:
    """Draw the targets on the whole run's percentiles where they fit; return a sentence on those that do not."""
    above = []
    roles = {percent: role for percent, role, _, _ in _LINES}
    for result in verdict.results:
        objective, percent = result.objective, result.objective.indicator.percentile
        everywhere = not (objective.scope.endpoints or objective.scope.groups or objective.scope.stages)
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
    return f" Far above the picture: {', '.join(above)}." if above else ""


def legend(axes: Axes, height: float = HEIGHT) -> None:
    """Name the lines above the picture, where any has a name."""
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
    axes.yaxis.set_major_locator(FixedLocator(_nice(low / 1.2, high * 1.3)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))


def _log_x(axes: Axes, low: float, high: float) -> None:
    if high / max(low, 0.001) >= 10:
        low = max(low, 0.001)
        axes.set_xscale("log")
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.xaxis.set_major_locator(FixedLocator(_nice(low / 1.2, high * 1.2)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    else:
        axes.set_xlim(0, high * 1.1)
    axes.set_xlabel("latency (ms)")


def _nice(low: float, high: float) -> list[float]:
    """Return the numbers 1, 2, 5, 10, 20, ... between two, or only the powers of ten where those are many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(decades) <= 4 else (1, 3) if len(decades) <= 6 else (1,)
    return [n * 10.0**d for d in decades for n in factors if low <= n * 10.0**d <= high]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * 0.999)


def _ms(value_us: int) -> str:
    return show(Fraction(value_us, 1000), "ms")


def _of(count: int, whole: int, what: str) -> str:
    if not count:
        return f"none {what}"
    return f"{count:,} {what} ({show(Fraction(count, max(whole, 1)), 'ratio')})"


def _span(time: Sequence[Slot]) -> str:
    return clock(time[0].end_s - time[0].start_s) if time[0].end_s - time[0].start_s >= 1 else "the run"
