"""The web UI: its start form chooses the scenario, its class picker knows every user and shape."""

from __future__ import annotations

import functools
import json
import re
import signal
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.cluster import free_port
from tests.support.processes import HOTEL, Demo, Locust


class Page:
    """Locust's web UI, as a browser talks to it."""

    def __init__(
        self,
        reports: Path,
        demo: Demo,
        *words: object,
        locustfile: Path = HOTEL,
        ready: str = "/",
        scaled: bool = True,
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        port = self.url.rpartition(":")[2]
        own = ("-f", locustfile, "-H", demo.url, "--web-host", "127.0.0.1", "--web-port", port)
        scale = ("--time-scale", "0.05") if scaled else ()
        self.locust = Locust(reports, *own, *scale, *words, headless=False)
        wait_for(lambda: self.get(ready))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return str(response.read().decode())

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        body = urllib.parse.urlencode(form, doseq=True).encode()
        with urllib.request.urlopen(self.url + path, body, timeout=20) as response:
            return dict(json.loads(response.read()))

    def post_text(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, b"", timeout=20) as response:
            return str(response.read().decode())

    def template(self) -> dict[str, Any]:
        found = re.search(r"window\.templateArgs = (\{.*\})", self.get("/"))
        assert found, "Locust's page changed: where are its template arguments?"
        return dict(json.loads(found[1]))

    def stop(self) -> None:
        self.locust.process.send_signal(signal.SIGTERM)
        self.locust.wait(20)


def wait_for(question: Callable[[], Any], timeout_s: float = 30) -> Any:
    end = time.monotonic() + timeout_s
    while True:
        try:
            answer = question()
        except OSError:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def verdicts(reports: Path) -> list[dict[str, Any]]:
    files = sorted(path for path in reports.glob("*/verdict.json") if not path.parent.is_symlink())
    return [json.loads(path.read_text()) for path in files]


def verdicts_of(reports: Path, scenario: str) -> list[dict[str, Any]]:
    return [verdict for verdict in verdicts(reports) if verdict["scenario"] == scenario]


def test_the_start_form_chooses_the_scenario(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        choice = page.template()["extra_options"]["scenario"]
        assert choice["choices"] == ["smoke", "load", "stress", "spike", "soak", "none"]
        for scenario in ("smoke", "spike"):
            answer = page.post("/swarm", host=demo.url, scenario=scenario, time_scale="0.02", user_scale="0.1")
            assert answer["success"], answer
            found = wait_for(functools.partial(verdicts_of, page.locust.reports, scenario))
            assert found[0]["status"] in ("PASS", "WARNING"), found[0]
            wait_for(lambda: json.loads(page.get("/stats/requests"))["state"] == "stopped")
        # A run ended; the server goes on, so every verdict is printed as it comes.
        wait_for(lambda: page.locust.text()[0].count("exit code 0") == 2)
    finally:
        page.stop()


def test_the_class_picker_knows_every_user_and_shape(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo, "--class-picker")
    try:
        template = page.template()
        scenarios = ("Smoke", "Load", "Stress", "Spike", "Soak")
        assert set(template["available_user_classes"]) == {f"{name}User" for name in scenarios}
        assert {f"{name}Shape" for name in scenarios} <= set(template["available_shape_classes"])
        picked = {"user_classes": ["SpikeUser"], "shape_class": "SpikeShape"}
        answer = page.post("/swarm", host=demo.url, time_scale="0.02", user_scale="0.1", **picked)
        assert answer["success"], answer
        assert wait_for(lambda: verdicts(page.locust.reports))[0]["scenario"] == "spike"
    finally:
        page.stop()


def test_a_dead_host_in_the_form_is_refused(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        page.post("/swarm", host="http://127.0.0.1:9", scenario="smoke", time_scale="0.02", user_scale="1")
        verdict = wait_for(lambda: verdicts(page.locust.reports))[0]
        assert verdict["status"] == "NO DATA"
        assert "no answer from http://127.0.0.1:9/health/live" in verdict["reason"]
    finally:
        page.stop()
