"""Endpoints that never answered successfully."""

from __future__ import annotations

from dataclasses import replace

from slo.analysis import coverage
from slo.measure.recorder import Recorder
from tests.support.made import Clock, made, requests
from tests.support.simulated import (
    the,
    verdict,
)


def test_smoke_names_who_never_answered_well() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        recorder.request("home", 10, 10)
        recorder.failure("search", 10, 10, "HTTP 500")
        recorder.throttled("admin", 10, 10)
        clock.now += 5

    one = the(verdict(made(fill, scenario="smoke")))
    assert one.answer == "no: admin, search never answered successfully (1 of 3 endpoints did)"
    assert the(verdict(replace(requests(3), scenario="smoke"))).answer.startswith("yes: each of 1 endpoints")


def test_checks_of_a_name_with_several_methods_are_no_endpoint_without_an_answer() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for method in ("GET", "POST"):
            recorder.request((method, "/x"), 5.0, 1)
        recorder.check("/x", "is asked", True)
        clock.now += 1

    assert coverage.find(made(fill)).answer.startswith("yes: each of 2 endpoints answered")
