"""Nobody's code turns a miss into a pass: a fault at every place of a locustfile, in real runs."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest

from tests.support import planted
from tests.support.cluster import free_port, own_port
from tests.support.planted import FAULTS, PLACES, Plant
from tests.support.processes import Demo, locust

CLIENTS = ("HttpUser", "FastHttpUser")
AGAIN = ("request", "before", "task")
"""Places that a run reaches many times."""
ALL = [
    Plant(place, fault, 3 if place in AGAIN else 1, CLIENTS[number % 2], misses, processes)
    for number, (place, fault, misses, processes) in enumerate(
        (*product(PLACES, FAULTS, (False, True), (1, 2)), *product(PLACES, FAULTS, (True,), (3,)))
    )
    # A master that has quit before it waits for its workers waits for ever, without us, too (Locust 2.47).
    if (place, fault) != ("init", "runner.quit()") or processes == 1
]
SOME = [random.Random(place).choice([one for one in ALL if one.place == place]) for place in PLACES]


@pytest.mark.parametrize("plant", SOME, ids=str)
def test_a_planted_fault_never_makes_a_miss_a_pass_nor_loses_a_count(plant: Plant, demo: Demo, tmp_path: Path) -> None:
    planted.check(plant, *planted.run(plant, demo, tmp_path))


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("test_stop", "NO DATA"),
        ("quitting", "CRITICAL"),
        pytest.param("on_stop", "NO DATA", marks=pytest.mark.slow),
        pytest.param("test_stopping", "NO DATA", marks=pytest.mark.slow),
        pytest.param("quit", "CRITICAL", marks=pytest.mark.slow),
    ],
)
def test_a_process_that_waits_for_ever_after_the_load_is_ended_by_signals(
    place: str, status: str, demo: Demo, tmp_path: Path
) -> None:
    done = planted.hang(place, demo, tmp_path)
    said = done.out + done.err
    assert done.code == {"NO DATA": 143, "CRITICAL": 2}[status], said
    assert done.run.tally("home".__eq__).requests > 0, said
    assert done.verdict["status"] == status, said


@pytest.mark.long
@pytest.mark.parametrize("plant", ALL, ids=str)
def test_every_planted_fault(plant: Plant, demo: Demo, tmp_path: Path) -> None:
    planted.check(plant, *planted.run(plant, demo, tmp_path))


BROKEN = """
import slo.plugin
from locust import HttpUser, constant, task

class Guest(HttpUser):
    wait_time = constant(0.1)
    network_timeout = 1.0

    @task
    def ask(self):
        self.client.get("/", name="home", timeout=1.0)
"""


def garbage(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(b"\x00\xff this is no HTTP \x1b[31m\r\n\r\n")
    connection.close()


def silence(connection: socket.socket) -> None:
    connection.recv(1000)
    time.sleep(30)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["dead", "no such name", "no port", "TLS", "garbage", "hanging"])
def test_a_target_that_is_none_is_never_a_pass(kind: str, processes: int, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "o.yaml").write_text(planted.OBJECTIVES, encoding="utf-8")
    with serving(garbage if kind in ("garbage", "TLS") else silence) as port:
        url = {
            "dead": f"http://127.0.0.1:{free_port()}",
            "no such name": "http://no.such.name.invalid",
            "no port": "http://127.0.0.1:99999",
            "TLS": f"https://127.0.0.1:{port}",
        }.get(kind, f"http://127.0.0.1:{port}")
        words = ["-f", tmp_path / "own.py", "-H", url, "-t", "3s", "--objectives", tmp_path / "o.yaml"]
        words += ["--processes", processes, *own_port()] if processes > 1 else []
        done = locust(tmp_path / "reports", *words)
    if kind == "no port":  # Locust's client refuses to make a request
        assert (done.code, done.verdict["status"]) == (3, "NO DATA"), done.out + done.err
        return
    assert (done.code, done.verdict["status"]) == (2, "CRITICAL"), done.out + done.err
    assert done.run.tally().errors == done.run.tally().requests > 0
    assert "\x1b" not in done.out


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve TCP on a free port, each connection by ``answer`` in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield int(listener.getsockname()[1])
