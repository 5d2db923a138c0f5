"""Options of ours beside those of a locustfile, and their environment variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import A_FEW, BASIC, Demo, Locust, locust

DEFINES = """
from locust import events

{first}

@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("{option}", default="mine")

{last}
"""


@pytest.mark.parametrize("option", ["--objectives", "--rate", "--fail-on"])
@pytest.mark.parametrize("order", ["ours first", "theirs first"])
def test_an_option_that_is_defined_twice_ends_the_process_with_3(tmp_path: Path, option: str, order: str) -> None:
    ours, theirs = "import slo.plugin", ""
    first, last = (ours, theirs) if order == "ours first" else (theirs, ours)
    file = tmp_path / "twice.py"
    user = "\nfrom locust import User, task\nclass Any(User):\n    @task\n    def nothing(self): pass\n"
    file.write_text(DEFINES.format(first=first, last=last, option=option) + user, encoding="utf-8")
    done = locust(tmp_path / "reports", "-f", file, "-u", 1, *A_FEW)
    assert done.code == 3, done.out + done.err
    (sentence,) = [line for line in done.err.splitlines() if "is defined twice" in line]
    assert f"the option {option} is defined twice: by locust-slo, and by " in sentence
    assert (str(file) in sentence) or order == "theirs first"
    assert "Traceback" not in done.out + done.err
    assert list((tmp_path / "reports").iterdir()) == []


def test_a_scenario_option_of_another_suite_is_not_ours(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "other.py"
    own = "\nfrom locust import events\n\n@events.init_command_line_parser.add_listener\ndef add(parser):\n    "
    own += (
        'parser.add_argument("--scenario", default="black friday")\n    parser.add_argument("--demo", default="yes")\n'
    )
    file.write_text(BASIC.read_text(encoding="utf-8") + own, encoding="utf-8")
    done = locust(tmp_path / "reports", "-f", file, "-H", demo.url, "-u", 1, *A_FEW)
    assert done.run.scenario is None
    assert not done.run.target.embedded
    assert done.run.options["slo_suite"]["name"] == "other"


def run_with(demo: Demo, folder: Path, **env: str) -> Locust:
    return Locust(folder / "reports", "-f", BASIC, "-H", demo.url, "-u", 1, *A_FEW, env=env)


def test_an_old_name_of_a_variable_works_with_a_note(demo: Demo, tmp_path: Path) -> None:
    done = run_with(demo, tmp_path, LOCUST_FAIL_ON="warning").wait()
    assert done.run.options["fail_on"] == "warning"
    assert "LOCUST_FAIL_ON is now called LOCUST_SLO_FAIL_ON" in done.err
    both = run_with(demo, tmp_path / "both", LOCUST_FAIL_ON="warning", LOCUST_SLO_FAIL_ON="fail").wait()
    assert both.run.options["fail_on"] == "fail"
    assert "is now called" not in both.err


@pytest.mark.parametrize("value", ["tcp://10.0.0.1:9646", "many", ""])
def test_a_variable_that_kubernetes_sets_is_not_taken_for_ours(demo: Demo, tmp_path: Path, value: str) -> None:
    done = run_with(demo, tmp_path, LOCUST_PROMETHEUS_PORT=value).wait()
    assert "is now called" not in done.err
    assert done.run.tally().requests > 0
