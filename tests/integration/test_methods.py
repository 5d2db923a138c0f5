"""An endpoint is a method and a name: requests of two methods to one path are measured and judged apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slo.metrics.endpoint import Endpoint
from tests.support.cluster import own_port
from tests.support.processes import Demo, locust

LOCUSTFILE = """
from locust import FastHttpUser, HttpUser, constant, task

import slo.plugin
from slo.lean import LeanHttpUser

class Guest({client}):
    wait_time = constant(0.02)

    @task
    def ask(self):
        with self.client.get("/health/live", catch_response=True) as response:
            slo.plugin.check(response, "is alive", response.status_code == 200)
        with self.client.post("/health/live", catch_response=True) as response:
            slo.plugin.check(response, "is alive", response.status_code == 200)
        slo.plugin.check("/health/live", "is asked", True)
        self.client.get("/health/ready")
"""
OBJECTIVES = """version: 1
objectives:
  - {name: reading, indicator: errors.ratio, endpoint: /health/live, method: GET, target: 1 %, priority: P0}
  - {name: writing, indicator: errors.ratio, endpoint: /health/live, method: POST, target: 1 %}
  - {name: both, indicator: requests.count, endpoint: /health/live, target: 2}
  - {name: gone, indicator: errors.ratio, endpoint: /health/live, method: PUT, target: 1 %, priority: P2}
  - {name: shown, indicator: errors.ratio, endpoint: POST /health/live, target: 1 %, priority: P2}
"""


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("HttpUser", ()),
        ("FastHttpUser", ()),
        ("LeanHttpUser", ()),
        pytest.param("LeanHttpUser", ("--processes", "2"), marks=pytest.mark.slow),
    ],
    ids=["HttpUser", "FastHttpUser", "LeanHttpUser", "workers"],
)
def test_each_method_of_a_name_is_an_endpoint(client: str, words: tuple[str, ...], demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(client=client), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    done = locust(
        tmp_path / "reports",
        *("-f", tmp_path / "own.py", "-H", demo.url, "-u", 2, "-t", "4s", "--objectives", tmp_path / "o.yaml"),
        *("--report-formats", "html,markdown,junit,csv,hlog"),
        *words,
        *(own_port() if words else ()),
    )
    assert done.code == 1, done.out + done.err
    statuses = done.statuses()
    assert (statuses["reading"], statuses["writing"], statuses["both"]) == ("PASS", "FAIL", "PASS")
    reasons = {one["name"]: one["reason"] for one in done.verdict["results"]}
    assert reasons["gone"] == "no request to 'PUT /health/live' was made; the methods of these endpoints are GET, POST"
    assert reasons["shown"] == (
        "no request to 'POST /health/live' was made; an endpoint is its name: give `endpoint: /health/live` and "
        "`method: POST`"
    )
    run = done.run
    endpoints = [one for one in run.endpoints if isinstance(one, Endpoint) and one.method]
    assert [(str(one), one.method, one.name) for one in endpoints] == [
        ("GET /health/live", "GET", "/health/live"),
        ("POST /health/live", "POST", "/health/live"),
        ("/health/ready", "GET", "/health/ready"),
    ]
    reading, writing = (run.tally(f"{method} /health/live".__eq__) for method in ("GET", "POST"))
    assert reading.requests > 5
    assert abs(reading.requests - writing.requests) <= 2  # those that were stopped in between
    assert (reading.errors, writing.errors) == (0, writing.requests)
    assert reading.checks["is alive"][1] == writing.checks["is alive"][0] == 0
    data = json.loads((done.folder / "run.json").read_text(encoding="utf-8"))
    assert data["version"] == 2
    methods = {method for one in data["intervals"] for method in one["endpoints"].get("/health/live", ())}
    assert {"GET", "POST"} <= methods <= {"GET", "POST", ""}
    rows = (done.folder / "endpoints.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [
        *([["/health/live", ""]] if "/health/live" in run.endpoints else []),
        ["GET /health/live", "GET"],
        ["POST /health/live", "POST"],
        ["/health/ready", "GET"],
        ["all", ""],
    ]
    for file in ("report.html", "report.md"):
        assert "POST /health/live" in (done.folder / file).read_text(encoding="utf-8"), file
    assert "POST /health/live" in done.out
    assert "Tag=POST_/health/live," in (done.folder / "latency.hlog").read_text(encoding="utf-8")
