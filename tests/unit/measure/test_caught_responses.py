"""Responses that a locustfile is to report itself."""

from __future__ import annotations

from slo.measure.caught_responses import CaughtResponses


def test_what_was_returned_and_not_left_is_unreported() -> None:
    caught = CaughtResponses()
    caught.returned += 3
    caught.left()
    assert caught.unreported == 2
    for _ in range(3):
        caught.left()  # a with-block of a response from before the run
    assert caught.unreported == 0
