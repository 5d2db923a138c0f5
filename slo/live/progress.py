"""One line that says how a run is going: rewritten on a terminal, now and then in a log."""

from __future__ import annotations

import shutil
import time
from fractions import Fraction
from typing import TextIO

from slo.live import snapshot
from slo.measure.measurement import Measurement
from slo.metrics.quantity import show
from slo.objectives.objectives import Objectives
from slo.reports.console import plain
from slo.verdict.result import RANK
from slo.verdict.verdict import Verdict

PLAIN_PERIOD_S = 10.0
"""Seconds between two lines where the output is no terminal."""
JUDGE_PERIOD_S = 5.0
"""Seconds between two looks at the objectives, at least."""
JUDGE_SHARE = 0.01
"""How much of the time judging may take: it happens in the process that measures."""


class Progress:
    """Shows a measurement's progress on ``stream``, and how its ``objectives`` stand."""

    def __init__(self, stream: TextIO, objectives: Objectives | None = None) -> None:
        self._stream = stream
        self._objectives = objectives
        self._terminal = stream.isatty()
        self._last_s = -PLAIN_PERIOD_S
        self._last_stage = ""
        self._width = 0
        self._standing = ""
        self._judge_s = 0.0
        self._measured: Measurement | None = None

    def show(self, measurement: Measurement, users: int) -> None:
        """Show where the run stands."""
        if measurement is not self._measured:
            self._measured, self._standing, self._last_s = measurement, "", -PLAIN_PERIOD_S
            self._judge_s = JUDGE_PERIOD_S
        stage = measurement.stage.name if measurement.stage else ""
        due = measurement.elapsed_s - self._last_s >= PLAIN_PERIOD_S or stage != self._last_stage
        if not self._terminal and not due:
            return
        self._last_s, self._last_stage = measurement.elapsed_s, stage
        self._judge(measurement)
        text = line(measurement, users)
        text += f"  {self._standing}" if self._standing else ""
        if self._terminal:
            text = text[: shutil.get_terminal_size().columns - 1]  # a line that wraps could not be rewritten
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line, so that what follows starts on its own."""
        if self._terminal and self._width:
            self._stream.write("\n")
            self._stream.flush()

    def _judge(self, measurement: Measurement) -> None:
        """Judge the run so far, seldom enough that it costs next to nothing."""
        if self._objectives is None or measurement.elapsed_s < self._judge_s:
            return
        began_s = time.perf_counter()
        self._standing = standing(snapshot.provisional(measurement, self._objectives)[1])
        took_s = time.perf_counter() - began_s
        self._judge_s = measurement.elapsed_s + max(JUDGE_PERIOD_S, took_s / JUDGE_SHARE)


def line(measurement: Measurement, users: int) -> str:
    """Return scenario, time, time left, stage, users, throughput, p95 and errors of the last ten seconds."""
    subject, recent = measurement.description, measurement.recent()
    total_s = total(measurement)
    clock = _clock(measurement.elapsed_s) + (f"/{_clock(total_s)}" if total_s else "")
    parts = [f"[{plain(subject.scenario or subject.name, 60)}] {clock}"]
    if total_s:
        parts.append(f"{_clock(max(0.0, total_s - measurement.elapsed_s))} left")
    if measurement.search_controller and not measurement.search_controller.done:
        parts.append(f"step {measurement.search_controller.number}: {measurement.search_controller.name}")
    if measurement.stage:
        parts.append(f"'{plain(measurement.stage.name, 60)}'")
    parts.append(f"{users} users")
    requests, latency = recent.tally.requests, recent.tally.latency
    if requests and recent.seconds:
        parts.append(show(Fraction(requests / recent.seconds), "rps"))
        if latency.total:
            parts.append(f"p95 {show(Fraction(latency.percentile(95), 1000), 'ms')}")
        parts.append(f"errors {show(Fraction(recent.errors, requests), 'ratio')}")
    else:
        parts.append("no requests yet")
    return "  ".join(parts)


def total(measurement: Measurement) -> float | None:
    """Return how many seconds the run is to last, by its plan or the time asked for; None where nobody said."""
    subject = measurement.description
    if subject.plan:
        return subject.plan.total_s
    asked = subject.options.get("run_time")
    return float(asked) if isinstance(asked, int | float) and asked > 0 else None


def standing(verdict: Verdict) -> str:
    """Return the worst objective so far; what has no data yet is no fault of the run, as it may still come."""
    if not verdict.judged:
        return ""
    worst = max(verdict.judged, key=lambda result: RANK.index(result.status))
    if worst.status == "PASS":
        return f"{len(verdict.judged)} objectives met so far"
    return f"{worst.status} so far: {plain(worst.objective.name, 60)}, {plain(worst.reason, 120)}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
