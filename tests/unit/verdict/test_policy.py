"""What decides a verdict beside the objectives."""

from __future__ import annotations

import pytest

from slo.verdict.policy import Policy


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({}, Policy()),
        ({"allow_incomplete": True}, Policy(allow_incomplete=True)),
        ({"fail_on": "warning"}, Policy(fail_on="warning")),
        ({"fail_on": "nonsense", "allow_incomplete": None}, Policy()),
    ],
)
def test_it_is_read_from_the_options_of_a_run(options: dict[str, object], policy: Policy) -> None:
    assert Policy.of_options(options) == policy
