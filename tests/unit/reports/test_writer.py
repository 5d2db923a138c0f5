"""From a finished run to files."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from slo.objectives.objectives import ObjectivesError
from slo.reports import writer
from slo.reports.writer import Format
from slo.text import atomic
from slo.verdict.judge import judge
from slo.verdict.regression import NO_BASELINE, NoReferences
from tests.support.made import demanding, requests

RUN = requests(5)
OBJECTIVES = demanding("name: mine, indicator: latency.p95, target: 1 s")


@pytest.mark.parametrize(("text", "names"), [("html", ("html",)), (" csv, html,csv ,", ("csv", "html")), ("", ())])
def test_formats_are_each_named_once(text: str, names: tuple[str, ...]) -> None:
    assert writer.formats(text) == names


@pytest.mark.parametrize("text", ["pdf", "html,pdf", " , "])
def test_an_unknown_format_says_which_are_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: html, markdown, junit, json, csv, hlog"):
        writer.formats(text)


def test_runs_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = {writer.new_folder(tmp_path, "a/b") for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.parent == tmp_path and folder.name.startswith("a") for folder in folders)


def test_a_judged_run_has_its_verdict_and_its_objectives(tmp_path: Path) -> None:
    verdict = writer.publish(RUN, OBJECTIVES, tmp_path)
    assert json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))["status"] == verdict.status == "PASS"
    again = writer.judged_by(RUN, tmp_path)
    assert again is not None
    assert again.items == OBJECTIVES.items
    assert again.source == OBJECTIVES.source


def test_a_run_that_was_not_judged_has_no_objectives(tmp_path: Path) -> None:
    assert writer.judged_by(RUN, tmp_path) is None
    (tmp_path / writer.OBJECTIVES).write_text("version: 2", encoding="utf-8")
    with pytest.raises(ObjectivesError):
        writer.judged_by(RUN, tmp_path)


def test_references_are_those_of_the_scenario(tmp_path: Path) -> None:
    assert writer.references_for(RUN, OBJECTIVES) is NO_BASELINE
    objectives = replace(OBJECTIVES, baselines=tmp_path)
    assert writer.references_for(RUN, objectives) is NO_BASELINE
    (tmp_path / "load.json").write_text("{", encoding="utf-8")
    damaged = writer.references_for(RUN, objectives)
    assert isinstance(damaged, NoReferences)
    assert damaged.status == "NO DATA"


def test_a_report_that_fails_is_named_and_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> dict[str, str]:
        raise RuntimeError("no room")

    monkeypatch.setattr(writer, "FORMATS", {**writer.FORMATS, "markdown": Format("report.md", fail)})
    writer.report(RUN, judge(RUN, OBJECTIVES), OBJECTIVES, tmp_path, ["markdown", "junit"])
    assert capsys.readouterr().err == "locust-slo: report.md was not written: no room\n"
    assert [path.name for path in tmp_path.iterdir()] == ["junit.xml"]


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_cannot_be_a_folder_of_reports_is_an_error_that_names_it(tmp_path: Path, kind: str) -> None:
    reports = tmp_path / "reports"
    reports.write_text("") if kind == "file" else reports.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError) as caught:
        writer.new_folder(reports, "load")
    assert str(caught.value.filename) == str(reports)


def test_a_verdict_is_written_only_after_all_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = atomic.write

    def full(path: Path, text: str) -> None:
        if path.name == writer.OBJECTIVES:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, text)

    monkeypatch.setattr(atomic, "write", full)
    with pytest.raises(OSError, match="No space left"):
        writer.publish(RUN, OBJECTIVES, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_latest_is_forgotten_and_its_run_is_not(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    writer.point_latest(tmp_path / "one")
    (tmp_path / "latest.txt").write_text("one", encoding="utf-8")
    writer.forget_latest(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    (tmp_path / "latest").mkdir()  # a folder that somebody made is not ours to remove
    writer.forget_latest(tmp_path)
    assert (tmp_path / "latest").is_dir()


def test_latest_points_to_the_newest_run(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        writer.point_latest(tmp_path / name)
    assert (tmp_path / "latest").resolve() == (tmp_path / "two").resolve()
    assert not list(tmp_path.glob(".latest*"))


def test_github_gets_annotations_and_a_summary_where_it_runs_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = judge(RUN, demanding("name: mine, indicator: latency.p95, target: 1 ms"))
    writer.write_github_output(RUN, missed, {})
    assert capsys.readouterr().out == ""
    summary = tmp_path / "summary.md"
    writer.write_github_output(RUN, missed, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert capsys.readouterr().out.startswith("::error")
    assert "FAIL" in summary.read_text(encoding="utf-8")
