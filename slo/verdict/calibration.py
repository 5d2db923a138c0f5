"""Repeated runs of the same load, to learn which change can be detected in this environment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from slo.baseline import wording
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.verdict import saved_runs
from slo.verdict.regression import compared_indicator_of

MAX_RUN_S = 6 * 3600
"""A run that takes longer is given up."""


def repeat(words: Sequence[str], count: int, folder: Path, report: Callable[[str], None]) -> list[Run]:
    """Run Locust ``count`` times with ``words`` and return the records; raises RunError if a run leaves none."""
    if not words:
        raise RunError("calibrating runs Locust: give its options after --, like `-- -f locustfiles/hotel.py --demo`")
    runs: list[Run] = []
    for number in range(1, count + 1):
        reports = folder / str(number)
        own = ["--headless", "--only-summary", "--reports-dir", str(reports), "--report-formats", "markdown"]
        try:
            done = subprocess.run(  # noqa: S603  # the program is our own Python, the arguments are the user's
                [sys.executable, "-m", "locust", *words, *own],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=MAX_RUN_S,
            )
        except subprocess.TimeoutExpired:
            raise RunError(f"run {number} of {count} took more than {MAX_RUN_S // 3600} h; give --run-time") from None
        try:
            (one,) = saved_runs.read(reports).runs
        except (RunError, ValueError):
            tail = "\n".join(done.stdout.splitlines()[-5:])
            raise RunError(f"run {number} of {count} left no record; Locust said:\n{tail}") from None
        if one.ended.how not in ("completed", "stopped"):
            raise RunError(f"run {number} of {count} {one.ended.how}: {one.ended.reason}")
        runs.append(one)
        report(f"run {number} of {count}: {one.tally().requests:,} requests in {one.duration_s:.1f} s")
    return runs


def warnings(objectives: Objectives, runs: Sequence[Run]) -> list[str]:
    """Return a sentence for each tolerance that is smaller than what can be detected, or that could not be checked."""
    here = {
        one.name: one
        for one in objectives.items
        if one.against == "baseline" and (not one.scope.scenarios or runs[-1].scenario in one.scope.scenarios)
    }
    floors = saved_runs.noise_floors(
        runs, {name: compared_indicator_of(one, objectives.groups) for name, one in here.items()}
    )
    found = []
    for name, objective in here.items():
        if name not in floors:
            found.append(f"{name}: its noise is unknown, these runs are too short or have no value of it")
            continue
        for what, bound in (("target", objective.target), ("warning", objective.warning)):
            if bound is not None and bound < floors[name]:
                found.append(
                    f"{name}: its {what} of {wording.share(float(bound), objective.indicator)} is below "
                    f"what can be seen here ({wording.share(floors[name], objective.indicator)}): "
                    "use longer runs, more references, or a wider tolerance"
                )
    return found or ["no tolerance is below the noise" if here else "the objectives have no tolerance to check"]
