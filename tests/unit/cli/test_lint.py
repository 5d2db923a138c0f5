"""``locust-slo lint``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slo.cli import main
from slo.load.plan import Plan
from slo.record import run as records
from tests.support.simulated import simulated

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


THROUGHPUT = "version: 1\nobjectives:\n  - {name: much, indicator: throughput.rps, target: 10 rps, warning: 15 rps%s}\n"


@pytest.mark.parametrize(("more", "warned"), [("", True), (', stage: "hold *"', False)])
def test_a_throughput_of_all_stages_is_warned_of(
    more: str, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(THROUGHPUT % more)
    assert main.main(["lint", str(file)]) == 0
    assert ("warning: without `stage` it is the average of the whole run" in capsys.readouterr().out) == warned


@pytest.mark.parametrize(
    ("more", "pause_s", "warned"),
    [("", 0.5, True), (', stage: "hold *"', 0.5, False), ("", 0.2, False), (", scenario: soak", 0.5, False)],
)
def test_a_throughput_that_the_load_of_a_run_cannot_offer_is_warned_of(
    more: str, pause_s: float, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of 10 users each makes a request of 10 ms every 0.51 s: 20 rps at the plateau, 10 in the ramps.
    plan = Plan.ramps(("ramp to 10", 30, 10), ("hold at 10", 30, 10), ("ramp to 0", 30, 0))
    run = simulated(plan, "load", lambda _, users: (users / (pause_s + 0.01), 10, 0))
    run = replace(run, scenario="load", users=tuple(replace(one, achieved=round(one.achieved)) for one in run.users))
    records.write(run, tmp_path)
    file = tmp_path / "o.yaml"
    file.write_text(THROUGHPUT % more)
    assert main.main(["lint", str(file), "--run", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert ("cannot be reached; more users, shorter pauses, or another `stage`" in said) == warned, said
