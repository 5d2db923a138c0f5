"""The services of docker-compose.yml and the Kubernetes test, each command run as the file has it."""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from slo.record import run as runs
from slo.record.run import Run
from tests.support.cluster import free_port
from tests.support.deployment import CONFIG_MAP, LOCUST_TEST, SECRETS, SERVICES, instruction, interpolated
from tests.support.processes import ROOT, Demo, environment, locust
from tests.support.waiting import wait_for
from tests.support.web_ui import verdicts


class Stand:
    """Processes with the words and the environment of services, on ports of their own."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.reports = folder / "reports"
        self._env = env
        self._folder = folder
        self._ports = {port: free_port() for port in ("8000", "8001", "8089", "5557", "9646", "9090", "9093")}
        self._processes: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.url = f"http://127.0.0.1:{self._ports['8089']}"

    def here(self, word: str) -> str:
        """Return a service's word with hosts and ports that are ours."""
        word = interpolated(word, self._env)
        if word in SERVICES or word == "0.0.0.0":
            return "127.0.0.1"
        word = re.sub(rf"(?<=//)(?:{'|'.join(SERVICES)}|127\.0\.0\.1)(?=:[89]0)", "127.0.0.1", word)
        return re.sub(
            r"(?<![\w.])(8000|8001|8089|9646|9090|9093)(?!\w)", lambda found: str(self._ports[found[1]]), word
        )

    def words(self, given: list[str]) -> list[str]:
        programs = {"python": [sys.executable], "locust": [sys.executable, "-m", "locust"]}
        return [*programs[given[0]], *map(self.here, given[1:])]

    def start(self, name: str, entrypoint: list[str], command: list[str], env: Mapping[str, str]) -> None:
        """Start a process; the ports that the words leave to Locust's defaults come by environment."""
        ports = {
            "LOCUST_WEB_HOST": "127.0.0.1",
            "LOCUST_WEB_PORT": str(self._ports["8089"]),
            "LOCUST_MASTER_BIND_HOST": "127.0.0.1",
            "LOCUST_MASTER_BIND_PORT": str(self._ports["5557"]),
            "LOCUST_MASTER_NODE_PORT": str(self._ports["5557"]),
            "LOCUST_SLO_REPORTS_DIR": str(self.reports),
        }
        with (self._folder / f"{len(self._processes)}-{name}.log").open("wb") as log:
            process = subprocess.Popen(
                self.words([*entrypoint, *command]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(**ports, **env),
                cwd=ROOT,
            )
        self._processes.append((name, process))

    def up(self, name: str) -> None:
        """Start a service and wait until its own healthcheck finds it healthy."""
        service = SERVICES[name]
        given = {key: interpolated(value, self._env) for key, value in service.get("environment", {}).items()}
        self.start(name, service.get("entrypoint") or json.loads(instruction("ENTRYPOINT")), service["command"], given)
        if "healthcheck" in service:
            check = self.words(service["healthcheck"]["test"][1:])
            wait_for(lambda: subprocess.run(check, capture_output=True, check=False, timeout=60).returncode == 0)

    def ask(self, path: str, **form: Any) -> dict[str, Any]:
        body = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(self.url + path, body, timeout=60) as response:
            return dict(json.loads(response.read()))

    def await_workers(self, number: int) -> None:
        wait_for(lambda: len(self.ask("/stats/requests")["workers"]) == number)

    def requests(self) -> int:
        """Return how many requests the workers reported, once each of them has a user."""
        stats = self.ask("/stats/requests")
        everyone = all(worker["user_count"] > 0 for worker in stats["workers"])
        return int(stats["stats"][-1]["num_requests"]) if everyone else 0

    def stop(self) -> Run:
        """Stop the run once all workers have sent requests, however long that takes; returns its record."""
        # Twice, because the first count may be of one worker alone.
        some = wait_for(self.requests)
        wait_for(lambda: self.requests() > some + 20)
        with urllib.request.urlopen(f"{self.url}/stop", b"", timeout=60) as response:
            assert response.status == 200
        wait_for(functools.partial(verdicts, self.reports))
        return runs.read(next(path for path in self.reports.iterdir() if path.is_dir() and not path.is_symlink()))

    def down(self) -> None:
        """Stop all, the last first, each within its grace period."""
        for name, process in reversed(self._processes):
            process.terminate()
            grace = SERVICES.get(name, {}).get("stop_grace_period", "30s")
            process.wait(timeout=float(grace.removesuffix("s")))

    def kill(self) -> None:
        for _, process in self._processes:
            process.kill()
            process.wait()

    def logs(self) -> str:
        return "\n".join(f"{file.name}:\n{file.read_text()}" for file in sorted(self._folder.glob("*.log")))


@contextmanager
def stand(folder: Path, **env: str) -> Iterator[Stand]:
    one = Stand(folder, **env)
    try:
        yield one
        one.down()
    except BaseException:
        print(one.logs())
        raise
    finally:
        one.kill()


def counted(run: Run, workers: int) -> None:
    """Assert that ``run`` was recorded whole."""
    assert run.ended.how == "stopped", run.ended
    assert len(run.workers) == workers
    assert all(worker.requests_sent > 0 for worker in run.workers)
    assert sum(worker.requests_sent for worker in run.workers) == run.tally().requests


def test_the_services_of_compose_make_a_run(tmp_path: Path) -> None:
    with stand(tmp_path, **dict.fromkeys(SECRETS, "hush-hush")) as one:
        for name in ("pms-mock", "hotel-api", "master", "worker", "worker"):
            one.up(name)
        one.await_workers(2)
        form = {"scenario": "spike", "time_scale": "0.2", "user_scale": "0.1"}
        answer = one.ask("/swarm", host=one.here("http://hotel-api:8000"), **form)
        assert answer["success"], answer
        run = one.stop()
        counted(run, workers=2)
        # The API asks for a signature once it has the secret: the workers have it too, and no report does.
        assert run.tally().errors == 0
        assert "whatsapp_webhook" in run.endpoints
        assert "hush-hush" not in "".join(path.read_text() for path in one.reports.glob("*/*.json"))


def test_base_url_overrides_the_target() -> None:
    command = SERVICES["master"]["command"]
    target = command[command.index("-H") + 1]
    assert interpolated(target, {}) == "http://hotel-api:8000"
    assert interpolated(target, {"BASE_URL": "https://api.example.com"}) == "https://api.example.com"


def test_the_locust_test_makes_a_run(demo: Demo, tmp_path: Path) -> None:
    """The operator gives the image's entrypoint --master or --worker, then the arguments; it mounts the ConfigMap."""
    for name, text in CONFIG_MAP["data"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    args = (
        LOCUST_TEST["spec"]["args"].replace("/home/locust", str(tmp_path)).replace("https://api.example.com", demo.url)
    )
    words = shlex.split(re.sub(r"(?<=--expect-workers )\d+", "2", args))
    quick = {"LOCUST_TIME_SCALE": "0.05", "LOCUST_USER_SCALE": "3", "LOCUST_THINK_TIME": "0.02"}
    entrypoint = json.loads(instruction("ENTRYPOINT"))
    with stand(tmp_path) as one:
        one.start("master", entrypoint, ["--master", *words], quick)
        for _ in range(2):
            one.start("worker", entrypoint, ["--worker", "--master-host", "127.0.0.1", *words], quick)
        one.await_workers(2)
        counted(one.stop(), workers=2)


@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus (Debian's package) is not installed")
def test_prometheus_and_alertmanager_start_as_compose_says(tmp_path: Path) -> None:
    """Debian's programs stand in for the images. Grafana is not run here: there is no package of it."""
    deploy, ports = str(ROOT / "deploy"), {"9090": str(free_port()), "9093": str(free_port())}
    config = (ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(config.replace("/etc/prometheus", f"{deploy}/prometheus"))

    def here(word: str) -> str:
        word = word.replace("/etc/prometheus/prometheus.yml", str(tmp_path / "prometheus.yml"))
        word = word.replace("/etc/alertmanager", f"{deploy}/alertmanager")
        return re.sub(r"path=/\w+$", f"path={tmp_path}/data", word)

    processes = []
    try:
        for name, port, program in (("prometheus", "9090", ["prometheus"]), ("alertmanager", "9093", [])):
            service = SERVICES[name]
            words = [*program, *map(here, [*service.get("entrypoint", []), *service["command"]])]
            env = {
                "ALERTMANAGER": "prometheus-alertmanager",
                "WORK": str(tmp_path / "work"),
                "PATH": os.environ["PATH"],
            }
            with (tmp_path / f"{name}.log").open("w") as log:
                address = f"--web.listen-address=127.0.0.1:{ports[port]}"
                processes.append(subprocess.Popen([*words, address], env=env, stdout=log, stderr=log, cwd=tmp_path))
            url = service["healthcheck"]["test"][-1].replace(port, ports[port])
            assert url.startswith("http://127.0.0.1:")
            wait_for(lambda url=url: urllib.request.urlopen(url, timeout=60).status == 200)  # type: ignore[misc]
        with urllib.request.urlopen(f"http://127.0.0.1:{ports['9090']}/api/v1/rules", timeout=60) as answer:
            assert len(json.loads(answer.read())["data"]["groups"]) == 3
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_the_headless_service_exits_with_the_verdict(demo: Demo, tmp_path: Path) -> None:
    service = SERVICES["test"]
    words = [interpolated(word, {"BASE_URL": demo.url}) for word in service["command"]]
    given = {key: interpolated(value, {}) for key, value in service["environment"].items()}
    done = locust(tmp_path / "reports", *words, env={**given, "LOCUST_TIME_SCALE": "0.05"})
    assert done.worked, done.out + done.err
    assert done.run.scenario == "smoke"
    assert done.verdict["status"] in ("PASS", "WARNING")
