"""The web UI: its start form chooses the scenario, its class picker knows every user and shape."""

from __future__ import annotations

import functools
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.support.processes import Demo
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, verdicts


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


class Attacker(BaseHTTPRequestHandler):
    """A host that keeps what is sent to it."""

    authorizations: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.authorizations.append(self.headers.get("Authorization"))
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_typed_host_gets_no_secret(demo: Demo, tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Attacker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = Page(tmp_path / "reports", demo, "--target-metrics", "/metrics", env={"ADMIN_TOKEN": "t0ken-of-admin"})
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            page.post("/swarm", host=url, scenario="soak", time_scale="0.002", user_scale="1", think_time="0")
            wait_for(lambda: verdicts(page.locust.reports))
            assert len(Attacker.authorizations) > 20
            assert set(Attacker.authorizations) == {None}
            assert page.locust.text()[1].count("ADMIN_TOKEN is not sent to http://127.0.0.1:") >= 1
        finally:
            page.stop()
            server.shutdown()


@pytest.mark.parametrize("path", ["/swarm", "/stop", "/stats/reset"])
def test_another_sites_page_cannot_start_or_stop_a_test(path: str, demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
            request = urllib.request.Request(page.url + path, b"host=http://evil.example&user_count=1", headers)
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=60)
            assert caught.value.code == 403
            assert b"another site's page" in caught.value.read()
        assert json.loads(page.get("/stats/requests"))["state"] == "ready"
    finally:
        page.stop()


def test_the_form_refuses_what_the_command_line_refuses_and_says_why(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        for field, value in (("time_scale", "0"), ("think_time", "nan"), ("user_scale", "1e308"), ("scenario", "lod")):
            answer = page.post("/swarm", host=demo.url, **{"scenario": "smoke", field: value})
            assert not answer["success"]
            assert f"--{field.replace('_', '-')} is " in answer["message"], answer
        answer = page.post("/swarm", host="http://x\x1b[31m\n::error::", scenario="smoke")
        assert "is no base URL" in answer["message"]
        assert json.loads(page.get("/stats/requests"))["state"] == "ready"
        assert "\x1b[31m" not in "".join(page.locust.text())
        # What the page itself sends: each option with the value that it filled in.
        options = page.template()["extra_options"]
        filled = {name: option["default_value"] for name, option in options.items()}
        sent = {name: value if isinstance(value, str) else json.dumps(value) for name, value in filled.items()}
        sent = {**sent, "user_count": "0", "spawn_rate": "0", "run_time": "", "host": demo.url}
        answer = page.post("/swarm", **{**sent, "scenario": "smoke", "time_scale": "0.02"})
        assert answer["success"], answer
        wait_for(lambda: verdicts(page.locust.reports))
    finally:
        page.stop()
