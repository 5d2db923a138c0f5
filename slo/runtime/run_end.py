"""How the load of a run ended: by its own plan, by a person, or by the locustfile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from slo.load.greenlet_tree import USER_ATTRIBUTE, user_greenlet
from slo.load.iterations import IterationProgress
from slo.measure.measurement import Measurement
from slo.record.ending import COMPLETED, STOPPED, Ending
from slo.runtime.locust_compat import is_run_time_timer

EARLY_S = 0.5
"""How much of --run-time may be missing in a run that it ended."""


@dataclass(frozen=True)
class LoadEnd:
    """Who ended the load.

    ``by_shape``: the shape, which had no more ticks. ``by_task``: a task of the locustfile. ``by_call``: some code of
    this process called ``runner.quit()`` or ``runner.stop()``: the timer of --run-time, the web UI, the locustfile.
    ``by_run_time``: it was that timer. ``workers_left``: no worker is left. ``iterations`` says how many were executed
    of those requested, if they were limited, and ``has_all_iterations`` whether these are all. ``before_s`` is how many
    seconds of --run-time listeners to ``test_start`` took before the run began.
    """

    by_shape: bool = False
    by_task: bool = False
    by_call: bool = False
    by_run_time: bool = False
    workers_left: bool = False
    iterations: str = ""
    has_all_iterations: bool = False
    before_s: float = 0.0

    @classmethod
    def now(
        cls, environment: Environment, runner: Any, before_s: float, iterations: IterationProgress | None
    ) -> LoadEnd:
        """Return who ends the load, in a listener to Locust's ``test_stopping``: it is called where the end began."""
        caller, shape = gevent.getcurrent(), getattr(runner, "shape_greenlet", None)
        return cls(
            by_shape=environment.shape_class is not None and shape is caller,
            by_task=hasattr(user_greenlet(), USER_ATTRIBUTE),
            by_call=caller is not gevent.get_hub().parent,
            by_run_time=is_run_time_timer(caller),
            workers_left=isinstance(runner, MasterRunner) and runner.worker_count == 0,
            iterations=iterations.describe() if iterations else "",
            has_all_iterations=iterations is not None and iterations.all,
            before_s=before_s,
        )


def ending_of(measurement: Measurement, parsed: Any, has_shape: bool, end: LoadEnd) -> Ending:
    """Return how the load of a run ended; ``parsed`` are Locust's options."""
    if _is_complete(measurement, parsed, has_shape, end):
        return COMPLETED
    elapsed = f"{measurement.elapsed_s:.1f} s"
    planned_s = _planned_s(measurement, parsed, has_shape)
    after = f"after {elapsed} of {planned_s:.1f} s" if planned_s else f"after {elapsed}"
    if measurement.search_controller is not None and parsed.headless:
        return Ending("incomplete", f"the search ended after {elapsed} without its answer (see the log)")
    if end.iterations and not end.by_task:
        return Ending("incomplete", f"{end.iterations} were executed {after}")
    if end.workers_left:
        return Ending("incomplete", f"all workers left {after}")
    if end.by_task or (end.by_call and parsed.headless):
        how, given = ("quit", "") if planned_s else ("stopped", "; no --run-time was given")
        return Ending(how, f"the locustfile, or a plugin, ended it {after}{given}")  # type: ignore[arg-type]
    if parsed.headless and planned_s:
        return Ending("incomplete", f"the load ended {after} (see the log)")
    return STOPPED


def start_note(parsed: Any, end: LoadEnd) -> str:
    """Return a sentence on a --run-time of which listeners to ``test_start`` took a part; empty where none did."""
    if not parsed.run_time or end.before_s < max(1.0, 0.02 * parsed.run_time):
        return ""
    return (
        f"listeners to test_start took {end.before_s:.1f} s of --run-time, which Locust counts from before them: "
        f"the load lasted {max(0.0, parsed.run_time - end.before_s):.1f} of {parsed.run_time:g} s"
    )


def _planned_s(measurement: Measurement, parsed: Any, has_shape: bool) -> float:
    """Return how long the load was to last, in seconds; 0.0 where nobody said."""
    if measurement.description.plan is not None:
        return measurement.description.plan.total_s
    return 0.0 if has_shape else float(parsed.run_time or 0.0)  # Locust ignores --run-time beside a shape


def _is_complete(measurement: Measurement, parsed: Any, has_shape: bool, end: LoadEnd) -> bool:
    if measurement.search_controller is not None:
        return measurement.search_controller.done
    if end.iterations:
        return end.has_all_iterations
    elapsed_s, planned_s = measurement.elapsed_s, _planned_s(measurement, parsed, has_shape)
    if measurement.description.plan is not None:
        return elapsed_s >= planned_s - 0.25
    if not planned_s:
        return has_shape and end.by_shape
    # A process that is held up while it starts sets the timer by an older clock: the timer fires early by that much.
    is_over = end.by_run_time or elapsed_s + end.before_s >= planned_s - EARLY_S
    # If the listeners to test_start took more than half of the time, the rest says little of the requested load.
    return is_over and elapsed_s >= 0.5 * planned_s
