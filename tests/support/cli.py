"""The command line of locust-slo, run in this process, on saved runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slo.cli import main
from slo.record import run as record
from tests.support.steady import YAML, steady


def saved_runs(folder: Path) -> Path:
    """Twelve saved runs of a scenario; since the eighth, answers take 40 % longer."""
    for number in range(12):
        save(folder / "reports", number, 1.4 if number >= 7 else 1.0)
    (folder / "reports" / "latest").symlink_to("run-11")
    return folder / "reports"


def save(reports: Path, number: int, factor: float = 1.0, scenario: str = "load") -> Path:
    run = steady(number, factor, seconds=20)
    folder = reports / f"run-{number:02}"
    started = f"2026-01-{number + 1:02}T00:00:00Z"
    record.write(replace(run, id=folder.name, started_at=started, scenario=scenario), folder)
    return folder


def objectives_in(folder: Path) -> Path:
    path = folder / "objectives.yaml"
    path.write_text(YAML)
    return path


def say(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    capsys.readouterr()
    assert main.main([str(word) for word in words]) == code
    spoken = capsys.readouterr()
    return spoken.out if code == 0 else spoken.err


def usage(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.raises(SystemExit, match="3"):
        main.main([str(word) for word in words])
    return capsys.readouterr().err
