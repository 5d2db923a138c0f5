"""Prometheus rules made of objectives."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import yaml

from slo.prometheus.burn_rate import MONTH_S
from slo.prometheus.rules import SkippedObjective, budget, rules
from tests.support.made import demanding


def made_of(*lines: str) -> tuple[dict[str, list[dict[str, Any]]], list[SkippedObjective]]:
    text, left = rules(demanding(*lines), MONTH_S, "x.yaml")
    return {group["name"]: group["rules"] for group in yaml.safe_load(text)["groups"]}, left


@pytest.mark.parametrize(
    ("line", "share"),
    [
        ("indicator: latency.p95, target: 1 s", Fraction(1, 20)),
        ("indicator: errors.ratio, target: 1 %", Fraction(1, 100)),
        ("indicator: checks.ratio, target: 99 %", Fraction(1, 100)),
        ("indicator: errors.ratio, target: 0 %", None),
        ("indicator: throughput.rps, target: 5 rps", None),
    ],
)
def test_an_objective_on_a_share_has_a_budget(line: str, share: Fraction | None) -> None:
    assert budget(demanding(line).items[0]) == share


def test_a_latency_counts_requests_beyond_its_target() -> None:
    groups, _ = made_of("name: p95, indicator: latency.p95, target: 1.5 s, group: pages, scenario: load")
    first = groups["slo indicators"][0]
    assert 'le="1.5"' in first["expr"]
    assert 'scenario=~"load",endpoint=~"home|page_.*"' in first["expr"]
    assert first["labels"] == {"objective": "p95", "priority": "P1"}


def test_an_alert_needs_both_windows() -> None:
    groups, _ = made_of("name: errors, indicator: errors.ratio, target: 1 %")
    fast = groups["slo burn rates"][0]
    assert fast["expr"] == (
        'objective:bad:ratio_rate1h{objective="errors"} > 0.144 and '
        'objective:bad:ratio_rate5m{objective="errors"} > 0.144'
    )
    assert fast["labels"]["severity"] == "page"


def test_what_has_no_budget_alerts_on_its_status() -> None:
    groups, _ = made_of("name: rate, indicator: throughput.rps, target: 5 rps, priority: P0")
    (first, *_) = groups["slo objectives"]
    assert (first["alert"], first["labels"]["severity"], first["for"]) == ("SloObjectiveMissed", "page", "30s")
    assert "slo burn rates" not in groups


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("indicator: latency.p95, target: 1 s, stage: hold", "no rule: Prometheus does not know in which stage"),
        ("indicator: latency.p95, target: 1 s, of: ok", "no rule: latencies are those of all requests"),
        ("indicator: capacity.users, target: 10 users", "no rule: it is found once a run has ended"),
        ("indicator: latency.p95, target: 1 s, warmup: 30 s", "its warm-up counts here, too"),
    ],
)
def test_what_is_left_out_is_told(line: str, why: str) -> None:
    _, left = made_of(line)
    assert [one.why[: len(why)] for one in left] == [why]


def test_names_are_quoted_and_patterns_become_regular_expressions() -> None:
    groups, _ = made_of("name: 'a \"b\"', indicator: errors.ratio, target: 1 %, endpoint: 'GET /x.y?[!ab]*'")
    assert 'endpoint=~"GET /x\\\\.y.[^ab].*"' in groups["slo indicators"][0]["expr"]
    assert 'objective="a \\"b\\""' in groups["slo burn rates"][0]["expr"]


def test_the_same_objectives_give_the_same_text() -> None:
    one = demanding("indicator: errors.ratio, target: 1 %")
    assert rules(one, MONTH_S, "x.yaml") == rules(one, MONTH_S, "x.yaml")


def test_a_method_is_a_label() -> None:
    text, _ = rules(
        demanding("indicator: errors.ratio, target: 1 %, endpoint: home, method: [GET, P*]"), MONTH_S, "x.yaml"
    )
    assert 'endpoint=~"home",method=~"GET|P.*"' in text
