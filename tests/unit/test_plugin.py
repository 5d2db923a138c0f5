"""The public functions of the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from slo import plugin
from slo.record.suite import Suite
from slo.runtime.check_event import check_event
from slo.runtime.context import context_of
from slo.runtime.suite import suite_of


@pytest.fixture
def checks() -> Iterator[list[tuple[object, str, bool]]]:
    found: list[tuple[object, str, bool]] = []

    def listen(*words: Any) -> None:
        found.append(words)

    check_event().add_listener(listen)
    yield found
    check_event().remove_listener(listen)


def test_a_check_belongs_to_the_endpoint_of_the_response(checks: list[tuple[object, str, bool]]) -> None:
    response = SimpleNamespace(request_meta={"name": "home", "request_type": "POST"})
    assert plugin.check(response, "body", True) is True
    assert plugin.check(SimpleNamespace(request_meta={"name": "home"}), "body", True) is True
    assert plugin.check("home", "fast", 0) is False  # type: ignore[arg-type]
    assert checks == [(("POST", "home"), "body", True), ((None, "home"), "body", True), ("home", "fast", False)]


def test_several_checks_of_a_response_are_counted_in_one_call(checks: list[tuple[object, str, bool]]) -> None:
    response = SimpleNamespace(request_meta={"name": "home", "request_type": "GET"})
    assert plugin.checks(response, {"body": True, "fast": 1}) is True  # type: ignore[dict-item]
    assert plugin.checks("home", {"body": True, "fast": False}) is False
    assert plugin.checks("home", {}) is True
    home = ("GET", "home")
    assert checks == [(home, "body", True), (home, "fast", True), ("home", "body", True), ("home", "fast", False)]
    with pytest.raises(TypeError, match="catch_response=True"):
        plugin.checks(None, {"body": True})


@pytest.mark.parametrize("response", [None, 5, SimpleNamespace(), SimpleNamespace(request_meta={})])
def test_a_check_of_nothing_is_an_error(response: object, checks: list[tuple[object, str, bool]]) -> None:
    with pytest.raises(TypeError, match="catch_response=True"):
        plugin.check(response, "body", True)
    assert checks == []


def test_a_load_is_refused_by_the_wiring_else_the_process_ends(capsys: pytest.CaptureFixture[str]) -> None:
    environment = Environment()
    with pytest.raises(SystemExit) as caught:
        plugin.refuse(environment, "the API is down")
    assert caught.value.code == 3
    assert capsys.readouterr().err == "locust-slo: the API is down\n"
    reasons: list[str] = []
    context_of(environment).wiring = SimpleNamespace(refuse=reasons.append, requested_shape="shape")
    plugin.refuse(environment, "the API is down")
    assert reasons == ["the API is down"]


def test_the_requested_load_is_that_of_the_wiring() -> None:
    environment = Environment()
    assert plugin.shape_of(environment) is None
    context_of(environment).wiring = SimpleNamespace(requested_shape="shape")
    assert plugin.shape_of(environment) == "shape"  # type: ignore[comparison-overlap]


def test_a_suite_is_declared_by_names_of_options() -> None:
    parser = LocustArgumentParser()
    plugin.declare_suite(parser, name="shop", scenario="scenario", load_options=["think_time"])
    assert suite_of(parser.parse_args([])) == Suite("shop", "scenario", load_options=("think_time",))


def test_what_is_public_is_there() -> None:
    assert all(hasattr(plugin, name) for name in plugin.__all__)
