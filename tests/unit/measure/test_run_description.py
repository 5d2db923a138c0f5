"""What is known of a run before its first request."""

from __future__ import annotations

from slo.measure.run_description import RunDescription
from slo.record.target import Target


def test_only_a_name_and_a_target_are_needed() -> None:
    one = RunDescription("shop", None, Target("http://api.test"))
    assert (one.plan, one.search, one.requested_load) == (None, None, None)
    assert (dict(one.options), dict(one.environment)) == ({}, {})
    assert one.options is not RunDescription("other", None, Target("")).options
