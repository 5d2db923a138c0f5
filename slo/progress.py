"""One line that says how a run is going: rewritten on a terminal, now and then in a log."""

from __future__ import annotations

from fractions import Fraction
from typing import TextIO

from slo.measurement import Measurement
from slo.quantity import show

PLAIN_PERIOD_S = 10.0
"""Seconds between two lines where the output is no terminal."""


class Progress:
    """Shows a measurement's progress on ``stream``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._last_s = -PLAIN_PERIOD_S
        self._last_stage = ""
        self._width = 0

    def show(self, measurement: Measurement, users: int) -> None:
        """Show where the run stands."""
        stage = measurement.stage.name if measurement.stage else ""
        due = measurement.elapsed_s - self._last_s >= PLAIN_PERIOD_S or stage != self._last_stage
        if not self._terminal and not due:
            return
        self._last_s, self._last_stage = measurement.elapsed_s, stage
        text = line(measurement, users)
        if self._terminal:
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


def line(measurement: Measurement, users: int) -> str:
    """Return scenario, time, stage, users, throughput, p95 and errors of the last ten seconds."""
    subject, recent = measurement.subject, measurement.recent()
    total = f"/{_clock(subject.plan.total_s)}" if subject.plan else ""
    parts = [f"[{subject.scenario or subject.name}] {_clock(measurement.elapsed_s)}{total}"]
    if measurement.stage:
        parts.append(f"'{measurement.stage.name}'")
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


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
