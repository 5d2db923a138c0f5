"""Options whose variables begin with LOCUST_SLO_."""

from __future__ import annotations

import os
from typing import Any

import pytest
from locust.argument_parser import LocustArgumentParser

from slo.runtime.option_group import OptionGroup


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCUST_COUNT", "LOCUST_SLO_COUNT"):
        monkeypatch.delenv(name, raising=False)
    # What the group sets is undone at the end.
    monkeypatch.setenv("LOCUST_SLO_COUNT", "0")
    monkeypatch.delenv("LOCUST_SLO_COUNT")


def parsed(*words: str, **settings: Any) -> Any:
    parser = LocustArgumentParser()
    OptionGroup(parser, "SLO options", "").add("--count", **{"type": int, "default": 1, **settings})
    return parser.parse_args(list(words)).count


def test_an_option_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed() == 1
    monkeypatch.setenv("LOCUST_SLO_COUNT", "5")
    assert parsed() == 5
    assert parsed("--count", "7") == 7


def test_an_old_name_works_with_a_note(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LOCUST_COUNT", "5")
    assert parsed() == 5
    assert "LOCUST_COUNT is now called LOCUST_SLO_COUNT" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["tcp://10.0.0.1:80", "many"])
def test_a_value_that_is_not_ours_is_ignored(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCUST_COUNT", value)
    assert parsed() == 1
    assert "LOCUST_SLO_COUNT" not in os.environ
    assert capsys.readouterr().err == ""


def test_a_url_is_taken_only_by_an_option_for_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCUST_COUNT", "http://gateway.test")
    assert parsed(type=str, default="") == ""
    assert parsed(type=str, default="", metavar="<url>") == "http://gateway.test"


def test_an_option_that_is_defined_twice_ends_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    parser = LocustArgumentParser()
    OptionGroup(parser, "SLO options", "").add("--count")
    with pytest.raises(SystemExit) as caught:
        parser.add_argument("--count")
    assert caught.value.code == 3
    assert "the option --count is defined twice: by locust-slo, and by " in capsys.readouterr().err
