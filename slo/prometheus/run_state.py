"""What the metrics say of a run beside its counts: its state, load, objectives and processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slo.cluster.process_status import ProcessStatus
from slo.measure.measurement import Measurement
from slo.measure.stage_progress import stage_progress
from slo.record.run import Run
from slo.verdict.verdict import Verdict


@dataclass(frozen=True)
class RunState:
    """The current state of a run beside its counts.

    ``stage`` is the name and the number of the current one; times are in seconds since 1970.
    """

    run: str = ""
    scenario: str = ""
    target: str = ""
    started_s: float = 0.0
    running: bool = False
    users_wanted: float | None = None
    users_running: int = 0
    stage: tuple[str, int] | None = None
    verdict: Verdict | None = None
    processes: Sequence[ProcessStatus] = ()


def run_state(
    run: Run | None, verdict: Verdict | None, measurement: Measurement | None, processes: Sequence[ProcessStatus]
) -> RunState:
    """Return the state of ``run``, which may be a few seconds old; ``measurement`` is given while it is running."""
    if run is None:
        return RunState(processes=processes)
    users = measurement.users[-1] if measurement and measurement.users else None
    stage = stage_progress(measurement) if measurement else None
    return RunState(
        run=run.id,
        scenario=run.scenario or "",
        target=run.target.url,
        started_s=datetime.fromisoformat(run.started_at).timestamp(),
        running=measurement is not None,
        users_wanted=users.planned if users else None,
        users_running=users.achieved if users else 0,
        stage=(stage["name"], stage["number"]) if stage else None,
        verdict=verdict,
        processes=processes,
    )
