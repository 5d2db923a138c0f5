"""``locust-slo trend``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import save, say


def test_a_trend_marks_where_the_level_changed(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(shelf, 20, scenario="smoke")
    said = say(capsys, "trend", shelf, "--scenario", "load")
    assert said.startswith("12 runs of load\n")
    assert "latency.p95 changed with run-07: " in said
    assert "latency.p50 changed with run-07: " in said
    assert said.count("changed with") == len([line for line in said.splitlines() if "changed with run-07" in line])
    assert "1 runs of smoke" in say(capsys, "trend", shelf)
    assert "no run of scenario laod" in say(capsys, "trend", shelf, "--scenario", "laod", code=3)
    assert "there is no such folder" in say(capsys, "trend", shelf / "missing", code=3)
