"""The private names of argparse that we rely on."""

from __future__ import annotations

import argparse

import pytest
from locust import argument_parser

from slo.runtime import argparse_compat, locust_compat


def test_the_options_of_the_parser_are_listed() -> None:
    dests = {action.dest for action in argparse_compat.parser_actions(locust_compat.known_parser())}
    assert {"num_users", "run_time"} <= dests


@pytest.mark.parametrize("where", ["parser", "group before", "group after"])
def test_an_option_that_is_defined_twice_is_reported(where: str) -> None:
    parser = argument_parser.LocustArgumentParser()
    before = parser.add_argument_group("before")
    reported: list[list[str]] = []
    argparse_compat.on_option_conflict(parser, reported.append)
    after = parser.add_argument_group("after")
    parser.add_argument("--one")
    container = {"parser": parser, "group before": before, "group after": after}[where]
    with pytest.raises(argparse.ArgumentError, match="--one"):
        container.add_argument("--one")
    assert reported == [["--one"]]
