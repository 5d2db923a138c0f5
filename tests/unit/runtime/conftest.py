"""Locust's options and environment without a process; Locust does not change the standard library here."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator

import pytest

SKIP = "LOCUST_SKIP_MONKEY_PATCH"

# Set for the import alone: processes that tests start do not inherit it.
os.environ[SKIP] = "1"
from locust import argument_parser, events  # noqa: E402

del os.environ[SKIP]

from locust.env import Environment  # noqa: E402

from slo.runtime import locust_compat, options  # noqa: E402


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore what a test may leave behind: the hook for uncaught errors, and the listeners to requests."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    listeners = list(locust_compat.request_listeners())
    yield
    locust_compat.request_listeners()[:] = listeners
    assert "slo_check" in vars(events)


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> argument_parser.LocustArgumentParser:
    """Locust's parser with our options, read from no file and from no environment."""
    for name in [name for name in os.environ if name.startswith("LOCUST_")]:
        monkeypatch.delenv(name)
    made = argument_parser.get_empty_argument_parser(default_config_files=[])
    argument_parser.setup_parser_arguments(made)
    options.add(made)
    monkeypatch.setattr("slo.runtime.locust_compat.known_parser", lambda: made)
    return made


@pytest.fixture
def parse(parser: argument_parser.LocustArgumentParser) -> Callable[..., Namespace]:
    """Return the options that words on the command line give."""

    def parsed(*words: str) -> Namespace:
        found: Namespace = parser.parse_args(list(words))
        return found

    return parsed


@pytest.fixture
def environment(parse: Callable[..., Namespace]) -> Environment:
    """A headless environment without an option of its own."""
    return Environment(parsed_options=parse("--headless"), locustfile="hotel.py", host="http://api.test")
