"""``locust-slo export prometheus-rules``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from slo.cli import main
from tests.support.cli import say, usage
from tests.support.processes import ROOT

HOTEL = ("export", "prometheus-rules", "--objectives", str(ROOT / "slo" / "hotel.yaml"))


def test_rules_are_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = say(capsys, *HOTEL)
    assert yaml.safe_load(printed)["groups"]
    assert main.main([*HOTEL, "--out", str(tmp_path / "rules.yml")]) == 0
    assert (tmp_path / "rules.yml").read_text(encoding="utf-8") == printed
    assert "no rule: it compares with reference runs" in capsys.readouterr().err


@pytest.mark.parametrize(("period", "window"), [("30d", "30d"), ("1h", "1h"), ("1d12h", "1d12h")])
def test_the_period_of_the_budget_is_chosen(period: str, window: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"--period {window}" in say(capsys, *HOTEL, "--period", period).splitlines()[0]


@pytest.mark.parametrize("period", ["9min", "x", "-1d", ""])
def test_a_period_that_is_too_short_or_no_time_is_refused(period: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--period is a time like 30d" in usage(capsys, *HOTEL, f"--period={period}")


def test_the_objectives_have_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--objectives" in usage(capsys, "export", "prometheus-rules")
