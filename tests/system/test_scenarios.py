"""The five scenarios against the demo, in a twentieth of their time: load, shares and exit codes."""

from __future__ import annotations

import pytest

from slo.analysis.offered import unreached_stages
from tests.support.processes import HOTEL, Finished, Locust

# Its fixtures are for all its tests: they run in one process.
pytestmark = pytest.mark.xdist_group("scenarios")

TIME_SCALE = 0.05
STAGES = {
    "smoke": [("hold at 1", 60, 1, 1)],
    "load": [
        ("ramp to 5", 120, 0, 5),
        ("ramp to 10", 300, 5, 10),
        ("hold at 10", 300, 10, 10),
        ("ramp to 0", 120, 10, 0),
    ],
    "stress": [
        ("ramp to 10", 120, 0, 10),
        ("ramp to 20", 300, 10, 20),
        ("ramp to 30", 300, 20, 30),
        ("ramp to 40", 300, 30, 40),
        ("ramp to 50", 300, 40, 50),
        ("ramp to 0", 300, 50, 0),
    ],
    "spike": [
        ("ramp to 5", 10, 0, 5),
        ("burst to 100", 10, 5, 100),
        ("hold at 100", 60, 100, 100),
        ("fall to 5", 10, 100, 5),
        ("recover at 5", 120, 5, 5),
        ("ramp to 0", 10, 5, 0),
    ],
    "soak": [("hold at 5", 1800, 5, 5)],
}
"""The reference: name, seconds, users from, users to."""
SHARES = {
    "load": {"whatsapp_webhook": 0.6, "pms_availability": 0.4, "create_reservation": 0.3, "metrics": 0.1},
    "stress": {"pms_availability": 0.5, "create_reservation": 0.4},
    "soak": {"pms_availability": 0.3, "create_reservation": 0.2, "admin_tenants": 0.05},
}
ALWAYS = {
    "smoke": {"health_live", "health_ready"},
    "load": {"health_live", "health_ready"},
    "stress": {"health_live", "health_ready", "whatsapp_webhook"},
    "spike": {"health_live", "health_ready", "whatsapp_webhook", "pms_availability", "pms_room_types"},
    "soak": {"health_live", "health_ready", "whatsapp_webhook"},
}
SENT = {
    "smoke": ALWAYS["smoke"],
    "load": {*SHARES["load"], "health_live", "health_ready", "pms_room_types", "get_reservation"},
    "stress": {*SHARES["stress"], *ALWAYS["stress"], "pms_room_types", "get_reservation"},
    "spike": ALWAYS["spike"],
    "soak": {*SHARES["soak"], *ALWAYS["soak"], "pms_room_types", "get_reservation", "admin_feature_flags"},
}


CHI_SQUARE_0_001 = {2: 13.82, 3: 16.27, 4: 18.47}
"""What a chi-square with so many degrees of freedom exceeds once in a thousand times."""


def wanted(scenario: str, second: float) -> float:
    """Return the reference's users ``second`` seconds of its own time after the start."""
    for _, length, first, last in STAGES[scenario]:
        if second <= length:
            return first + (last - first) * second / length
        second -= length
    return 0.0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    """All five, each with a demo API of its own: the busy spike with smoke, then the others in a minute and a half."""
    folder = tmp_path_factory.mktemp("scenarios")
    # Soak's users pause a tenth of their time, or half a minute would be too few requests to compare shares by.
    more = {"soak": ("--think-time", "0.1"), "load": ("--think-time", "0.1")}
    done: dict[str, Finished] = {}
    for together in (("smoke", "spike"), ("load", "stress", "soak")):
        started = {
            scenario: Locust(
                folder / scenario,
                *("-f", HOTEL, "--demo", "--scenario", scenario, "--seed", 11, "--time-scale", TIME_SCALE),
                *more.get(scenario, ()),
            )
            for scenario in together
        }
        done |= {scenario: process.wait(150) for scenario, process in started.items()}
    return done


@pytest.mark.parametrize("scenario", STAGES)
def test_the_scenario_passes(finished: dict[str, Finished], scenario: str) -> None:
    done = finished[scenario]
    # The API runs on the same machine: where that is busy, it answers late, and the verdict says so rightly.
    missed = [one["indicator"] for one in done.verdict["results"] if one["status"] in ("FAIL", "CRITICAL")]
    assert done.worked or all(name.startswith("latency.") for name in missed), done.out + done.err
    assert done.run.ended.how == "completed"
    assert unreached_stages(done.run) == []
    planned_s = TIME_SCALE * sum(stage[1] for stage in STAGES[scenario])
    # What is under way at the end of the load is waited for, on a busy machine for seconds.
    assert planned_s - 1 < done.run.duration_s < planned_s + 15


@pytest.mark.parametrize("scenario", STAGES)
def test_its_plan_is_the_reference_and_says_that_it_is_scaled(finished: dict[str, Finished], scenario: str) -> None:
    plan = finished[scenario].run.plan
    assert plan is not None
    assert plan.time_scale == TIME_SCALE
    unscaled = [(s.name, s.duration_s / TIME_SCALE, s.users_from, s.users_to) for s in plan.stages]
    assert unscaled == [pytest.approx(stage) for stage in STAGES[scenario]]
    assert "The plan ran at 0.05 of its time" in finished[scenario].out


@pytest.mark.parametrize("scenario", STAGES)
def test_users_follow_the_line(finished: dict[str, Finished], scenario: str) -> None:
    samples = finished[scenario].run.users
    assert len(samples) > 20 if scenario != "smoke" else len(samples) > 5
    # A sample and a step of the shape may lie this much apart; the line moves on in between.
    apart_s = 0.4 / TIME_SCALE
    off = []
    for sample in samples:
        second = sample.at_ms / 1000 / TIME_SCALE
        near = [wanted(scenario, max(0, at)) for at in (second - apart_s, second, second + 0.05 / TIME_SCALE)]
        if not min(near) - 1.1 <= sample.achieved <= max(near) + 1.1:
            off.append(sample)
    # A busy machine may hold a process up for a moment; it may not draw another line.
    assert len(off) <= 0.05 * len(samples) or finished[scenario].was_held_up, off


@pytest.mark.parametrize("scenario", STAGES)
def test_it_sends_what_its_table_row_says(finished: dict[str, Finished], scenario: str) -> None:
    run = finished[scenario].run
    assert set(run.endpoints) == SENT[scenario]
    counts = {endpoint: run.tally(endpoint.__eq__).requests for endpoint in run.endpoints}
    iterations = counts["health_live"]
    users = max(max(first, last) for _, _, first, last in STAGES[scenario])
    for endpoint in ALWAYS[scenario]:  # the last iteration of each user may have been cut short
        assert iterations - 2 * users - 5 <= counts[endpoint] <= iterations


@pytest.mark.parametrize("scenario", SHARES)
def test_the_share_of_each_endpoint_is_the_reference(finished: dict[str, Finished], scenario: str) -> None:
    run = finished[scenario].run
    # Whoever got as far as the readiness check decided on the rest, but for iterations cut short by the end.
    iterations = run.tally("health_ready".__eq__).requests
    statistic = 0.0
    for endpoint, share in SHARES[scenario].items():
        count = run.tally(endpoint.__eq__).requests
        statistic += (count - share * iterations) ** 2 / (iterations * share * (1 - share))
    assert iterations > 300
    assert statistic < CHI_SQUARE_0_001[len(SHARES[scenario])], iterations
