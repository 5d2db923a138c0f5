"""Where a run is shown beside its files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from locust.env import Environment

from slo.measure.run_description import RunDescription
from slo.record.ending import COMPLETED
from slo.record.target import Target
from slo.reports.notifier import Notifier
from slo.runtime.engine import Engine
from slo.runtime.outputs import Outputs
from slo.runtime.run_store import RunStore
from tests.support.made import demanding

OPTIONS = {
    "headless": True, "notify": "", "notify_on": "always", "notify_format": "json",
    "prometheus_port": 0, "prometheus_host": "127.0.0.1", "prometheus_push": "",
}  # fmt: skip


def outputs(folder: Path, **options: Any) -> tuple[Outputs, Engine, Namespace]:
    parsed = Namespace(**{**OPTIONS, **options})
    engine = Engine(demanding("indicator: latency.p95, target: 1 s"), RunStore(folder))
    return Outputs(Environment(parsed_options=parsed), engine, list), engine, parsed


def test_a_webhook_that_cannot_be_ends_the_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        outputs(tmp_path, notify="nowhere")
    assert caught.value.code == 3
    assert "no load was sent" in capsys.readouterr().err


def test_secrets_are_not_sent_to_workers(tmp_path: Path) -> None:
    _, _, parsed = outputs(tmp_path, notify="https://hooks.test/s3cret")
    assert parsed.notify == ""


def test_the_verdict_of_a_finished_run_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(Notifier, "send", lambda self, run, verdict: sent.append(verdict.status))
    one, engine, _ = outputs(tmp_path, notify="https://hooks.test/s3cret")
    one.publish()
    assert sent == []
    engine.begin(RunDescription("shop", None, Target(""))).recorder.request("home", 20.0, 5)
    engine.end(COMPLETED)
    one.publish()
    assert sent == ["PASS"]
