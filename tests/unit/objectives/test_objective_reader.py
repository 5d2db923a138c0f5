"""One objective, read from YAML."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo.objectives import document
from slo.objectives.objective import Objective
from slo.objectives.objective_reader import ABORT_AFTER_S, ObjectiveReader


def reader(line: str, groups: tuple[str, ...] = ()) -> ObjectiveReader:
    doc = document.parse(f"objectives:\n  - {{{line}}}\n", "x.yaml")
    return ObjectiveReader(doc, ("objectives", 0), doc.data["objectives"][0], dict.fromkeys(groups, ()))


def read(line: str) -> Objective:
    one = reader(line).read()
    assert one is not None
    return one


def test_quantities_are_in_the_indicators_unit() -> None:
    one = read("indicator: latency.p95, target: 1.5 s, warning: 800 ms, priority: P0")
    assert (one.target, one.warning) == (Fraction(1500), Fraction(800))
    assert (one.priority, one.line) == ("P0", 2)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("indicator: latency.p95, target: 1 s", "latency.p95"),
        ("indicator: latency.p95, target: 1 s, of: ok, endpoint: [a, b]", "latency.p95 (ok requests) of a, b"),
        (
            "indicator: errors.ratio, target: 1 %, throttled: ignored, stage: hold",
            "errors.ratio (429 aside) during hold",
        ),
        ("indicator: checks.ratio, target: 1 %, check: body, scenario: load", "checks.ratio 'body' in load"),
        ("indicator: latency.p95, target: 1 s, warmup: 30 s", "latency.p95 after 30 s"),
        ("indicator: latency.p95, target: 1 s, name: mine", "mine"),
    ],
)
def test_an_objective_without_a_name_is_called_by_what_it_is(line: str, name: str) -> None:
    assert read(line).name == name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("indicator: latency.p95, target: 1 s, warning: 2 s", "must be stricter than the target: below 1000 ms"),
        ("indicator: checks.ratio, target: 99 %, warning: 98 %", "must be stricter than the target: above 99 %"),
        ("indicator: errors.ratio, target: 120 %", "120 % is more than everything"),
        ("indicator: throughput.rps, target: 0 rps", "nothing can miss"),
        ("indicator: latency.p95, target: 1 s, group: pages", "there is no group `pages`"),
        ("indicator: latency.p95, target: 1 s, check: body", "belongs to `checks.ratio`, not to `latency.p95`"),
        ("indicator: capacity.users, target: 10 users, endpoint: home", "cannot narrow `capacity.users`"),
        ("indicator: requests.count, target: 10, abort: true", "is known when the run has ended"),
    ],
)
def test_what_has_no_meaning_is_a_problem(line: str, message: str) -> None:
    one = reader(line)
    assert one.read() is None
    assert message in " ".join(map(str, one.problems))


@pytest.mark.parametrize(
    ("abort", "after_s"), [("true", ABORT_AFTER_S), ("{after: 90 s}", Fraction(90)), ("false", None)]
)
def test_abort_is_a_time(abort: str, after_s: Fraction | None) -> None:
    assert read(f"indicator: latency.p95, target: 1 s, abort: {abort}").abort_s == after_s


def test_a_regression_is_a_share_of_the_reference() -> None:
    one = reader("target: 10 %, warning: 5 %").read_regression("latency.p95", covered=True)
    assert one is not None
    assert (one.name, one.against, one.target) == ("regression of latency.p95", "baseline", Fraction(1, 10))


@pytest.mark.parametrize(
    ("name", "covered", "message"),
    [
        ("latency.p95", False, "needs an objective with a target for `latency.p95` too"),
        ("capacity.users", True, "is the answer of one run"),
        ("requests.count", True, "compare `throughput.rps`"),
    ],
)
def test_a_regression_that_has_no_meaning_is_a_problem(name: str, covered: bool, message: str) -> None:
    one = reader("target: 10 %")
    assert one.read_regression(name, covered) is None
    assert message in " ".join(map(str, one.problems))
