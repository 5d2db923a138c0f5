"""A report that is made in a process of its own."""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from slo.record import run as records
from slo.reports import report_process
from slo.verdict.judge import judge
from tests.support.made import demanding, requests

OBJECTIVES = demanding("indicator: latency.p95, target: 1 s")


def give(monkeypatch: pytest.MonkeyPatch, name: str, folder: Path) -> None:
    work = pickle.dumps((name, folder, judge(requests(5), OBJECTIVES), OBJECTIVES))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(work)))


def test_the_report_of_the_work_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records.write(requests(5), tmp_path)
    give(monkeypatch, "markdown", tmp_path)
    assert report_process.main() == 0
    assert (tmp_path / "report.md").exists()


def test_an_error_is_a_sentence_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "markdown", tmp_path / "nowhere")
    assert report_process.main() == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
