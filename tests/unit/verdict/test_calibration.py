"""Repeated runs: which tolerance is smaller than the noise."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slo.objectives.objectives import parse
from slo.record import run as record
from slo.record.ending import Ending
from slo.record.run_record import RunError
from slo.verdict import calibration
from tests.support.steady import YAML, steady


def test_a_tolerance_below_the_noise_is_named() -> None:
    tight = YAML.replace("warning: 5 %, target: 10 %", "warning: 0.01 %, target: 500 %")
    runs = [steady(seed, seconds=20) for seed in range(3)]
    found = calibration.warnings(parse(tight, "x.yaml"), runs)
    assert any("its warning of" in one and "is below what can be seen here" in one for one in found)
    assert not any("regression of latency.p95: its target" in one for one in found)


def test_objectives_without_a_tolerance_have_nothing_to_check() -> None:
    objectives = parse("version: 1\nobjectives:\n  - {indicator: latency.p95, target: 1 s}\n", "x.yaml")
    assert calibration.warnings(objectives, [steady(1)]) == ["the objectives have no tolerance to check"]


def test_no_options_for_locust_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="give its options after --"):
        calibration.repeat([], 2, tmp_path, print)


def test_every_run_is_read_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        folder = Path(words[words.index("--reports-dir") + 1])
        record.write(steady(1, seconds=2), folder / "run-1")
        return subprocess.CompletedProcess(words, 0, "")

    monkeypatch.setattr(subprocess, "run", run)
    lines: list[str] = []
    found = calibration.repeat(["-f", "own.py"], 2, tmp_path, lines.append)
    assert len(found) == 2
    assert lines == [f"run {number} of 2: 40 requests in 2.0 s" for number in (1, 2)]


def test_a_run_without_a_record_says_what_locust_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 1, "first\nno such file own.py\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(RunError, match=r"run 1 of 1 left no record; Locust said:\nfirst\nno such file own.py"):
        calibration.repeat(["-f", "own.py"], 1, tmp_path, print)


def test_a_run_that_was_interrupted_ends_the_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        one = replace(steady(1, seconds=2), ended=Ending("interrupted", "by SIGINT"))
        record.write(one, Path(words[words.index("--reports-dir") + 1]) / "run-1")
        return subprocess.CompletedProcess(words, 0, "")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RunError, match="run 1 of 2 interrupted: by SIGINT"):
        calibration.repeat(["-f", "own.py"], 2, tmp_path, print)
