"""Where the throughput stops growing."""

from __future__ import annotations

import numpy as np
import pytest

from slo.analysis.saturation import find
from tests.support.simulated import STRESS, closed, number, simulated, the, verdict


def points(curve: list[tuple[float, float]], noise: float = 0.0, seed: int = 1) -> list[tuple[float, float, float]]:
    random = np.random.default_rng(seed)
    return [(users, max(0.0, rps * (1 + noise * random.standard_normal())), 2.0) for users, rps in curve]


def queue(users: float, demand_s: float, pause_s: float) -> float:
    """Return the throughput of a closed network with one server, by mean value analysis."""
    waiting, rate = 0.0, 0.0
    for count in range(1, round(users) + 1):
        latency_s = demand_s * (1 + waiting)
        rate = count / (pause_s + latency_s)
        waiting = rate * latency_s
    return rate


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_a_throughput_that_stops_growing_has_a_ceiling_and_the_users_where_it_begins(noise: float, seed: int) -> None:
    curve = [(users, min(users, 12) * 2.4) for users in np.linspace(1, 50, 100)]
    found = find(points(curve, noise, seed))
    assert found is not None
    assert found.rps == pytest.approx(28.8, rel=0.05)
    assert found.users == pytest.approx(12, rel=0.25)
    assert found.rps_bounds[0] <= found.rps <= found.rps_bounds[1]
    assert found.users_bounds[0] <= found.users <= found.users_bounds[1]


@pytest.mark.parametrize("seed", range(5))
def test_of_a_server_with_a_queue_the_ceiling_is_that_of_its_demand(seed: int) -> None:
    curve = [(users, queue(users, 0.05, 0.45)) for users in np.linspace(1, 50, 100)]
    found = find(points(curve, 0.05, seed))
    assert found is not None
    assert found.rps == pytest.approx(20, rel=0.05)
    assert found.users == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "curve",
    [
        [(users, users * 2.0) for users in np.linspace(1, 50, 100)],
        [(users, users * 2.0 / (1 + 0.01 * users)) for users in np.linspace(1, 50, 100)],
        [(users, min(users, 45) * 2.0) for users in np.linspace(1, 50, 100)],
        [(users, users * 2.0) for users in np.linspace(1, 50, 8)],
    ],
    ids=["grows", "grows ever less", "level for too short", "too few points"],
)
def test_a_throughput_that_still_grows_is_not_saturated(curve: list[tuple[float, float]], seed: int) -> None:
    assert find(points(curve, 0.05, seed)) is None


def test_a_run_says_where_its_target_saturates_although_no_objective_breaks() -> None:
    outcome = verdict(simulated(STRESS, "stress", closed(8, 100)), "indicator: latency.p95, target: 9 s, priority: P0")
    finding = the(outcome)
    assert number(finding, "saturation.rps") == pytest.approx(80, rel=0.05)
    assert number(finding, "saturation.users") == pytest.approx(8, rel=0.2)
    assert "but its throughput stopped growing at 8" in finding.answer
    assert number(finding, "capacity.rps") == pytest.approx(80, rel=0.05)


def test_the_answer_names_the_saturation_after_earlier_misses_too() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        rps, latency_ms, failing = closed(8, 100)(at_s, users)
        return rps, 900 if 20 <= at_s < 30 else min(latency_ms, 150), failing

    finding = the(verdict(simulated(STRESS, "stress", second)))
    assert "but its throughput stopped growing at " in finding.answer
    assert finding.answer.endswith("is what the target answers at most, whatever the users")
    assert finding.details[0].startswith("Targets were missed for a while")


def test_objectives_can_be_set_on_the_saturation() -> None:
    lines = ("indicator: saturation.users, target: 20 users", "indicator: saturation.rps, target: 50 rps")
    results = verdict(simulated(STRESS, "stress", closed(8, 100)), *lines).results
    assert [one.status for one in results] == ["FAIL", "PASS"]
    none = verdict(simulated(STRESS, "stress", lambda _, users: (users * 3, 50, 0)), *lines).results
    assert [one.status for one in none] == ["NO DATA", "NO DATA"]
