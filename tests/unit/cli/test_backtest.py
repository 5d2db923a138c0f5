"""``locust-slo backtest``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import objectives_in, say, usage


def test_a_backtest_says_which_runs_would_have_failed_and_why(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = tmp_path / "edited.yaml"
    edited.write_text("version: 1\nobjectives: [{name: quick, indicator: latency.p50, target: 120 ms}]\n")
    (shelf / "broken").mkdir()
    (shelf / "broken" / "run.json").write_text("{")
    said = say(capsys, "backtest", edited, shelf)
    assert said.startswith("would have failed 5 of the last 12 runs (0 without a verdict)\n  run-07: FAIL\n")
    assert "quick: missed by 5 of 12" in said
    assert "is not JSON" in said
    assert "would have failed 3 of the last 3" in say(capsys, "backtest", edited, shelf, "--last", "3")
    assert "an integer from 1" in usage(capsys, "backtest", edited, shelf, "--last", "-3")


def test_a_backtest_compares_each_run_with_those_before_it(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = say(capsys, "backtest", objectives_in(tmp_path), shelf)
    assert "run-07: FAIL" in said
    assert "FAIL regression of latency.p95: " in said
    assert "run-06: " not in said
