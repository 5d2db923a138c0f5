"""``locust-slo lint``."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.cli import main

GOOD = "version: 1\nobjectives:\n  - {name: quick, indicator: latency.p95, target: 800 ms, priority: P0}\n"


def test_every_objective_is_listed_with_its_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    assert main.main(["lint", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: 1 objectives, no error\n  quick: latency.p95 < 800 ms (P0)\n"


def test_one_bad_file_among_good_ones_fails_and_all_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace("800 ms", "800"))
    assert main.main(["lint", str(bad), str(good)]) == 3
    said = capsys.readouterr().out
    assert f"{bad}:3:" in said
    assert f"{good}: 1 objectives, no error" in said
