"""The options of Prometheus and of the notification."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Parse = Callable[..., Any]


def test_without_options_nothing_is_served_and_nobody_is_notified(parse: Parse) -> None:
    found = parse()
    assert (found.prometheus_port, found.prometheus_push, found.notify) == (0, "", "")
    assert (found.notify_on, found.notify_format, found.prometheus_host) == ("fail", "auto", "127.0.0.1")


def test_a_port_is_a_number(parse: Parse) -> None:
    assert parse("--prometheus-port", "9100").prometheus_port == 9100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--prometheus-port", "70000"), "a port from 1 to 65535, not '70000'"),
        (("--prometheus-port", "x"), "a port from 1 to 65535, not 'x'"),
        (("--notify-on", "never"), "invalid choice"),
    ],
)
def test_a_wrong_value_is_no_verdict(refusal: Callable[..., str], words: tuple[str, ...], message: str) -> None:
    assert message in refusal(*words)
