"""The exit codes are an interface: pipelines rely on the numbers."""

from __future__ import annotations

import signal

from slo.verdict import exit_codes


def test_the_codes_of_a_verdict_are_the_documented_ones() -> None:
    assert (exit_codes.PASSED, exit_codes.FAILED, exit_codes.CRITICAL, exit_codes.NO_VERDICT) == (0, 1, 2, 3)


def test_a_signal_is_128_and_its_number() -> None:
    assert {name: 128 + signal.Signals[name] for name in ("SIGINT", "SIGTERM")} == exit_codes.INTERRUPTED
