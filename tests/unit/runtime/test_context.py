"""What is kept on a Locust environment."""

from __future__ import annotations

from locust.env import Environment

from slo.runtime.context import Context, context_of


def test_an_environment_has_one_context() -> None:
    environment = Environment()
    found = context_of(environment)
    assert (found.wiring, found.pacer, found.early, found.listener_errors.pending) == (None, None, None, {})
    assert context_of(environment) is found
    assert context_of(Environment()) is not found


def test_an_attribute_of_that_name_that_is_not_ours_is_replaced() -> None:
    environment = Environment()
    environment.slo = "of a locustfile"  # type: ignore[attr-defined]
    assert isinstance(context_of(environment), Context)
