"""The verdict of a running run if it ended now, computed only as often as it is needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from slo.analysis.timeline import Point
from slo.measure.measurement import Measurement
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict

MAX_SHARE = 0.05
"""Share of the time that judging may take: it happens in the process that measures."""


def provisional(measurement: Measurement, objectives: Objectives, points: Sequence[Point] = ()) -> tuple[Run, Verdict]:
    """Return the run so far and the verdict it would get if it ended now; ``points`` are its timeline."""
    run = measurement.current_run()
    verdict = judge(run, objectives, points=points)
    # A stage that is not over yet has not missed its load: notes on the load are for the end of the run.
    return run, replace(verdict, notes=run.notes)


class ProvisionalVerdicts:
    """The last provisional verdict of the run under way; the web page, the progress line and Prometheus share it."""

    def __init__(
        self,
        objectives: Objectives | None,
        points: Callable[[], Sequence[Point]] = tuple,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Without ``objectives`` there is no verdict, only the run so far.

        ``points`` returns the run's timeline so far: it is called here, so that all users of a verdict see the same
        findings.
        """
        self._objectives = objectives
        self._points = points
        self._clock = clock
        self._measurement: Measurement | None = None
        self._found: tuple[Run, Verdict | None] | None = None
        self._judged_s = 0.0
        self._took_s = 0.0

    def of(self, measurement: Measurement, max_age_s: float) -> tuple[Run, Verdict | None]:
        """Return the run as it was at most ``max_age_s`` seconds ago, and its verdict.

        It may be older where judging takes more than ``MAX_SHARE`` of the time.
        """
        now_s = measurement.elapsed_s
        max_age_s = max(max_age_s, self._took_s / MAX_SHARE)
        if self._found is None or measurement is not self._measurement or now_s - self._judged_s >= max_age_s:
            started_s = self._clock()
            self._found = self._judge(measurement)
            self._took_s = self._clock() - started_s
            self._measurement, self._judged_s = measurement, now_s
        return self._found

    def _judge(self, measurement: Measurement) -> tuple[Run, Verdict | None]:
        if self._objectives is None:
            return measurement.current_run(), None
        return provisional(measurement, self._objectives, self._points())
