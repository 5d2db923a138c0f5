"""GitHub Actions: annotations as its runner reads them, and a summary that it does not drop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slo.record.ending import Ending
from slo.reports import github, markdown, writer
from slo.verdict.judge import judge
from tests.support.github import parsed
from tests.support.made import demanding, requests

MIXED = demanding(
    "name: slow, indicator: latency.p95, target: 50 ms",
    "name: met, indicator: latency.p95, target: 900 ms",
    "name: 'near, 100 %: it', indicator: latency.p95, target: 900 ms, warning: 90 ms",
    "name: worst, indicator: latency.p95, target: 50 ms, priority: P0",
    "name: unknown, indicator: latency.p95, target: 50 ms, endpoint: elsewhere",
)


def test_what_was_missed_is_annotated_at_its_line_the_worst_first() -> None:
    run = requests(400)
    found = [parsed(command) for command in github.annotations(run, judge(run, MIXED))]
    assert [(kind, properties["title"]) for kind, properties, _ in found] == [
        ("error", "CRITICAL: worst"),
        ("error", "FAIL: slow"),
        ("error", "NO DATA: unknown"),
        ("warning", "WARNING: near, 100 %: it"),
    ]
    assert {properties["file"] for _, properties, _ in found} == {"made.yaml"}
    assert [properties["line"] for _, properties, _ in found] == ["7", "4", "8", "6"]
    assert found[1][2].startswith("100 ms against 50 ms")


def test_a_path_is_given_from_the_repository() -> None:
    run = requests(400)
    verdict = replace(judge(run, MIXED), objectives_source="/builds/hotel/slo/objectives.yaml")
    _, properties, _ = parsed(github.annotations(run, verdict, "/builds/hotel")[0])
    assert properties["file"] == "slo/objectives.yaml"


def test_a_run_without_a_verdict_says_why_first() -> None:
    run = replace(requests(400), ended=Ending("incomplete", "counts are missing"))
    kind, properties, message = parsed(github.annotations(run, judge(run, MIXED))[0])
    assert (kind, properties["title"]) == ("error", "NO DATA: no verdict")
    assert "counts are missing" in message


def test_no_more_than_github_shows() -> None:
    run = requests(400)
    lines = [f"name: slow {n}, indicator: latency.p95, target: 50 ms" for n in range(25)]
    lines += [f"name: near {n}, indicator: latency.p95, target: 900 ms, warning: 50 ms" for n in range(12)]
    found = [parsed(command) for command in github.annotations(run, judge(run, demanding(*lines)))]
    assert [kind for kind, *_ in found] == ["error"] * 10 + ["warning"] * 10
    assert found[9][2] == "16 more like these: see the report"
    assert found[19][2] == "3 more like these: see the report"


def test_a_passed_run_has_no_annotation() -> None:
    run = requests(400)
    assert github.annotations(run, judge(run, demanding("indicator: latency.p95, target: 1 s"))) == []


@pytest.mark.parametrize("used", [0, 1_000_000, 1_031_000, 1_048_000, 2_000_000])
def test_the_summary_fits_what_is_left(used: int) -> None:
    run = requests(400)
    text = github.summary(run, judge(run, MIXED), used)
    assert not text or used + len(text.encode()) <= 1024 * 1024
    assert bool(text) == (used <= 1024 * 1024 - markdown.MIN_BYTES - 1)


def test_github_is_told_only_where_it_runs_the_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = requests(400)
    verdict = judge(run, MIXED)
    summary = tmp_path / "summary.md"
    writer.write_github_output(run, verdict, {})
    assert capsys.readouterr().out == ""
    summary.write_text("before\n", encoding="utf-8")
    writer.write_github_output(run, verdict, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert capsys.readouterr().out.splitlines() == github.annotations(run, verdict)
    assert summary.read_text(encoding="utf-8").startswith("before\n<!-- locust-slo:load -->")


def test_a_summary_that_cannot_be_written_is_only_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = requests(400)
    writer.write_github_output(run, judge(run, MIXED), {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary.md")})
    assert "locust-slo: GitHub was no answer: " in capsys.readouterr().err
