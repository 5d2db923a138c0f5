"""``locust-slo validate``: a saved run is judged again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from slo.cli import main
from tests.support.made import requests
from tests.support.saved_run import report, save


def test_validate_may_fail_on_a_warning(saved: Path, objectives: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["validate", str(saved), "--objectives", str(objectives)]
    assert main.main(words) == 0
    assert main.main([*words, "--fail-on", "warning"]) == 1
    assert "(exit code 1: --fail-on warning)" in capsys.readouterr().out
    verdict = json.loads((saved / "verdict.json").read_text(encoding="utf-8"))
    assert (verdict["status"], verdict["fail_on"], verdict["exit_code"]) == ("WARNING", "warning", 1)
    assert 'failures="1"' in (saved / "junit.xml").read_text(encoding="utf-8")


def test_a_run_asked_to_fail_on_warnings_is_judged_so_again(tmp_path: Path, objectives: Path) -> None:
    folder = save(tmp_path / "reports" / "load-1", replace(requests(400), options={"fail_on": "warning"}))
    words = ["validate", str(folder), "--objectives", str(objectives)]
    assert main.main(words) == 1
    assert main.main([*words, "--fail-on", "fail"]) == 0


def test_validate_renews_the_reports_that_are_there(saved: Path, objectives: Path) -> None:
    report(saved, "--format", "csv", "--objectives", objectives)
    (saved / "endpoints.csv").write_text("old", encoding="utf-8")
    main.main(["validate", str(saved), "--objectives", str(objectives)])
    assert (saved / "endpoints.csv").read_text(encoding="utf-8").startswith("endpoint,")
