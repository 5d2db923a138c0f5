"""The command that makes the same load again."""

from __future__ import annotations

import shlex
from dataclasses import replace

from slo.load.plan import Plan
from slo.record.suite import KEY
from slo.record.target import Target
from slo.reports.reproduce import command
from tests.support.made import requests


def words(run_options: dict[str, object], plan: Plan | None = None, **changes: object) -> list[str]:
    run = replace(requests(1), options=run_options, plan=plan, environment={"locustfile": "own.py"})
    return shlex.split(command(replace(run, **changes)))  # type: ignore[arg-type]


def test_options_of_the_load_are_repeated() -> None:
    options = {"num_users": 5, "run_time": 30, "scenario": "load", "lean": True, "unused": False, "tags": ["a", "b"]}
    found = words(options)
    assert found[:4] == ["locust", "-f", "own.py", "--headless"]
    text = " ".join(found)
    assert "--users 5" in text
    assert "--run-time 30s" in text
    assert "--lean" in text
    assert "--tags a b" in text
    assert "unused" not in text


def test_what_is_not_of_the_load_and_secrets_are_left_out() -> None:
    found = " ".join(words({"objectives": "x.yaml", KEY: {"name": "x"}, "api_key": "s3cret", "reports_dir": "r"}))
    assert found == "locust -f own.py --headless --host http://api.test"


def test_a_plan_takes_the_place_of_users_and_time() -> None:
    options: dict[str, object] = {"num_users": 5, "spawn_rate": 1.0, "run_time": 30}
    assert "--users" not in words(options, Plan.ramps(("up", 10, 5)))


def test_credentials_of_the_host_are_left_out() -> None:
    found = words({}, target=Target("http://me:s3cret@api.test"))
    assert "s3cret" not in " ".join(found)


def test_an_embedded_target_has_no_host() -> None:
    assert "--host" not in words({}, target=Target("http://127.0.0.1:5", True))


def test_user_classes_come_first_and_texts_are_quoted() -> None:
    run = replace(requests(1), options={"user_classes": ["A", "B"], "note": "a b; c"}, environment={})
    text = command(run, "my objectives.yaml")
    assert text.startswith("locust A B -f locustfile.py")
    assert "--objectives 'my objectives.yaml'" in text
    assert "--note 'a b; c'" in text


def test_numbers_keep_all_their_digits() -> None:
    options = {"spawn_rate": 2.0, "run_time": 1.5, "rate_of_own": 123456.789, "iteration_limit": "5/user"}
    text = " ".join(words(options))
    assert text.endswith("--spawn-rate 2")
    assert "--run-time 1.5s" in text
    assert "--rate-of-own 123456.789" in text
    assert "--iterations 5/user" in text


def test_where_a_run_is_shown_is_not_of_the_load() -> None:
    assert words({"prometheus_port": 0, "notify_on": "fail", "prometheus_host": "::1"}) == words({})
