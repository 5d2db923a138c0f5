"""Secrets planted wherever a locustfile can put them are in nothing that is written, shown or sent."""

from __future__ import annotations

import json
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.cluster import free_port, own_port
from tests.support.processes import Demo, Locust
from tests.support.receiver import Answer, Listener, Receiver
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, picture

LOCUSTFILE = """
import os

from locust import FastHttpUser, HttpUser, constant, task

import slo.plugin
from slo.lean import LeanHttpUser

TOKEN = os.environ["SHOP_API_TOKEN"]

class Guest({client}):
    wait_time = constant(0.1)

    @task
    def ask(self):
        self.client.get("/health/live?access_token=in-the-query-1")
        self.client.get("/nowhere?password=in-the-query-2", headers={{"Authorization": "Bearer in-the-header-1"}})
        with self.client.get("/health/live", name=f"home {{TOKEN}}", catch_response=True) as response:
            slo.plugin.check(response, f"check {{TOKEN}}", True)
            response.failure(f"answered {{TOKEN}}, Authorization: Bearer in-the-body-01, client_secret=in-the-body-02")
        raise ValueError(f"no access with {{TOKEN}} at https://me:in-the-url-01@example.com/?api_key=in-the-url-02")
"""
ECHOED = """
import os

from locust import HttpUser, constant, task

import slo.plugin

TOKEN = os.environ["SHOP_API_TOKEN"]

class Guest(HttpUser):
    wait_time = constant(0.1)

    @task
    def ask(self):
        words = {"name": "echo", "params": {"access_token": "in-the-query-1"}, "catch_response": True}
        headers = {"Authorization": "Bearer in-the-header-1", "X-Key": TOKEN}
        with self.client.post("/echo", json={"password": "in-the-body-01"}, headers=headers, **words) as response:
            slo.plugin.check(response, f"said {response.text}", False)
            response.failure(f"answered {response.text}")
        raise ValueError(response.text)
"""
PLANTED = (
    "s3cret-of-the-environment",
    "in-the-host-01",
    *("in-the-query-1", "in-the-query-2", "in-the-header-1", "in-the-body-01", "in-the-body-02"),
    *("in-the-url-01", "in-the-url-02"),
)
OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 5 %}\n"


@pytest.mark.parametrize(
    ("client", "processes"),
    [
        ("LeanHttpUser", ()),
        pytest.param("HttpUser", (), marks=pytest.mark.slow),
        pytest.param("FastHttpUser", (), marks=pytest.mark.slow),
        pytest.param("LeanHttpUser", ("--processes", 2), marks=pytest.mark.slow),
    ],
)
def test_no_output_has_a_planted_secret(client: str, processes: tuple[object, ...], demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(client=client), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    host = demo.url.replace("//", "//me:in-the-host-01@")
    words = ["-f", tmp_path / "own.py", "-H", host, "-u", 1, "-t", "3s", "--objectives", tmp_path / "o.yaml"]
    words += [*processes, *(own_port() if processes else ()), "--loglevel", "DEBUG", "--trace-context"]
    words += ["--report-formats", "html,markdown,junit,csv,hlog", "--csv", tmp_path / "csv" / "locust"]
    (tmp_path / "csv").mkdir()
    env = {"SHOP_API_TOKEN": "s3cret-of-the-environment"}
    done = Locust(tmp_path / "reports", *words, env=env).wait()
    assert done.run.tally().requests > 5, done.out + done.err
    files = [path for folder in (done.folder, tmp_path / "csv") for path in folder.rglob("*") if path.is_file()]
    written = {str(path): path.read_text(encoding="utf-8") for path in files} | {"out": done.out, "err": done.err}
    assert len(written) > 8
    found = [(place, secret) for place, text in written.items() for secret in PLANTED if secret in text]
    assert found == []
    assert "***" in written["err"]


SECRET_OF_THE_HOOK = "in-the-webhook-01"


def echo(request: BaseHTTPRequestHandler, body: bytes) -> Answer:
    """Answer with all that was sent, as a server that reports errors in too much detail does."""
    shown = json.dumps({"url": request.path, "headers": dict(request.headers), "body": body.decode()})
    return 500, {"Content-Type": "application/json"}, shown.encode()


def test_nothing_that_is_served_or_sent_has_a_planted_secret(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(ECHOED, encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    port = free_port()
    with Receiver(echo) as target, Listener() as inbox:
        words: list[object] = ["--objectives", tmp_path / "o.yaml", "-u", 1, "-t", "4s", "--autostart"]
        words += ["--prometheus-port", port, "--loglevel", "DEBUG", "--notify-format", "json"]
        words += ["--notify", f"{inbox.url}/{SECRET_OF_THE_HOOK}"]
        page = Page(
            tmp_path / "reports",
            target.url.replace("//", "//me:in-the-host-01@"),
            *words,
            locustfile=tmp_path / "own.py",
            scaled=False,
            env={"SHOP_API_TOKEN": "s3cret-of-the-environment"},
        )
        try:
            wait_for(lambda: picture(page)["requests"] > 3)
            seen = {"run under way": served(page, port)}
            wait_for(lambda: picture(page)["state"] == "finished" and inbox.heard)
            seen["run ended"] = served(page, port)
        finally:
            page.stop()
        seen["notification"] = inbox.heard[0].text
    seen["out"], seen["err"] = page.locust.text()
    assert '"FAIL"' in seen["notification"]
    assert 'endpoint="echo"' in seen["run ended"]
    planted = (*PLANTED, SECRET_OF_THE_HOOK)
    found = [
        (place, text[max(0, text.find(secret) - 60) :][:100])
        for place, text in seen.items()
        for secret in planted
        if secret in text
    ]
    assert found == []


def served(page: Page, port: int) -> str:
    """Return all that the web UI and the exporter serve now."""
    paths = ("/slo/", "/slo/verdict", "/stats/requests", "/stats/failures/csv", "/exceptions", "/logs")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
        return "\n".join([response.read().decode(), *map(page.get, paths)])
