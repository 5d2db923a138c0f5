"""What ``locust-slo`` says of many runs: baselines, two side by side, a trend, a backtest, the noise floor."""

from __future__ import annotations

import pytest

from tests.support.cli import say, usage
from tests.support.processes import HOTEL, Demo


@pytest.mark.slow
def test_calibrating_runs_locust_again_and_again(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("-f", HOTEL, "--scenario", "smoke", "--time-scale", "0.05", "--think-time", "0.05", "-H", demo.url)
    said = say(capsys, "calibrate", "--runs", "2", "--", *words)
    assert "run 2 of 2: " in said
    assert "2 runs of the same, each compared with the others" in said
    assert "left no record; Locust said:" in say(capsys, "calibrate", "--", "-f", "missing.py", code=3)
    assert "at least 2 runs" in usage(capsys, "calibrate", "--runs", "1", "--", *words)
    assert "give its options after --" in say(capsys, "calibrate", code=3)
