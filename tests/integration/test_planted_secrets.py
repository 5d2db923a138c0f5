"""Secrets planted wherever a locustfile can put them are in nothing that is written, shown or sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cluster import own_port
from tests.support.processes import Demo, Locust

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
