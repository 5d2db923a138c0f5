"""The progress line of a run: rewritten on a terminal, repeated every few seconds in a log."""

from __future__ import annotations

import shutil
from fractions import Fraction
from typing import TextIO

from slo.live.provisional import ProvisionalVerdicts
from slo.measure.measurement import Measurement
from slo.metrics.quantity import show
from slo.text.clean import for_terminal
from slo.verdict.result import RANK, worst_of
from slo.verdict.verdict import Verdict

PLAIN_PERIOD_S = 10.0
"""Seconds between two lines where the output is no terminal."""
VERDICT_AGE_S = 5.0
"""How old the verdict in the line may be."""
OLD_S = 1.0
"""From this age on an open request is shown."""


class Progress:
    """Shows a measurement's progress on ``stream``, and the worst objective so far."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._last_s = -PLAIN_PERIOD_S
        self._last_stage = ""
        self._width = 0
        self._measured: Measurement | None = None

    def show(self, measurement: Measurement, users: int, verdicts: ProvisionalVerdicts) -> None:
        """Show how the run is going; ``verdicts`` judge it so far."""
        if measurement is not self._measured:
            self._measured, self._last_s = measurement, -PLAIN_PERIOD_S
        stage = measurement.stage.name if measurement.stage else ""
        due = measurement.elapsed_s - self._last_s >= PLAIN_PERIOD_S or stage != self._last_stage
        if not self._terminal and not due:
            return
        self._last_s, self._last_stage = measurement.elapsed_s, stage
        text = line(measurement, users)
        verdict = verdicts.of(measurement, VERDICT_AGE_S)[1] if measurement.elapsed_s >= VERDICT_AGE_S else None
        worst = worst_so_far(verdict) if verdict else ""
        text += f"  {worst}" if worst else ""
        if self._terminal:
            text = text[: shutil.get_terminal_size().columns - 1]  # a line that wraps could not be rewritten
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def end(self) -> None:
        """End the line, so that the next output starts on a new one."""
        if self._terminal and self._width:
            self._stream.write("\n")
            self._stream.flush()


def line(measurement: Measurement, users: int) -> str:
    """Return scenario, time, time left, stage, users, open requests, and rate, p95 and errors of the last 10 s."""
    subject, recent = measurement.description, measurement.recent()
    total_s = total(measurement)
    clock = _clock(measurement.elapsed_s) + (f"/{_clock(total_s)}" if total_s else "")
    parts = [f"[{for_terminal(subject.scenario or subject.name, 60)}] {clock}"]
    if total_s:
        parts.append(f"{_clock(max(0.0, total_s - measurement.elapsed_s))} left")
    if measurement.search_controller and not measurement.search_controller.done:
        parts.append(f"step {measurement.search_controller.number}: {measurement.search_controller.name}")
    if measurement.stage:
        parts.append(f"'{for_terminal(measurement.stage.name, 60)}'")
    parts.append(f"{users} users")
    waiting = measurement.waiting()
    if waiting.age_s >= OLD_S:
        parts.append(f"{waiting.count} open, the oldest for {waiting.age_s:.0f} s")
    requests, latency = recent.tally.requests, recent.tally.latency
    if requests and recent.seconds:
        parts.append(show(Fraction(requests / recent.seconds), "rps"))
        if latency.total:
            parts.append(f"p95 {show(Fraction(latency.percentile(95), 1000), 'ms')}")
        parts.append(f"errors {show(Fraction(recent.errors, requests), 'ratio')}")
    else:
        parts.append("no answers lately" if measurement.last_answer_s else "no requests yet")
    return "  ".join(parts)


def total(measurement: Measurement) -> float | None:
    """Return the length of the run in seconds, by its plan or --run-time; None if it is unknown."""
    subject = measurement.description
    if subject.plan:
        return subject.plan.total_s
    asked = subject.options.get("run_time")
    return float(asked) if isinstance(asked, int | float) and asked > 0 else None


def worst_so_far(verdict: Verdict) -> str:
    """Return the worst objective so far, or what is worse than any; empty where nothing could be judged.

    An objective without data is left out, since its data may still arrive.
    """
    if not verdict.judged:
        return ""
    worst = worst_of(verdict.judged)
    if verdict.status in ("WARNING", "FAIL") and RANK.index(verdict.status) > RANK.index(worst.status):
        return f"{verdict.status} so far: {for_terminal(verdict.reason.partition('; ')[0], 120)}"
    if worst.status == "PASS":
        return f"{len(verdict.judged)} objectives met so far"
    return f"{worst.status} so far: {for_terminal(worst.objective.name, 60)}, {for_terminal(worst.reason, 120)}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
