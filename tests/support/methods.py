"""A run with two methods of one name."""

from __future__ import annotations

from typing import Any

from slo.measure.recorder import Recorder
from slo.record.run import Run
from tests.support.made import Clock, made


def two_methods(posted_ms: float = 300.0, methods: bool = True, **fields: Any) -> Run:
    """Return a run with 40 GET requests of 5 ms and 40 POST requests to one path; ``methods``: they are known."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(40):
            recorder.request(("GET" if methods else None, "/x"), 5.0, 1)
            recorder.request(("POST" if methods else None, "/x"), posted_ms, 1)
            clock.now += 1

    return made(fill, **fields)
