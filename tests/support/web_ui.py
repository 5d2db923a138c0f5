"""Locust's web UI with the SLO page, over HTTP."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from slo.text import schemas
from tests.support.cluster import free_port
from tests.support.processes import HOTEL, ROOT, Demo, Locust
from tests.support.waiting import wait_for


class Page:
    """Locust's web UI, as a browser talks to it."""

    def __init__(
        self,
        reports: Path,
        target: Demo | str,
        *words: object,
        locustfile: Path = HOTEL,
        ready: str = "/",
        scaled: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        port = self.url.rpartition(":")[2]
        host = target if isinstance(target, str) else target.url
        own = ("-f", locustfile, "-H", host, "--web-host", "127.0.0.1", "--web-port", port)
        scale = ("--time-scale", "0.05") if scaled else ()
        self.locust = Locust(reports, *own, *scale, *words, headless=False, env=env)
        wait_for(lambda: self.get(ready))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=60) as response:
            return str(response.read().decode())

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        body = urllib.parse.urlencode(form, doseq=True).encode()
        with urllib.request.urlopen(self.url + path, body, timeout=60) as response:
            return dict(json.loads(response.read()))

    def post_text(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, b"", timeout=60) as response:
            return str(response.read().decode())

    def template(self) -> dict[str, Any]:
        found = re.search(r"window\.templateArgs = (\{.*\})", self.get("/"))
        assert found, "Locust's page changed: where are its template arguments?"
        return dict(json.loads(found[1]))

    def stop(self) -> None:
        self.locust.process.send_signal(signal.SIGTERM)
        self.locust.wait(20)


def verdicts(reports: Path) -> list[dict[str, Any]]:
    files = sorted(path for path in reports.glob("*/verdict.json") if not path.parent.is_symlink())
    return [json.loads(path.read_text()) for path in files]


LOGIN = ROOT / "tests" / "locustfiles" / "login.py"


def picture(page: Page, base: str = "") -> dict[str, Any]:
    data = json.loads(page.get(f"{base}/slo/verdict"))
    Draft202012Validator(schemas.load("live")).validate(data)
    return dict(data)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def start(page: Page, demo: Demo, scenario: str, time_scale: float = 0.03) -> None:
    answer = page.post("/swarm", host=demo.url, scenario=scenario, time_scale=time_scale, user_scale="0.2")
    assert answer["success"], answer


def finished(page: Page, count: int) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        now = picture(page)
        return now if now["state"] == "finished" and len(now["finished"]) == count else None

    return dict(wait_for(ended))
