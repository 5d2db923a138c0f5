"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from slo.cli import arguments


def test_judging_is_as_in_the_run_unless_it_is_said() -> None:
    parser = argparse.ArgumentParser()
    arguments.add_run(parser)
    arguments.add_objectives(parser)
    arguments.add_judging(parser)
    parsed = parser.parse_args(["reports/latest"])
    assert parsed.run == Path("reports/latest")
    assert (parsed.objectives, parsed.baselines, parsed.any_baseline, parsed.fail_on) == (None, None, None, None)
    assert parsed.allow_incomplete is False


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", ""])
def test_only_integers_from_one_are_taken(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected an integer from 1"):
        arguments.positive_integer(text)
    assert arguments.positive_integer("7") == 7


def test_lines_are_printed_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    arguments.print_lines("a", "b")
    assert capsys.readouterr().out == "a\nb\n"
