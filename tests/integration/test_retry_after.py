"""Retry-After: what throttled clients are told, and whether those who waited got through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import ROOT, Demo, locust

PATIENT = ROOT / "tests" / "locustfiles" / "patient.py"


@pytest.mark.slow
def test_locusts_clients_that_wait_as_a_rate_limiter_tells_get_through(tmp_path: Path) -> None:
    demo = Demo()
    try:
        demo.faults(rate_limit=20, rate_burst=3)
        done = locust(tmp_path / "reports", "-f", PATIENT, "-H", demo.url, "-u", 5, "-r", 5, "-t", "8s")
    finally:
        demo.stop()
    tallies = {name: done.run.tally(name.__eq__) for name in ("fast", "usual", "hasty")}
    for name, tally in tallies.items():
        assert tally.retry_after.total == tally.throttled > 0, name
        assert tally.retry_after.max_us == 1_000_000  # the demo's shortest
        # Each told user but those at the run's end comes back once.
        assert 0 <= tally.throttled - sum(tally.retry_outcomes.values()) <= 2, name
    for name in ("fast", "usual"):
        assert "early" not in tallies[name].retry_outcomes, name
        assert tallies[name].retry_outcomes["through"] > 0, name
    assert set(tallies["hasty"].retry_outcomes) == {"early"}
