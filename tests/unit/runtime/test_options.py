"""The options of the plugin, without a process."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from locust import argument_parser
from locust.env import Environment

from slo.runtime import options

Parse = Callable[..., Any]


def test_without_options_runs_are_recorded_and_nothing_listens(parse: Parse) -> None:
    found = parse()
    assert (found.objectives, found.reports_dir, found.rate, found.find_limit) == (None, "reports", "", False)
    assert (found.stop_after, found.iteration_limit, options.iterations(found)) == (30.0, "", None)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (("--stop-after", "2m"), "stop_after", 120.0),
        (("--find-limit-time", "3m"), "find_limit_time", 180.0),
        (("--report-formats", "csv,html,csv"), "report_formats", "csv,html"),
        (("--rate", "50/s"), "rate", "50/s"),
        (("--iterations", " 5/user"), "iteration_limit", "5/user"),
    ],
)
def test_values_are_converted(parse: Parse, words: tuple[str, ...], name: str, value: object) -> None:
    assert getattr(parse(*words), name) == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--stop-after", "soon"), "--stop-after is a time like 30s or 2m, not 'soon'"),
        (("--find-limit-time", "5s"), "from 30s on, not '5s'"),
        (("--find-limit-from", "0"), "whole number from 1 to 10000, not '0'"),
        (("--iterations", "many"), "'many' is no number of iterations"),
        (("--report-formats", "pdf"), "'pdf' is not a report format"),
        (("--rate", "fast"), "'fast' is no rate"),
        (("--trace-url", "nowhere"), "--trace-url cannot be 'nowhere'"),
        (("--fail-on", "never"), "invalid choice"),
    ],
)
def test_a_wrong_value_is_no_verdict(refusal: Callable[..., str], words: tuple[str, ...], message: str) -> None:
    assert message in refusal(*words)


def test_a_search_is_described_by_its_options(parse: Parse) -> None:
    assert options.search(Namespace(find_limit=False), 5) is None
    found = options.search(parse("--find-limit", "--find-limit-from", "4", "--find-limit-time", "1m"), None)
    assert found is not None
    assert (found.start_users, found.max_users, found.time_s) == (4, options.MAX_USERS, 60.0)


def test_objectives_are_read_before_any_load(parse: Parse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = Environment(parsed_options=parse())
    assert options.objectives_of(environment.parsed_options, environment) is None
    file = tmp_path / "o.yaml"
    file.write_text("version: 1\nobjectives:\n  - {indicator: latency.p95, target: 1 s}\n", encoding="utf-8")
    environment.parsed_options = parse("--objectives", str(file), "--baselines", str(tmp_path), "--any-baseline")
    found = options.objectives_of(environment.parsed_options, environment)
    assert found is not None
    assert (len(found.items), found.baselines, found.any_baseline) == (1, tmp_path, True)
    file.write_text("version: 2\n", encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        options.objectives_of(environment.parsed_options, environment)
    assert caught.value.code == 3
    assert "the objectives have errors; no load was sent" in capsys.readouterr().err


def test_the_iterations_of_another_plugin_are_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "locust_plugins", ModuleType("locust_plugins"))
    parser = argument_parser.get_empty_argument_parser(default_config_files=[])
    argument_parser.setup_parser_arguments(parser)
    options.add(parser)
    parser.add_argument("--iterations", type=int, default=0)
    found = parser.parse_args(["--iterations", "7"])
    assert (found.iterations, options.iterations(found)) == (7, None)
    assert capsys.readouterr().err == ""
