"""One guest who asks with LeanHttpUser's client, with FastHttpUser's, and over a bare socket, in turn.

It prints the three median latencies; the bare socket shows how long the server took.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

import gevent.socket
from locust import events, task

from locustfiles.guest import fast_client
from slo.lean import LeanHttpUser

bare_ms: list[float] = []
WARM_UP = 20
"""Requests of each client that do not count: connections are made, code is read for the first time."""


class Guest(LeanHttpUser):
    """Never has more than one request under way: the server is idle."""

    def on_start(self) -> None:
        """Get the other client too."""
        self.fast = fast_client(self)
        server = urlsplit(self.host or "")
        self.socket = gevent.socket.create_connection((server.hostname, server.port))

    @task
    def ask(self) -> None:
        """One request by each way."""
        for name, client in (("lean", self.client), ("fast", self.fast)):
            client.request("GET", "/", name=name)
        started = time.perf_counter()
        self.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.socket.recv(65536)
        bare_ms.append((time.perf_counter() - started) * 1000)


@events.init.add_listener
def listen(environment: Any, **_: Any) -> None:
    """Note each latency as Locust is told of it, and print the medians in the end."""
    latencies_ms: dict[str, list[float]] = {"lean": [], "fast": [], "bare": bare_ms}

    def note(name: str, response_time: float, exception: object, **_: Any) -> None:
        if exception is None:
            latencies_ms[name].append(response_time)

    def say(**_: Any) -> None:
        print(
            json.dumps({name: statistics.median(found[WARM_UP:]) for name, found in latencies_ms.items()}), flush=True
        )

    environment.events.request.add_listener(note)
    environment.events.quitting.add_listener(say)
