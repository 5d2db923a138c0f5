"""A running run as the web page shows it: each objective so far and its trend, the stage, failures, generator.

Pure except for the measurement that it reads: the page is made from what ``snapshot_of`` returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from slo.analysis.finding import Finding
from slo.analysis.findings import miss_detector
from slo.analysis.selection import Selection, matching
from slo.analysis.timeline import LiveTimeline, Point, users_between
from slo.analysis.value import value_of
from slo.cluster.process_status import ProcessStatus
from slo.measure.measurement import Measurement
from slo.measure.open_requests import OpenSummary
from slo.measure.stage_progress import stage_progress
from slo.metrics.quantity import show
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.reports import rows
from slo.verdict.result import Result
from slo.verdict.verdict import Verdict

VERSION = 1
MAX_POINTS = 300
"""Points of a trend; beyond, every second one is dropped."""
SAMPLE_PERIOD_S = 0.95
"""A point stands for a full second: more frequent samples would be equal."""
MAX_ROWS = 50
"""Kinds of failure shown."""

FILES = ("report.html", "report.md", "verdict.json", "run.json", "junit.xml")
"""Files of a finished run that the page links to, the most readable first."""

State = Literal["ready", "running", "finished"]


class Trends:
    """Each objective's value over the last seconds of a running run."""

    def __init__(self, objectives: Objectives | None) -> None:
        self._objectives = objectives
        self._samples = 0
        self._last_s = 0.0
        self._period = 1
        self._growing_points: LiveTimeline | None = None
        self.at_s: list[float] = []
        self.values: dict[str, list[float | None]] = {}

    def update(self, measurement: Measurement) -> None:
        """Add a point if enough time has passed; the page does not need every second of a run."""
        if self._objectives is None:
            return
        if measurement.elapsed_s - self._last_s < SAMPLE_PERIOD_S:
            return
        self._last_s = measurement.elapsed_s
        self._add_point(measurement, self._objectives)
        self._samples += 1
        if self._samples % self._period:
            return
        recent = measurement.recent()
        if not recent.seconds:
            return
        self.at_s.append(round(measurement.elapsed_s, 1))
        for objective in self._objectives.items:
            cells = matching(recent.tallies, objective.scope, self._objectives.groups)
            value = value_of(objective, Selection(cells, Fraction(recent.seconds), ()))
            self.values.setdefault(objective.name, []).append(None if value is None else float(value))
        if len(self.at_s) > MAX_POINTS:
            self.at_s = self.at_s[::2]
            self.values = {name: points[::2] for name, points in self.values.items()}
            self._period *= 2

    @property
    def points(self) -> Sequence[Point]:
        """The run's timeline so far, for its findings."""
        return self._growing_points.points if self._growing_points else ()

    def _add_point(self, measurement: Measurement, objectives: Objectives) -> None:
        plan, scenario = measurement.description.plan, measurement.description.scenario
        if self._growing_points is None:
            self._growing_points = LiveTimeline(
                plan.total_s if plan else None, miss_detector(scenario, objectives, plan)
            )
        self._growing_points.update(
            measurement.reported_s,
            measurement.window,
            lambda start_s, end_s: users_between(plan, measurement.users, start_s, end_s),
        )


def snapshot_of(
    state: State,
    run: Run | None,
    verdict: Verdict | None,
    trends: Trends,
    measurement: Measurement | None,
    processes: Sequence[ProcessStatus],
    finished: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return all that the page shows, valid by ``schemas/live.schema.json``."""
    return {
        "schema": "locust-slo/live",
        "version": VERSION,
        "state": state,
        "run": _run(run, measurement),
        "status": verdict.status if verdict else "NO DATA",
        "reason": verdict.reason if verdict else _no_verdict(state),
        "exit_code": verdict.exit_code if verdict and state == "finished" else None,
        "stage": stage_progress(measurement) if measurement else None,
        "users": _users(run),
        "waiting": _waiting(measurement),
        "recent": _recent(measurement),
        "requests": run.tally().requests if run else 0,
        "trend_at_s": trends.at_s,
        "findings": [_finding(one) for one in verdict.findings] if verdict else [],
        "objectives": [_objective(result, trends) for result in verdict.results] if verdict else [],
        "checks": _checks(run),
        "failures": _failures(run),
        "generator": {
            "processes": [process.to_data() for process in processes],
            "notes": [note for process in processes for note in _is_overloaded(process)],
        },
        "notes": list(verdict.notes) if verdict else [],
        "finished": list(finished),
    }


def entry(run: Run, verdict: Verdict | None, folder: Path, problem: str = "") -> dict[str, Any]:
    """Return what the list of finished runs shows of one, with the names of the files in its ``folder``.

    ``problem`` is why a run has no verdict that was to be judged.
    """
    return {
        "id": run.id,
        "scenario": run.scenario,
        "status": verdict.status if verdict else "NO DATA",
        "exit_code": verdict.exit_code if verdict else None,
        "reason": verdict.reason if verdict else problem or _no_verdict("finished"),
        "started_at": run.started_at,
        "duration_s": run.duration_s,
        "requests": run.tally().requests,
        "files": [name for name in FILES if (folder / name).exists()],
    }


def _no_verdict(state: State) -> str:
    if state == "ready":
        return "no run yet: choose a scenario on Locust's page and press start"
    return "recorded without objectives: give --objectives FILE for a verdict"


def _run(run: Run | None, measurement: Measurement | None) -> dict[str, Any] | None:
    if run is None:
        return None
    plan = run.plan
    ended = None if measurement else {"how": run.ended.how, "reason": run.ended.reason}
    return {
        "id": run.id,
        "scenario": run.scenario,
        "target": {"url": run.target.url, "embedded": run.target.embedded},
        "started_at": run.started_at,
        "elapsed_s": round(measurement.elapsed_s if measurement else run.duration_s, 1),
        "total_s": plan.total_s if plan else None,
        "time_scale": plan.time_scale if plan else 1.0,
        "user_scale": plan.user_scale if plan else 1.0,
        "ended": ended,
    }


def _users(run: Run | None) -> dict[str, Any]:
    if run is None or not run.users:
        return {"planned": None, "running": 0}
    return {"planned": run.users[-1].planned, "running": run.users[-1].achieved}


def _waiting(measurement: Measurement | None) -> dict[str, Any]:
    """Return how many requests are open, and the age of the oldest in seconds, None where none is."""
    waiting = measurement.waiting() if measurement else OpenSummary()
    return {"count": waiting.count, "oldest_s": waiting.age_s if waiting.count else None}


def _recent(measurement: Measurement | None) -> dict[str, Any] | None:
    recent = measurement.recent() if measurement else None
    if recent is None or not recent.seconds:
        return None
    tally = recent.tally
    latency = tally.latency
    return {
        "seconds": recent.seconds,
        "requests": tally.requests,
        "throughput_rps": round(tally.requests / recent.seconds, 3),
        "p95_ms": latency.percentile(95) / 1000 if latency.total else None,
        "errors_ratio": recent.errors / tally.requests if tally.requests else 0.0,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "name": one.name,
        "told": one.is_answered,
        "answer": one.answer,
        "figures": [{"name": figure.name, "shown": figure.shown()} for figure in one.figures],
        "details": [*one.details, *rows.trial_lines(one)],
    }


def _objective(result: Result, trends: Trends) -> dict[str, Any]:
    objective = result.objective
    _, _, _, interval, target, warning, deviation, priority = rows.objective(result)
    # The trend is of the indicator's own value: the target of a comparison with the baseline is a change.
    has_trend = result.status != "SKIPPED" and objective.against == "target"
    points = trends.values.get(objective.name, []) if has_trend else []
    return {
        "name": objective.name,
        "indicator": objective.indicator.name,
        "unit": objective.unit,
        "status": result.status,
        "value": None if result.value is None else float(result.value),
        "shown": result.value_shown,
        "interval": interval,
        "low_confidence": result.low_confidence,
        "direction": objective.direction,
        "target": float(objective.target),
        "target_shown": target,
        "warning": _number(objective),
        "warning_shown": warning,
        "priority": priority,
        "deviation": deviation,
        "reason": result.reason,
        "advice": list(result.advice),
        "trend": points,
    }


def _number(objective: Objective) -> float | None:
    return None if objective.warning is None else float(objective.warning)


def _checks(run: Run | None) -> list[dict[str, Any]]:
    checks = run.tally().checks if run else {}
    return [
        {
            "name": name,
            "passed": passed,
            "failed": failed,
            "shown": show(Fraction(passed, passed + failed), "ratio"),
        }
        for name, (passed, failed) in sorted(checks.items())
    ]


def _failures(run: Run | None) -> list[dict[str, Any]]:
    found = rows.failure_counts(run) if run else []
    return [{"endpoint": endpoint, "kind": kind, "count": count} for count, endpoint, kind in found[:MAX_ROWS]]


def _is_overloaded(process: ProcessStatus) -> list[str]:
    """Return what makes the measurements of a generator process doubtful."""
    notes = []
    if process.cpu_ratio is not None and process.cpu_ratio > 0.9:
        share = show(Fraction(process.cpu_ratio).limit_denominator(1000), "ratio")
        notes.append(f"{process.name} uses {share} of a core: latencies may be its own; use more processes")
    if process.lag_ms is not None and process.lag_ms > 100:
        lag = show(Fraction(process.lag_ms).limit_denominator(1000), "ms")
        notes.append(f"{process.name}'s timers fire {lag} late: latencies may be its own; use more processes")
    if process.state == "missing":
        notes.append(f"{process.name} is not heard of")
    return notes
