"""What a run of Locust leaves beside its record, with real processes."""

from __future__ import annotations

import csv
import shlex
import shutil
from pathlib import Path

import pytest
from junitparser import JUnitXml

from slo.reports.reproduce import command
from tests.support.github import parsed
from tests.support.processes import BASIC, Demo, Finished, Locust, locust
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, finished, picture, start

WARNING = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 90 %, warning: 1 %}\n"


def run(demo: Demo, tmp_path: Path, *words: object, **env: str) -> Finished:
    objectives = tmp_path / "o.yaml"
    objectives.write_text(WARNING, encoding="utf-8")
    own = ("-f", BASIC, "-H", demo.url, "-u", 3, "-r", 3, "-t", "2s", "--objectives", objectives)
    return locust(tmp_path / "reports", *own, *words, env=env)


def test_ours_and_locusts_own_lie_side_by_side(demo: Demo, tmp_path: Path) -> None:
    words = ("--html", tmp_path / "own.html", "--csv", tmp_path / "own", "--report-formats", "json,markdown,csv,hlog")
    done = run(demo, tmp_path, *words)
    assert (done.code, done.verdict["status"], done.verdict["fail_on"]) == (0, "WARNING", "fail"), done.out + done.err
    names = {path.name for path in done.folder.iterdir()}
    assert names > {"run.json", "verdict.json", "report.md", "endpoints.csv", "latency.hlog", "latency.hgrm"}
    assert not names & {"junit.xml", "report.html"}
    requests = done.run.tally().requests
    with (done.folder / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file))[-1]["requests"] == str(requests)
    with (tmp_path / "own_stats.csv").open(encoding="utf-8", newline="") as file:
        # Locust writes its table once a second and no last time at the end.
        assert 0 < int(list(csv.DictReader(file))[-1]["Request Count"]) <= requests
    assert "<html" in (tmp_path / "own.html").read_text(encoding="utf-8")


def test_a_warning_fails_where_that_is_asked_for_and_github_is_told(demo: Demo, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    done = run(demo, tmp_path, "--fail-on", "warning", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1, done.out + done.err
    assert (done.verdict["status"], done.verdict["exit_code"]) == ("WARNING", 1)
    (suite,) = JUnitXml.fromfile(str(done.folder / "junit.xml"))
    assert suite.failures == 1
    (command,) = [line for line in done.out.splitlines() if line.startswith("::")]
    kind, properties, _ = parsed(command)
    assert (kind, properties["file"], properties["line"]) == ("warning", str(tmp_path / "o.yaml"), "3")
    assert summary.read_text(encoding="utf-8") == (done.folder / "report.md").read_text(encoding="utf-8")


def test_the_html_comes_last_and_decides_nothing(demo: Demo, tmp_path: Path) -> None:
    done = run(demo, tmp_path, LOCUST_SLO_REPORT_FORMATS="html,junit")
    assert done.reached("WARNING"), done.out + done.err
    assert (done.folder / "junit.xml").exists()
    assert (done.folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>"), done.err


def test_in_the_web_ui_the_html_follows_when_the_run_has_ended(demo: Demo, tmp_path: Path) -> None:
    words = ("--objectives", "slo/hotel.yaml", "--report-formats", "html,markdown")
    page = Page(tmp_path / "reports", demo, *words)
    try:
        start(page, demo, "smoke", time_scale=0.5)
        wait_for(lambda: picture(page)["requests"])
        page.post("/stop")
        run = finished(page, 1)["finished"][0]
        assert {"report.md", "verdict.json", "run.json"} <= set(run["files"])
        start(page, demo, "smoke", time_scale=0.5)  # the next one need not wait
        wait_for(lambda: "report.html" in picture(page)["finished"][0]["files"])
        assert page.get(f"/slo/runs/{run['id']}/report.html").startswith("<!doctype html>")
        wait_for(lambda: picture(page)["state"] == "running")
    finally:
        page.stop()
    # SIGTERM ends the second run: it has its page all the same.
    assert len(list(tmp_path.glob("reports/smoke-*/report.html"))) == 2


@pytest.mark.parametrize("name", ["pdf", "html;junit"])
def test_an_unknown_format_is_refused_before_any_load(tmp_path: Path, name: str) -> None:
    done = locust(tmp_path / "reports", "-f", BASIC, "-H", "http://127.0.0.1:9", "--report-formats", f"junit,{name}")
    assert done.code == 3
    assert f"'{name}' is not a report format; allowed: html, markdown, junit, json, csv, hlog" in done.err
    assert list(tmp_path.joinpath("reports").iterdir()) == []


@pytest.mark.parametrize("where", ["suites/own.py", "../shared/own.py"])
def test_the_command_that_makes_the_load_again_runs_as_it_is_printed(where: str, demo: Demo, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / where).parent.mkdir()
    shutil.copy(BASIC, work / where)
    (work / "own objectives.yaml").write_text("version: 1\nobjectives:\n  - {indicator: requests.count, target: 1}\n")
    inside = ("env", "-C", str(work))
    words = ["-f", where, "-H", demo.url, "-u", 2, "-r", 2, "--iterations", "20", "--objectives", "own objectives.yaml"]
    first = Locust(tmp_path / "first", *words, inside=inside).wait()
    assert first.code == 0, first.err
    printed = shlex.split(command(first.run, first.verdict["objectives"]["source"]))
    assert printed[0] == "locust"
    again = Locust(tmp_path / "again", *printed[1:], headless=False, inside=inside).wait()
    assert again.code == 0, again.err
    assert again.run.tally().requests == first.run.tally().requests == 20
    assert {**again.run.options, "reports_dir": ""} == {**first.run.options, "reports_dir": ""}
