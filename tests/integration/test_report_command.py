"""``locust-slo report``: which files it writes where, by which objectives, and what it says when it can't."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from slo.objectives.objectives import load
from slo.record import run as runs
from slo.reports import writer
from tests.support.processes import ROOT, environment
from tests.support.saved_run import TEXTS, save_with_objectives, write_limit


@pytest.fixture
def objectives(tmp_path: Path) -> Path:
    return write_limit(tmp_path)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save_with_objectives(tmp_path / "reports")


def test_a_report_made_apart_that_fails_is_said_and_changes_nothing(
    saved: Path, objectives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs.read(saved)
    judged_by = load(objectives)
    verdict = writer.publish(run, judged_by, saved)
    before = (saved / "verdict.json").read_bytes()
    (saved / "run.json").rename(saved / "away.json")  # the process that is to make it finds no record
    writer.report(run, verdict, judged_by, saved, ["html", "markdown"])
    said = capsys.readouterr().err
    assert "locust-slo: report.html was not written: " in said
    assert "there is no such run record" in said
    assert (saved / "verdict.json").read_bytes() == before
    assert (saved / "report.md").exists()


def test_the_html_is_made_in_a_process_of_its_own(saved: Path, objectives: Path) -> None:
    pytest.importorskip("slo.reports.html")
    run = runs.read(saved)
    judged_by = load(objectives)
    writer.report(run, writer.publish(run, judged_by, saved), judged_by, saved, ["html"])
    assert (saved / "report.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_what_costs_matplotlib_is_loaded_only_for_html(saved: Path, objectives: Path) -> None:
    program = (
        "import sys; from slo.cli.main import main; "
        f"code = main(['report', {str(saved)!r}, '--format', {TEXTS!r}, '--objectives', {str(objectives)!r}]); "
        "assert code == 0 and 'matplotlib' not in sys.modules and 'locust' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
