"""The identity of a generator process, by which a master checks whether a worker fits."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slo.text.option import flag
from slo.text.version import __version__

PROTOCOL = 1
"""Version of the messages between master and workers."""


def describe(locust_version: str, locustfiles: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return this process's identity as plain data; ``given`` are the load's options that it was started with."""
    digest = hashlib.sha256()
    for file in sorted(locustfiles, key=lambda name: Path(name).name):
        try:
            digest.update(Path(file).read_bytes())
        except OSError:
            digest.update(file.encode())
    return {
        "protocol": PROTOCOL,
        "locust_slo": __version__,
        "locust": locust_version,
        "python": platform.python_version(),
        "locustfile": digest.hexdigest(),
        "options": {name: str(value) for name, value in sorted(given.items())},
    }


def refusal(master: Mapping[str, Any], worker: Mapping[str, Any]) -> str:
    """Return why a worker cannot work for a master, in a sentence; empty when it can."""
    if worker.get("protocol") != master["protocol"] or worker.get("locust_slo") != master["locust_slo"]:
        theirs = worker.get("locust_slo", "another version")
        return f"it runs locust-slo {theirs}, the master {master['locust_slo']}: install the same version on both"
    return ""


def differences(master: Mapping[str, Any], worker: Mapping[str, Any]) -> list[str]:
    """Return what may make a worker's load differ from the master's, as the ends of sentences."""
    found = []
    if worker["locustfile"] != master["locustfile"]:
        found.append("has another locustfile than the master")
    if worker["locust"] != master["locust"]:
        found.append(f"runs Locust {worker['locust']}, the master {master['locust']}")
    for name, value in worker["options"].items():
        ours = master["options"].get(name)
        if value != ours:
            option = flag(name)
            there = f"with {option} {ours}" if ours is not None else f"without {option}"
            found.append(f"was started with {option} {value}, the master {there}: the master's holds")
    return found
