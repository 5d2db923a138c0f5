"""The description of the next run."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from locust import User
from locust.env import Environment

from slo.load.requested_load import RequestedLoad
from slo.load.search_record import SearchRecord
from slo.runtime.run_description import describe_run
from slo.runtime.shape import LimitShape


def environment(**options: Any) -> Environment:
    own = {"headless": True, "num_users": 5, "spawn_rate": 2, "run_time": 60, "locustfile": "shop.py"}
    found = Environment(parsed_options=Namespace(**{**own, **options}), host="http://me:s3cret@api.test")
    found.locustfile = "shop.py"
    return found


def test_a_run_without_a_scenario_is_called_by_its_locustfile() -> None:
    found = describe_run(environment())
    assert (found.name, found.scenario, found.plan, found.search) == ("shop", None, None, None)
    assert found.requested_load == RequestedLoad(5, 2.0)
    assert "s3cret" not in found.target.url


def test_hosts_of_the_user_classes_are_the_target() -> None:
    one = environment()
    one.host = None
    one.user_classes = [type("Own", (User,), {"host": f"http://me:s3cret@{name}.test"}) for name in "ab"]
    assert describe_run(one).target.url == "http://a.test, http://b.test"


def test_with_a_web_ui_or_a_shape_the_load_is_not_that_of_the_options() -> None:
    assert describe_run(environment(headless=False)).requested_load is None
    assert describe_run(environment(num_users=None)).requested_load is None


def test_a_search_has_its_maximum_of_users() -> None:
    one = environment(num_users=1)
    one.shape_class = LimitShape(SearchRecord(1, 64, 60.0), lambda: 1)
    found = describe_run(one)
    assert found.search == SearchRecord(1, 64, 60.0)
    assert found.options["num_users"] == 64


def test_the_path_of_a_locustfile_does_not_name_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    one = environment()
    files = [tmp_path / "work" / "tests" / "own.py", tmp_path / "shared" / "more.py", Path("/elsewhere/other.py")]
    one.parsed_locustfiles = ["tests/own.py", *map(str, files)]
    assert describe_run(one).environment["locustfile"] == "tests/own.py,tests/own.py,../shared/more.py,other.py"


def test_the_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:s3cret@proxy.test:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    assert describe_run(environment()).environment["proxy"] == "http://proxy.test:3128"
    monkeypatch.setenv("no_proxy", "api.test")
    assert describe_run(environment()).environment["proxy"] is None
