"""``locust-slo report``: which files it writes, by which objectives, and its errors."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slo.objectives.objectives import load
from slo.record import run as runs
from slo.reports import writer
from slo.verdict.judge import judge
from tests.support.made import requests
from tests.support.processes import ROOT
from tests.support.saved_run import LIMIT, TEXTS, report, save


def test_the_files_are_written_beside_the_run_and_named(
    saved: Path, objectives: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(saved, "--format", TEXTS, "--objectives", objectives) == 0
    said = [Path(line) for line in capsys.readouterr().out.splitlines()]
    names = ["report.md", "junit.xml", "verdict.json", "endpoints.csv", "findings.csv", "latency.hlog", "latency.hgrm"]
    assert said == [saved / name for name in [*names, "latency-home.hgrm"]]
    assert all(path.stat().st_size for path in said)


def test_they_may_go_elsewhere(saved: Path, objectives: Path, tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    assert report(saved / "run.json", "--format", "csv", "--objectives", objectives, "--out", out) == 0
    assert sorted(path.name for path in out.iterdir()) == ["endpoints.csv", "findings.csv"]
    assert sorted(path.name for path in saved.iterdir()) == ["objectives.yaml", "run.json"]


def test_a_report_tells_of_a_failed_run_and_still_exits_with_0(saved: Path, objectives: Path) -> None:
    objectives.write_text(LIMIT.format(target="20 ms", warning="10 ms"), encoding="utf-8")
    assert report(saved, "--format", "markdown", "--objectives", objectives) == 0
    assert "FAIL" in (saved / "report.md").read_text(encoding="utf-8").splitlines()[2]


def test_the_objectives_are_those_the_run_was_judged_by(saved: Path, objectives: Path) -> None:
    writer.publish(runs.read(saved), load(objectives), saved)
    assert report(saved, "--format", "markdown") == 0
    assert "| mine | WARNING |" in (saved / "report.md").read_text(encoding="utf-8")
    objectives.write_text(LIMIT.format(target="20 ms", warning="10 ms"), encoding="utf-8")  # edited meanwhile
    assert report(saved, "--format", "markdown") == 0
    assert "| mine | WARNING |" in (saved / "report.md").read_text(encoding="utf-8")
    assert str(objectives)[:20].replace("_", "") in (saved / "report.md").read_text(encoding="utf-8").replace("_", "")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"objectives": 3}', '{"objectives": {"source": 3}}'])
def test_a_damaged_verdict_is_no_obstacle(saved: Path, text: str) -> None:
    (saved / "verdict.json").write_text(text, encoding="utf-8")
    assert report(saved, "--format", "csv") == 0


def test_every_error_is_a_sentence_and_3(
    saved: Path, objectives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    objectives.write_text("version: 2\n", encoding="utf-8")
    (tmp_path / "file").touch()
    for words, sentence in (
        ((tmp_path / "nowhere",), "there is no such run record"),
        ((saved, "--objectives", tmp_path / "no.yaml"), "there is no such file"),
        ((saved, "--objectives", objectives), "version"),
        ((saved, "--format", "csv", "--out", tmp_path / "file"), "File exists"),
        ((saved, "--format", "csv", "--open"), "add html to --format"),
    ):
        assert report(*words) == 3
        said = capsys.readouterr().err
        assert sentence in said
        assert "Traceback" not in said
    with pytest.raises(SystemExit) as left:
        report(saved, "--format", "html,pdf")
    assert left.value.code == 3
    assert "'pdf' is not a report format; allowed: html, markdown, junit, json, csv, hlog" in capsys.readouterr().err


def test_a_report_that_cannot_be_made_is_said(
    saved: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "slo.reports.html", None)  # as if it were not there
    assert report(saved, "--format", "html") == 3
    assert capsys.readouterr().err.startswith("html: cannot be made here: ")


def test_a_date_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = save(tmp_path / "reports" / "load-1", replace(requests(9), started_at="2026-99-99T00:00:00Z"))
    shutil.copy(ROOT / "slo" / "hotel.yaml", folder / "objectives.yaml")
    assert report(folder, "--format", "hlog") == 3
    assert capsys.readouterr().err.startswith("hlog: cannot be made of this run: ")


def test_the_browser_is_shown_the_html(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setitem(
        writer.FORMATS,
        "html",
        replace(writer.FORMATS["html"], make=lambda *_: {"report.html": "<p>"}),
    )

    def show(url: str) -> bool:
        shown.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", show)
    assert report(saved, "--format", "html", "--open") == 0
    assert shown == [(saved / "report.html").resolve().as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    assert report(saved, "--format", "html", "--open") == 3


def test_the_same_run_gives_the_same_reports(saved: Path, objectives: Path) -> None:
    run = runs.read(saved)
    judged_by = load(objectives)
    verdict = judge(run, judged_by)
    for name in TEXTS.split(","):
        make = writer.FORMATS[name].make
        assert make(run, verdict, judged_by) == make(run, verdict, judged_by)
