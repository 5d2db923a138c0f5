"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_for(question: Callable[[], Any], timeout_s: float = 120) -> Any:
    end = time.monotonic() + timeout_s
    while True:
        try:
            answer = question()
        except OSError:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
