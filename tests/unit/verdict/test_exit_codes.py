"""The exit codes are an interface: pipelines rely on the numbers."""

from __future__ import annotations

import signal

import pytest

from slo.verdict import exit_codes


def test_the_codes_of_a_verdict_are_the_documented_ones() -> None:
    assert (exit_codes.PASSED, exit_codes.FAILED, exit_codes.CRITICAL, exit_codes.NO_VERDICT) == (0, 1, 2, 3)


def test_a_signal_is_128_and_its_number() -> None:
    assert {name: 128 + signal.Signals[name] for name in ("SIGINT", "SIGTERM")} == exit_codes.INTERRUPTED


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (2, None, 2),
        (2, 0, 2),
        (0, 0, 0),
        (0, 1, 1),
        (1, 2, 2),
        (2, 1, 2),
        (3, 1, 1),
        (0, 3, 3),
        (0, 42, 42),
        (2, 42, 42),
        (130, 42, 42),
        (130, 1, 130),
        (143, 0, 143),
    ],
)
def test_the_worse_of_two_exit_codes_wins(ours: int, theirs: int | None, expected: int) -> None:
    assert exit_codes.worse(ours, theirs) == expected
