"""Locust's options without a process; what a test changes in this process is restored."""

from __future__ import annotations

import gc
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator

import gevent
import pytest
from locust import argument_parser
from locust.user.task import DefaultTaskSet, TaskSet

from slo.load.pacer import LATE_ATTRIBUTE
from slo.runtime import locust_compat, options


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore what a test may leave behind, and let none start a process for the commit."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("GIT_COMMIT", "0123abc")
    monkeypatch.setattr(sys, "argv", ["locust", "--reports-dir", "no-such-folder"])
    for tasks in (TaskSet, DefaultTaskSet):
        monkeypatch.setattr(tasks, "execute_task", tasks.execute_task)
    listeners, root = list(locust_compat.request_listeners()), logging.getLogger()
    handlers = list(root.handlers)
    yield
    locust_compat.request_listeners()[:] = listeners
    gc.unfreeze()
    root.handlers[:] = handlers
    vars(gevent.getcurrent()).pop(LATE_ATTRIBUTE, None)


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
def refusal(parse: Callable[..., Namespace], capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what is written about options that end the process, which is with 3."""

    def refused(*words: str) -> str:
        with pytest.raises(SystemExit) as caught:
            parse(*words)
        assert caught.value.code == 3
        return capsys.readouterr().err

    return refused
