"""``locust-slo calibrate``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import say
from tests.support.steady import YAML


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
