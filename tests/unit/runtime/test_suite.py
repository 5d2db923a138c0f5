"""What a locustfile declared about its options."""

from __future__ import annotations

from argparse import Namespace

import pytest
from locust import LoadTestShape
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from slo.load.plan import Plan
from slo.record.suite import KEY, Suite
from slo.runtime import suite


class Planned(LoadTestShape):
    plan: object = Plan.ramps(("ramp", 10, 5))
    scenario = "spike"

    def tick(self) -> None:
        return None


def declared(**fields: str) -> dict[str, object]:
    return {KEY: Suite(**fields).to_data()}  # type: ignore[arg-type]


def test_what_is_declared_is_among_the_options() -> None:
    parser = LocustArgumentParser()
    suite.declare(parser, Suite("hotel", scenario="kind", load_options=("mix",)))
    parsed = parser.parse_args([], env_vars={})
    assert suite.suite_of(parsed) == Suite("hotel", scenario="kind", load_options=("mix",))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"locustfile": "a/hotel.py, b/spa.py"}, "hotel-spa"),
        ({"locustfile": "hotel.py", **declared(name="my suite/1")}, "my-suite-1"),
        ({"locustfile": "x" * 100 + ".py"}, "x" * 80),
        ({}, ""),
    ],
)
def test_the_name_is_safe_within_a_file_name(options: dict[str, object], name: str) -> None:
    assert suite.suite_of(Namespace(**options)).name == name


def test_the_scenario_is_that_of_a_planned_shape_or_of_the_option() -> None:
    parsed = Namespace(kind="load", **declared(scenario="kind"))
    environment = Environment(parsed_options=parsed)
    assert suite.scenario_of(environment) == "load"
    environment.shape_class = Planned()  # type: ignore[no-untyped-call]
    assert suite.scenario_of(environment) == "spike"
    environment.shape_class.plan = "another kind of plan"
    assert suite.scenario_of(environment) == "load"
    parsed.kind = ""
    assert suite.scenario_of(environment) is None


def test_the_token_is_that_of_the_declared_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTEL_TOKEN", "abc")
    assert suite.metrics_token(Environment(parsed_options=Namespace(**declared(metrics_token="HOTEL_TOKEN")))) == "abc"
    assert suite.metrics_token(Environment(parsed_options=Namespace())) == ""
    monkeypatch.delenv("HOTEL_TOKEN")
    assert suite.metrics_token(Environment(parsed_options=Namespace(**declared(metrics_token="HOTEL_TOKEN")))) == ""


def test_only_a_declared_option_says_that_the_target_is_embedded() -> None:
    assert suite.is_embedded(Namespace(demo=True, **declared(embedded="demo")))
    assert not suite.is_embedded(Namespace(demo=False, **declared(embedded="demo")))
    assert not suite.is_embedded(Namespace(demo=True))
