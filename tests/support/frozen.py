"""A server that stands still for 2 s every 10 s, counted from its first request, and else answers in 20 ms.

``python -m tests.support.frozen`` prints its URL and stops when stdin ends.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import gevent

from demo.server import Server

PERIOD_S = 10.0
FROZEN_S = 2.0
SERVICE_S = 0.02


class Frozen:
    """The application; answers any number of requests at once."""

    def __init__(self) -> None:
        self._first_s: float | None = None

    def __call__(self, _: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one request, when the server moves again (a WSGI application)."""
        now_s = time.perf_counter()
        if self._first_s is None:
            self._first_s = now_s
        gevent.sleep(answered_s(now_s - self._first_s) - (now_s - self._first_s))
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]


def answered_s(asked_s: float, service_s: float = SERVICE_S) -> float:
    """Return when a request that comes at ``asked_s`` is answered, in seconds after the first one."""
    frozen_s = asked_s % PERIOD_S
    return asked_s + (FROZEN_S - frozen_s if frozen_s < FROZEN_S else 0.0) + service_s


if __name__ == "__main__":
    server = Server("127.0.0.1", 0, Frozen())
    server.run(lambda: print(server.url, flush=True), exit_with_stdin=True)
    sys.exit(0)
