"""Workers that do not fit their master are refused, or named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slo.cluster import identity
from slo.cluster.delta_log import DeltaLog
from slo.cluster.protocol import MasterProtocol
from tests.support.made import Clock


def who(tmp_path: Path, text: str = "x", **given: Any) -> dict[str, Any]:
    file = tmp_path / "locustfile.py"
    file.write_text(text, encoding="utf-8")
    return identity.describe("2.47.0", [str(file)], given)


def test_equals_have_nothing_to_say(tmp_path: Path) -> None:
    assert identity.refusal(who(tmp_path), who(tmp_path)) == ""
    assert identity.differences(who(tmp_path), who(tmp_path)) == []


def test_another_version_is_refused(tmp_path: Path) -> None:
    other = {**who(tmp_path), "locust_slo": "9.9.9"}
    assert "it runs locust-slo 9.9.9, the master" in identity.refusal(who(tmp_path), other)
    assert "install the same version" in identity.refusal(who(tmp_path), {})


def test_what_differs_is_named(tmp_path: Path) -> None:
    master = who(tmp_path, time_scale=0.1)
    worker = {**who(tmp_path, "y", time_scale=0.5, user_scale=2.0), "locust": "2.46.0"}
    assert identity.differences(master, worker) == [
        "has another locustfile than the master",
        "runs Locust 2.46.0, the master 2.47.0",
        "was started with --time-scale 0.5, the master with --time-scale 0.1: the master's holds",
        "was started with --user-scale 2.0, the master without --user-scale: the master's holds",
    ]


def test_the_master_welcomes_refuses_and_remembers(tmp_path: Path) -> None:
    sent: list[tuple[str, Any, str]] = []
    master = MasterProtocol(who(tmp_path), lambda *message: sent.append(message), Clock())
    assert master.greet("good", {"identity": who(tmp_path), "asked_at_s": 7.0}) == ""
    wrong = {"identity": {**who(tmp_path), "locust_slo": "0"}, "asked_at_s": 8.0}
    assert "it runs locust-slo 0" in master.greet("wrong", wrong)
    assert master.greet("wrong", wrong) == ""  # said once
    welcomes = {worker: data for _, data, worker in sent}
    assert welcomes["good"] == {"asked_at_s": 7.0, "clock_s": 1000.0, "refused": ""}
    assert welcomes["wrong"]["refused"]
    assert master.accepted(["good", "wrong", "unknown"]) == ["good", "unknown"]
    ledger = DeltaLog("run-1")
    assert master.receive("wrong", {"run": "run-1", "deltas": [{}]}, ledger, 0.0) == []
    assert master.receive("good", {"run": "another", "deltas": [{}]}, ledger, 0.0) == []
    assert master.notes(["good", "unknown"]) == [
        f"worker wrong was refused: {welcomes['wrong']['refused']}",
        "worker unknown never introduced itself: does its locustfile import slo.plugin?",
    ]
