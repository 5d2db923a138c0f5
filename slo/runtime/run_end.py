"""Whether a run that has stopped was complete, and why not."""

from __future__ import annotations

from typing import Any

from slo.measure.measurement import Measurement


def is_complete(measurement: Measurement, parsed: Any, has_shape: bool) -> bool:
    """Return whether the load was offered to its end: of the search, of the plan, or of --run-time."""
    if measurement.search_controller is not None:
        return measurement.search_controller.done
    plan = measurement.description.plan
    if plan is not None:
        return measurement.elapsed_s >= plan.total_s - 0.25
    if parsed.run_time:
        # The listeners to test_start take a part of it: Locust starts the time before them.
        return bool(measurement.elapsed_s >= max(parsed.run_time * 0.95 - 1.0, parsed.run_time * 0.5))
    return has_shape


def early_end_reason(measurement: Measurement, parsed: Any, complete: bool) -> str:
    """Return why the load ended early; empty where it did not, and with a web UI, where people may stop a run."""
    if not parsed.headless or complete:
        return ""
    if measurement.search_controller is not None:
        return f"the search ended after {measurement.elapsed_s:.1f} s without its answer (see the log)"
    plan = measurement.description.plan
    planned_s = plan.total_s if plan else parsed.run_time
    if not planned_s:
        return ""
    return f"the load ended after {measurement.elapsed_s:.1f} s of {planned_s:.1f} s (see the log)"
