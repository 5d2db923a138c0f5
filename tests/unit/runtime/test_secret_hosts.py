"""A secret is sent to the hosts that it was given for."""

from __future__ import annotations

from argparse import Namespace

import pytest
from locust import User
from locust.env import Environment

from slo.runtime.context import context_of
from slo.runtime.secret_hosts import ALLOWED, TRUSTED, is_trusted, note_given_hosts, origin_of, secret_of


class Guest(User):
    host = "https://staging.example.com"


def environment(host: str, **options: object) -> Environment:
    parsed = Namespace(**{"headless": False, "worker": False, **options})
    return Environment(host=host, user_classes=[Guest], parsed_options=parsed)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("https://API.example.com/", "https://api.example.com"),
        ("https://u:p@api.example.com:8443/v1", "https://api.example.com:8443"),
        ("api.example.com", "https://api.example.com"),
        ("", ""),
    ],
)
def test_a_host_has_one_form(host: str, origin: str) -> None:
    assert origin_of(host) == origin


def test_a_host_from_the_form_gets_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "t0ken")
    one = environment("http://api.example.com")
    assert secret_of(one, "ADMIN_TOKEN") == "t0ken"  # nobody has used the form yet
    note_given_hosts(one)
    assert secret_of(one, "ADMIN_TOKEN") == "t0ken"
    one.host = "http://user:pw@evil.example"
    note_given_hosts(one)  # again, as before each request: the first call counts
    assert [secret_of(one, "ADMIN_TOKEN") for _ in range(2)] == ["", ""]
    said = capsys.readouterr().err
    assert said.count("ADMIN_TOKEN is not sent to http://evil.example, a host that was typed") == 1
    assert "pw" not in said
    one.host = "https://staging.example.com/"
    assert secret_of(one, "ADMIN_TOKEN") == "t0ken"
    one.host = "https://other.example.com"
    monkeypatch.setenv(ALLOWED, "http://x.example, https://other.example.com/")
    assert secret_of(one, "ADMIN_TOKEN") == "t0ken"
    assert secret_of(one, "NOT_SET") == ""


def test_a_headless_run_has_no_form() -> None:
    one = environment("http://api.example.com", headless=True)
    note_given_hosts(one)
    one.host = "http://another.example"
    assert is_trusted(one)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_worker_does_as_its_master_says(trusted: bool) -> None:
    assert is_trusted(environment("http://x.example", worker=True, **{TRUSTED: trusted})) == trusted
    assert not is_trusted(environment("http://x.example", worker=True))


def test_the_first_known_hosts_count() -> None:
    one = environment("")
    note_given_hosts(one)
    assert context_of(one).given_hosts == frozenset({"https://staging.example.com"})
