"""The line that says how a run is going: time left, and the worst objective so far."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from slo.live import provisional as provisional_module
from slo.live.progress import PLAIN_PERIOD_S, Progress
from slo.live.provisional import ProvisionalVerdicts
from slo.load.plan import Plan
from slo.measure.measurement import Measurement
from slo.measure.open_requests import OpenSummary
from slo.measure.run_description import RunDescription
from slo.objectives.objectives import Objectives
from slo.record.target import Target
from tests.support.made import Clock, demanding

MET = demanding(
    "name: quick, indicator: latency.p95, target: 900 ms", "indicator: latency.p95, target: 1 s, endpoint: x"
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def watched(tmp_path: Path) -> Callable[..., list[str]]:
    """Return the lines shown of a run of 30 s with a request a second that takes ``latency_ms``."""

    def watch(
        stream: io.StringIO,
        objectives: Objectives | None,
        latency_ms: float = 100,
        plan: bool = True,
        run_time: int = 0,
    ) -> list[str]:
        clock = Clock()
        legs = Plan.ramps(("warm\nup", 10, 5), ("hold", 20, 5)) if plan else None
        options = {"run_time": run_time} if run_time else {}
        subject = RunDescription("load", "load", Target("http://api.test"), legs, options)
        measurement = Measurement(subject, tmp_path, clock=clock)
        progress, verdicts = Progress(stream), ProvisionalVerdicts(objectives)
        for _ in range(30):
            measurement.recorder.request("home", latency_ms, 10)
            measurement.sample_users(5)
            progress.show(measurement, 5, verdicts)
            clock.now += 1
        progress.end()
        measurement.discard_journal()
        return stream.getvalue().replace("\r", "\n").splitlines()

    return watch


def test_a_log_has_plain_lines_now_and_then(watched: Callable[..., list[str]]) -> None:
    lines = watched(io.StringIO(), MET)
    assert len(lines) == 30 / PLAIN_PERIOD_S
    assert lines[0].startswith("[load] 0:00/0:30  0:30 left  'warm?up'  5 users")
    assert lines[1].startswith("[load] 0:10/0:30  0:20 left  'hold'  5 users  1 rps  p95 100 ms  errors 0.00 %")
    assert lines[1].endswith("  1 objectives met so far")
    assert all("\x1b" not in line for line in lines)


def test_the_worst_objective_so_far_is_named(watched: Callable[..., list[str]]) -> None:
    missed = demanding(
        "name: quick, indicator: latency.p95, target: 50 ms", "name: there, indicator: requests.count, target: 1"
    )
    assert watched(io.StringIO(), missed)[-1].endswith("  FAIL so far: quick, 100 ms against 50 ms")


def test_without_a_plan_the_time_asked_for_counts(watched: Callable[..., list[str]]) -> None:
    assert watched(io.StringIO(), None, plan=False, run_time=60)[-1].startswith("[load] 0:20/1:00  0:40 left  5 users")
    assert watched(io.StringIO(), None, plan=False)[-1].startswith("[load] 0:20  5 users")


def test_a_terminal_has_one_line_that_never_wraps(
    watched: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = watched(Terminal(), MET)
    assert len(lines) == 31
    assert max(map(len, lines)) < 50


def test_the_run_is_judged_at_most_every_five_seconds(
    watched: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[float] = []
    provisional = provisional_module.provisional

    def counting(measurement: Measurement, objectives: Objectives, points: object) -> object:
        judged.append(measurement.elapsed_s)
        return provisional(measurement, objectives)

    monkeypatch.setattr(provisional_module, "provisional", counting)
    watched(Terminal(), MET)
    assert judged == [5, 10, 15, 20, 25]


def test_a_target_that_stops_answering_is_said_to_be_silent(tmp_path: Path) -> None:
    stream, clock = io.StringIO(), Clock()
    measurement = Measurement(RunDescription("load", "load", Target("http://api.test")), tmp_path, clock=clock)
    progress, verdicts = Progress(stream), ProvisionalVerdicts(MET)
    waiting = [OpenSummary()]
    measurement.waiting = lambda: waiting[0]
    for second in range(41):
        if second < 10:
            measurement.recorder.request("home", 100, 10)
        else:
            waiting[:] = [OpenSummary(5, {"home": second - 9.0})]
        measurement.sample_users(5)
        progress.show(measurement, 5, verdicts)
        clock.now += 1
    last = stream.getvalue().splitlines()[-1]
    assert "5 users  5 open, the oldest for 31 s  " in last
    assert last.endswith("  FAIL so far: no answer for 30 of 40 s")
