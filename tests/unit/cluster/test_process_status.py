"""The state of one generator process."""

from __future__ import annotations

from slo.cluster.process_status import ProcessStatus


def test_what_is_unknown_is_none_in_the_data() -> None:
    assert ProcessStatus("worker 1", "running", 5, 0.25).to_data() == {
        "name": "worker 1",
        "state": "running",
        "users": 5,
        "cpu_ratio": 0.25,
        "lag_ms": None,
        "silent_s": None,
    }
