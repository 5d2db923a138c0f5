"""Which lines of Locust's log are left out while users are started."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from slo.runtime.log_filter import RampLogFilter


@pytest.fixture
def log_filter() -> Iterator[RampLogFilter]:
    made = RampLogFilter()
    yield made
    made.stop()


def record(level: int, text: str) -> logging.LogRecord:
    return logging.LogRecord("locust.runners", level, "runners.py", 1, text, None, None)


@pytest.mark.parametrize(
    ("level", "text", "logged"),
    [
        (logging.INFO, "Ramping to 5 users at a rate of 5.00 per second", False),
        (logging.INFO, "All users spawned: {}", False),
        (logging.INFO, "Stopping 5 users", True),
        (logging.WARNING, "Your selected spawn rate is very high (>100)", False),
        (logging.WARNING, "Ramping to 5 users is broken", True),
    ],
)
def test_a_ramp_is_left_out_and_every_other_warning_is_not(level: int, text: str, logged: bool) -> None:
    assert RampLogFilter().filter(record(level, text)) is logged


def test_it_filters_between_start_and_stop(log_filter: RampLogFilter) -> None:
    log, ramping = logging.getLogger("locust.runners"), record(logging.INFO, "Ramping to 5 users")
    log_filter.start(wanted=False)
    assert log.filter(ramping)
    log_filter.start(wanted=True)
    assert not log.filter(ramping)
    log_filter.stop()
    assert log.filter(ramping)
