"""The position of a running run in its plan or its search."""

from __future__ import annotations

from typing import Any

from slo.measure.measurement import Measurement


def stage_progress(measurement: Measurement) -> dict[str, Any] | None:
    """Return the current stage: its name and number, the number of stages, and the seconds left; None without one."""
    if measurement.search_controller is not None and not measurement.search_controller.done:
        climb = measurement.search_controller
        return {"name": climb.name, "left_s": None, "number": climb.number, "of": None}
    plan = measurement.description.plan
    if plan is None:
        return None
    now_s = measurement.elapsed_s
    for number, (one, end_s) in enumerate(zip(plan.stages, plan.ends(), strict=True), 1):
        if now_s < end_s:
            return {"name": one.name, "left_s": round(end_s - now_s, 1), "number": number, "of": len(plan.stages)}
    return None
