"""Debian's Prometheus, a real one: scrapes each second, answers queries."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest
import yaml

from tests.support.cluster import free_port

T = TypeVar("T")
needed = pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus (Debian's package) is not installed")


class Prometheus:
    """A Prometheus of its own, in ``folder``, that scrapes ``targets`` (job -> host:port) each second."""

    def __init__(
        self, folder: Path, targets: Mapping[str, str], rules: Sequence[Path] = (), alertmanager: str = ""
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config: dict[str, Any] = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in targets.items()
            ],
            "rule_files": [str(file) for file in rules],
        }
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.url = f"http://127.0.0.1:{free_port()}"
        self._log = (folder / "log").open("w+", encoding="utf-8")
        words = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        words += [f"--web.listen-address={self.url.removeprefix('http://')}"]
        self.process = subprocess.Popen(["prometheus", *words], stdout=self._log, stderr=self._log, cwd=folder)
        self.await_(lambda: self.get("/-/ready"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()

    def get(self, path: str, **words: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(words)}", timeout=60) as answer:
            return str(answer.read().decode())

    def ask(self, query: str, at_s: float | None = None) -> list[dict[str, Any]]:
        """Return the result of an instant query: [{"metric": labels, "value": [time, text]}, ...]."""
        words = {"query": query} if at_s is None else {"query": query, "time": str(at_s)}
        answer = json.loads(self.get("/api/v1/query", **words))
        assert answer["status"] == "success", answer
        return list(answer["data"]["result"])

    def number(self, query: str, at_s: float | None = None) -> float | None:
        """Return the one number that a query has for an answer, None without one."""
        found = self.ask(query, at_s)
        return float(found[0]["value"][1]) if found else None

    def await_(self, look: Callable[[], T], timeout_s: float = 120) -> T:
        """Wait until ``look`` finds something; it may fail meanwhile."""
        ends_s, why = time.monotonic() + timeout_s, ""
        while time.monotonic() < ends_s:
            assert self.process.poll() is None, "Prometheus ended by itself"
            try:
                if found := look():
                    return found
            except OSError as error:
                why = str(error)
            time.sleep(0.2)
        raise AssertionError(f"waited in vain {why}")
