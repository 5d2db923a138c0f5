"""``locust-slo baseline``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slo.cli import main
from tests.support.cli import objectives_in, save, say


def test_baselines_are_added_listed_shown_and_dropped(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ("--baselines", tmp_path / "baselines")
    adding = (*folder, "--objectives", objectives_in(tmp_path))
    assert "holds no baseline" in say(capsys, "baseline", "list", *folder)
    for number in range(6):
        said = say(capsys, "baseline", "add", shelf / f"run-{number:02}", *adding)
    assert "added run-05 (PASS); it holds 5 of 5" in said
    assert "holds run-05 already" in say(capsys, "baseline", "add", shelf / "run-05", *adding, code=3)
    listed = say(capsys, "baseline", "list", *folder)
    assert [line.split()[1] for line in listed.splitlines()[2:]] == [f"run-{number:02}" for number in range(1, 6)]
    shown = say(capsys, "baseline", "show", "load", *folder)
    assert "5 references" in shown
    assert "latency.p95" in shown
    assert "there is: load" in say(capsys, "baseline", "show", "laod", *folder, code=3)
    assert "it holds run-02" in say(capsys, "baseline", "drop", "load", "run-01", *folder)
    assert "holds no run-01" in say(capsys, "baseline", "drop", "load", "run-01", *folder, code=3)


def test_only_a_run_that_passed_is_a_reference_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save(tmp_path / "reports", 1)
    strict = tmp_path / "strict.yaml"
    strict.write_text("version: 1\nobjectives: [{indicator: latency.p95, target: 1 ms}]\n")
    words = ("baseline", "add", run, "--baselines", tmp_path / "baselines", "--objectives", strict)
    assert "is FAIL; only a run that passed becomes a reference (--anyway" in say(capsys, *words, code=3)
    assert "added run-01 (FAIL)" in say(capsys, *words, "--anyway")


def test_validate_holds_a_run_against_its_baseline(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--objectives", objectives_in(tmp_path), "--baselines", tmp_path / "baselines")
    for number in range(5):
        say(capsys, "baseline", "add", shelf / f"run-{number:02}", *words)
    assert "no change seen: " not in say(capsys, "validate", shelf / "run-06", *words)
    capsys.readouterr()
    assert main.main([str(word) for word in ("validate", shelf / "run-09", *words)]) == 1
    said = capsys.readouterr().out
    assert "FAIL: regression of latency.p95: " in said
    assert "of 5 references" in said
    verdict = json.loads((shelf / "run-09" / "verdict.json").read_text())
    assert verdict["references"] == [f"run-{number:02}" for number in range(5)]
    result = next(one for one in verdict["results"] if one["against"] == "baseline")
    assert result["unit"] == "ratio"
    assert result["confidence_95"]["low"] > 0
