"""A load that was not offered is no verdict, and one that nobody can offer does not start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slo.analysis.offered import offered_load
from slo.load.requested_load import RequestedLoad
from tests.support.cluster import free_port
from tests.support.commands import validate
from tests.support.processes import HOTEL, ROOT, Demo, locust

SHORT = ROOT / "tests" / "locustfiles" / "short.py"
LEAVING = ROOT / "tests" / "locustfiles" / "leaving.py"


def test_a_plan_that_nobody_can_follow_is_refused_before_any_load(demo: Demo, tmp_path: Path) -> None:
    words = ("--scenario", "spike", "--time-scale", "0.001", "--user-scale", "100")
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words)
    assert done.code == 3, done.out + done.err
    assert "the plan cannot be followed: stage 'ramp to 5' goes from 0 to 500 users in 0.01 s" in done.err
    assert done.run.ended.how == "refused"
    assert done.run.tally().requests == 0
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("share", "code"), [("1", 0), ("0.5", 3)])
def test_a_shape_that_offers_half_of_its_plan_gets_no_verdict(
    demo: Demo, tmp_path: Path, share: str, code: int
) -> None:
    objectives = tmp_path / "o.yaml"
    objectives.write_text("version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 1 %}\n", encoding="utf-8")
    words = ("-f", SHORT, "-H", demo.url, "--objectives", objectives)
    done = locust(tmp_path / "reports", *words, env={"SHARE": share})
    assert done.code == code, done.out + done.err
    if code:
        said = done.verdict["reason"] + " ".join(done.verdict["notes"])
        found = re.search(r"stage 'hold' offered (\d+) of 40 user-seconds", said)
        assert found, said
        assert 15 <= int(found[1]) <= 25  # half, though a busy machine starts users a little late
        command = validate(done.folder, "--allow-incomplete", "--objectives", str(objectives))
        assert command.returncode == 0, command.stdout


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("--processes", "2", "--master-bind-port")], ids=["alone", "two_workers"])
@pytest.mark.parametrize(("leave", "status"), [("none", "PASS"), ("all", "WARNING")])
def test_users_who_leave_are_missed(
    demo: Demo, tmp_path: Path, workers: tuple[str, ...], leave: str, status: str
) -> None:
    objectives = tmp_path / "o.yaml"
    objectives.write_text("version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 1 %}\n", encoding="utf-8")
    port = str(free_port())
    words = [*workers, port, "--master-port", port] if workers else []
    words += ["-f", str(LEAVING), "-H", demo.url, "-u", "10", "-r", "10", "-t", "8s", "--objectives", str(objectives)]
    done = locust(tmp_path / "reports", *words, env={"LEAVE": leave})
    assert done.reached(status), done.out + done.err
    assert done.run.requested_load == RequestedLoad(10, 10)
    assert [round(one.planned or 0) for one in offered_load(done.run)] == [
        round(RequestedLoad(10, 10).user_seconds(done.run.duration_s))
    ]
    if status == "WARNING":
        assert "10 users ended by themselves (StopUser)" in done.verdict["reason"]
        assert "the run (requested: 10 users, 10 more each second) offered" in done.verdict["reason"]
