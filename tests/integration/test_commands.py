"""What ``locust-slo`` says of many runs: baselines, two side by side, a trend, a backtest, the noise floor."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from slo.cli import main
from slo.record import run as record
from tests.support.processes import HOTEL, Demo
from tests.support.steady import YAML, steady


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Twelve saved runs of a scenario; since the eighth, answers take 40 % longer."""
    for number in range(12):
        save(tmp_path / "reports", number, 1.4 if number >= 7 else 1.0)
    (tmp_path / "reports" / "latest").symlink_to("run-11")
    return tmp_path / "reports"


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


def test_two_runs_side_by_side(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = say(capsys, "compare", shelf / "run-00", shelf / "run-11")
    row = next(line for line in said.splitlines() if line.startswith("all") and "latency.p95" in line)
    assert row.endswith("worse")
    assert "latency.p95 of all: " in said
    assert "checks.ratio" not in said  # no check was made
    same = say(capsys, "compare", shelf / "run-00", shelf / "run-01")
    assert all(line.endswith("no change") for line in same.splitlines() if line.startswith(("all", "page_0")))
    assert "compared with itself" in say(capsys, "compare", shelf / "run-00", shelf / "run-00", code=3)


def test_pages_of_many_runs_are_whole_and_harmless(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    hostile = replace(steady(1, 1.5, seconds=20), id="<img src=x onerror=alert(1)>", started_at="2026-02-01T00:00:00Z")
    record.write(hostile, shelf / "run-12")
    for words in (("compare", shelf / "run-00", shelf / "run-12"), ("trend", shelf)):
        assert str(page) in say(capsys, *words, "--html", page)
        text = page.read_text(encoding="utf-8")
        tree = html.fromstring(text)
        assert not tree.xpath("//img | //@onerror")
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert len(tree.xpath("//svg[@role='img']")) >= 2
        assert not [link for link in tree.xpath("//@src | //@href") if not str(link).startswith(("#", "data:"))]
    assert "latency.p95 changed with run-07" in text


def test_a_trend_marks_where_the_level_changed(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(shelf, 20, scenario="smoke")
    said = say(capsys, "trend", shelf, "--scenario", "load")
    assert said.startswith("12 runs of load\n")
    assert "latency.p95 changed with run-07: " in said
    assert "latency.p50 changed with run-07: " in said
    assert said.count("changed with") == len([line for line in said.splitlines() if "changed with run-07" in line])
    assert "1 runs of smoke" in say(capsys, "trend", shelf)
    assert "no run of scenario laod" in say(capsys, "trend", shelf, "--scenario", "laod", code=3)
    assert "there is no such folder" in say(capsys, "trend", shelf / "missing", code=3)


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


def test_calibrating_states_the_noise_and_warns_of_tolerances_below_it(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tight = tmp_path / "tight.yaml"
    tight.write_text(YAML.replace("{warning: 5 %, target: 10 %}", "{target: 0.1 %}"))
    said = say(capsys, "calibrate", "--saved", shelf, "--objectives", tight)
    assert "12 runs of the same" in said
    assert "regression of latency.p95: its target of 0.10 % is below what can be seen here" in said
    loose = tmp_path / "loose.yaml"
    loose.write_text(YAML.replace("{warning: 5 %, target: 10 %}", "{target: 1000 %}").replace("1 %,", "20 %,"))
    assert "no tolerance is below the noise" in say(capsys, "calibrate", "--saved", shelf, "--objectives", loose)


def test_calibrating_runs_locust_again_and_again(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("-f", HOTEL, "--scenario", "smoke", "--time-scale", "0.05", "--think-time", "0.05", "-H", demo.url)
    said = say(capsys, "calibrate", "--runs", "2", "--", *words)
    assert "run 2 of 2: " in said
    assert "2 runs of the same, each compared with the others" in said
    assert "left no record; Locust said:" in say(capsys, "calibrate", "--", "-f", "missing.py", code=3)
    assert "at least 2 runs" in usage(capsys, "calibrate", "--runs", "1", "--", *words)
    assert "give its options after --" in say(capsys, "calibrate", code=3)
