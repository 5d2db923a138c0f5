"""A fault in a run reaches a receiver, and its end does, too."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from slo.objectives.objectives import load
from slo.prometheus.rules import rules
from tests.support.alertmanager import alertmanager, with_alertmanager
from tests.support.cluster import free_port
from tests.support.processes import HOTEL, ROOT, Demo, Locust
from tests.support.prometheus import Prometheus, needed
from tests.support.receiver import Listener

OBJECTIVES = ROOT / "slo" / "hotel.yaml"


def handing_all_to(webhook: str, file: Path) -> Path:
    """Write a configuration that hands all alerts to ``webhook``, at once."""
    config = {
        "route": {"receiver": "test", "group_wait": "1s", "group_interval": "1s", "group_by": ["..."]},
        "receivers": [{"name": "test", "webhook_configs": [{"url": webhook, "send_resolved": True}]}],
    }
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


@needed
@with_alertmanager
@pytest.mark.slow
def test_a_fault_in_a_spike_reaches_a_receiver_and_its_end_too(tmp_path: Path) -> None:
    demo, port = Demo(), free_port()
    (tmp_path / "rules.yml").write_text(rules(load(OBJECTIVES), 600, "slo/hotel.yaml")[0], encoding="utf-8")
    name = "error rate (429 aside)"

    def told(status: str) -> bool:
        return any(
            one["status"] == status
            and (one["labels"].get("objective"), one["labels"]["alertname"]) == (name, "SloBudgetBurns")
            for sent in webhook.heard
            for one in sent.document["alerts"]
        )

    with (
        Listener() as webhook,
        alertmanager(handing_all_to(webhook.url, tmp_path / "alertmanager.yml")) as address,
        Prometheus(tmp_path / "p", {"slo": f"127.0.0.1:{port}"}, [tmp_path / "rules.yml"], address) as prometheus,
    ):
        words = ("--scenario", "spike", "--time-scale", "0.5", "--user-scale", "0.2", "--objectives", OBJECTIVES)
        run = Locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words, "--prometheus-port", port)
        try:
            prometheus.await_(lambda: prometheus.number("sum(locust_slo_requests_total) > 20"))
            time.sleep(3)
            assert not told("firing")
            demo.faults(error_ratio=0.5)
            prometheus.await_(lambda: told("firing"))
            demo.faults(error_ratio=0)
            prometheus.await_(lambda: told("resolved"), timeout_s=120)
        finally:
            run.process.kill()
            run.process.wait()
            demo.stop()
