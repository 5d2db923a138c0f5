"""Alertmanager, as the repository configures and starts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cluster import free_port
from tests.support.processes import ROOT

START = ROOT / "deploy" / "alertmanager" / "start.sh"
with_amtool = pytest.mark.skipif(not shutil.which("amtool"), reason="amtool (prometheus-alertmanager) is not installed")
with_alertmanager = pytest.mark.skipif(
    not shutil.which("prometheus-alertmanager"), reason="prometheus-alertmanager is not installed"
)


def promtool(*words: object, cwd: Path = ROOT) -> str:
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def filled(work: Path, **env: str) -> Path:
    """Return the configuration that start.sh makes of this environment."""
    own = {"PATH": os.environ["PATH"], "WORK": str(work), "ALERTMANAGER": "true", **env}
    subprocess.run([str(START)], env=own, check=True)
    return work / "alertmanager.yml"


@contextmanager
def alertmanager(config: Path) -> Iterator[str]:
    """Start Debian's Alertmanager with this configuration; yields its address."""
    folder, address = config.parent, f"127.0.0.1:{free_port()}"
    words = [f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address="]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["prometheus-alertmanager", *words, f"--web.listen-address={address}"], stdout=log, stderr=log, cwd=folder
        )
        try:
            yield address
        finally:
            process.kill()
            process.wait()


def response_body(request: str | urllib.request.Request) -> bytes:
    """Return what is answered, nothing where nobody is there yet."""
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read() or b" "
    except OSError:
        return b""


def active_alerts(address: str) -> dict[str, tuple[str, list[str]]]:
    """Return the state of each alert, and who is told."""
    known = json.loads(response_body(f"http://{address}/api/v2/alerts"))
    return {
        f"{one['labels']['alertname']} {one['labels'].get('burn', '')}".strip(): (
            one["status"]["state"],
            [to["name"] for to in one["receivers"]],
        )
        for one in known
    }
