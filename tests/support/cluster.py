"""A master and its workers as processes of their own, each worker behind a wire that tests can cut."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from slo.record.run import Run
from tests.support.hosts import Hosts
from tests.support.processes import ROOT, Finished, Locust
from tests.support.wire import Wire

RAW = ROOT / "tests" / "locustfiles" / "raw.py"
SLOW_START = ROOT / "tests" / "locustfiles" / "slow_start.py"
LATE_CLOCK = ROOT / "tests" / "locustfiles" / "late_clock.py"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Sample:
    """A request as the process that made it wrote it down: real time at its end, latency, endpoint."""

    at: float
    latency_ms: float
    endpoint: str


def samples(folder: Path, name: str = "") -> list[Sample]:
    """Return what the workers whose name starts with ``name`` wrote down, in the order of time."""
    found = []
    for file in folder.glob(f"{name}*"):
        # A killed process may have written half a line.
        for line in file.read_text(encoding="utf-8").split("\n")[:-1]:
            at, latency_ms, endpoint = line.split(" ")
            found.append(Sample(float(at), float(latency_ms), endpoint))
    return sorted(found, key=lambda sample: sample.at)


class Cluster:
    """A master with ``words`` for the load, and workers started by name. All end with the block.

    On one machine each worker has a wire of its name to the master; with ``hosts`` the master runs on the
    host "master", each worker on the host of its name, and no wire is between them but the network.
    """

    def __init__(self, folder: Path, url: str, *words: object, expect: int = 2, hosts: Hosts | None = None) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.raw.mkdir()
        self.port = free_port()
        self.workers: dict[str, Locust] = {}
        self.wires: dict[str, Wire] = {}
        self._hosts = hosts
        self._address = hosts.address["master"] if hosts else "127.0.0.1"
        bind = ("--master-bind-host", self._address, "--master-bind-port", self.port, "--expect-workers", expect)
        inside = hosts.inside("master") if hosts else ()
        self.master = Locust(folder / "reports", "-f", RAW, "-H", url, *words, "--master", *bind, inside=inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for process in (self.master, *self.workers.values()):
            with contextlib.suppress(ProcessLookupError):
                process.process.kill()
            process.process.wait()
        for wire in self.wires.values():
            wire.close()

    def join(self, name: str, file: Path = RAW, env: Mapping[str, str] | None = None) -> Locust:
        """Start a worker that its master knows as ``name``."""
        port, inside = self.port, self._hosts.inside(name) if self._hosts else ()
        if not self._hosts:
            self.wires[name] = Wire(self.port)
            port = self.wires[name].port
        words = ("-f", file, "--worker", "--master-host", self._address, "--master-port", port)
        own = {"WORKER_NAME": name, "RAW_DIR": str(self.raw), **(env or {})}
        self.workers[name] = Locust(self.folder / name, *words, headless=False, env=own, inside=inside)
        return self.workers[name]

    def await_load(self, name: str, requests: int = 20, timeout_s: float = 120) -> None:
        """Wait until the worker ``name`` made so many requests."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if len(samples(self.raw, name)) >= requests:
                return
            time.sleep(0.05)
        raise AssertionError(f"{name} sends no load: {self.said()}")

    def await_end(self, timeout_s: float = 120) -> Finished:
        """Wait for the master's end; its record must add up, and nothing of ours may have crashed."""
        done = self.master.wait(timeout_s)
        said = self.said()
        assert "Traceback" not in said, said
        adds_up(done.run)
        return done

    def await_workers(self, *names: str, timeout_s: float = 120) -> list[int]:
        """Wait for the end of the workers ``names``; returns their exit codes."""
        return [self.workers[name].wait(timeout_s).code for name in names]

    def said(self) -> str:
        """All that its processes wrote, for messages of failed tests."""
        parts = []
        for name, process in (("master", self.master), *self.workers.items()):
            parts += [f"--- {name}, {kind}:\n{text}" for kind, text in zip(("out", "err"), process.text(), strict=True)]
        return "\n".join(parts)


def counted(run: Run) -> Counter[str]:
    """Return how many requests of each endpoint the record holds."""
    return Counter({name: run.tally(name.__eq__).requests for name in run.endpoints})


def made(found: list[Sample]) -> Counter[str]:
    """Return how many requests of each endpoint were written down."""
    return Counter(sample.endpoint for sample in found)


def answered(metrics: str) -> Counter[str]:
    """Return how many requests of each endpoint the API counted, from the text of its /metrics.

    A scrape is counted when it is answered: it is not in its own text, but in the next one's.
    """
    counts: Counter[str] = Counter()
    for endpoint, count in re.findall(r'^http_requests_total\{endpoint="(\w+)".*\} (\S+)$', metrics, re.MULTILINE):
        counts[endpoint] += int(float(count))
    return counts


def adds_up(run: Run) -> None:
    """What arrived from each worker is what the record holds, to the request."""
    received = {worker.name: worker.requests_received for worker in run.workers}
    assert sum(received.values()) == run.tally().requests, received


def lost_nothing(cluster: Cluster, done: Finished) -> None:
    """The run is complete, and its record holds every request that its workers wrote down."""
    assert done.run.ended.how == "completed", cluster.said()
    assert done.worked, cluster.said()
    assert counted(done.run) == made(samples(cluster.raw))
    assert all(worker.finished for worker in done.run.workers)
    assert all(worker.requests_sent == worker.requests_received for worker in done.run.workers)


def silences_s(run: Run, name: str) -> list[float]:
    """Return every number of seconds in the notes that name the worker ``name``; there is such a note."""
    full = worker_named(run, name)
    notes = [note for note in run.notes if full in note]
    assert notes, f"no note names {full}: {run.notes}"
    return [float(number) for note in notes for number in re.findall(r"(\d+(?:\.\d+)?) s\b", note)]


def worker_named(run: Run, name: str) -> str:
    """Return the full name of the worker that called itself ``name``."""
    found = [worker.name for worker in run.workers if worker.name.startswith(f"{name}_")]
    assert len(found) == 1, [worker.name for worker in run.workers]
    return found[0]


def out_of_time(run: Run, made: list[Sample], tolerance_s: float = 0.5) -> Iterator[str]:
    """Yield a sentence for each second in which the record does not hold what was made until then.

    Up to the end of each interval the record holds at least what was made ``tolerance_s`` before it, and at
    most what was made ``tolerance_s`` after it.
    """
    start = datetime.fromisoformat(run.started_at).timestamp()
    at = [sample.at - start for sample in made]
    ends = sorted({interval.end_ms for interval in run.intervals})
    for end_ms in ends:
        counted = sum(t.requests for i in run.intervals if i.end_ms <= end_ms for _, t in i.tallies())
        least = sum(1 for one in at if one <= end_ms / 1000 - tolerance_s)
        most = sum(1 for one in at if one <= end_ms / 1000 + tolerance_s)
        if not least <= counted <= most:
            yield f"{end_ms / 1000:g} s: {counted} in the record, {least} to {most} were made"


def alive(pid: int) -> bool:
    """Whether the process ``pid`` still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def own_port() -> tuple[object, ...]:
    """Return the options that keep a master and its processes apart from other tests'."""
    port = free_port()
    return "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port
