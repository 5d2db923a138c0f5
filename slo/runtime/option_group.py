"""A group of command-line options whose environment variables begin with ``LOCUST_SLO_``.

Up to version 0.1 they began with ``LOCUST_``, which conflicts with the variables that Kubernetes sets for its services:
a service named ``locust-prometheus`` sets ``LOCUST_PROMETHEUS_PORT=tcp://...``. An old name still works for one
version, if its value is valid for the option.
"""

from __future__ import annotations

import os
import sys
import traceback
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from locust.argument_parser import LocustArgumentParser

from slo.runtime import argparse_compat
from slo.runtime.exit import exit_without_verdict

PREFIX = "LOCUST_SLO_"
OLD_PREFIX = "LOCUST_"
_WITHOUT_OLD_VARIABLE = ("--iterations",)
"""Options whose old name never was one of ours: LOCUST_ITERATIONS belongs to another plugin."""
_TRUE = ("true", "yes", "1", "on")


class OptionGroup:
    """Adds our options to Locust's parser; an option that another plugin defines too ends the process with 3."""

    def __init__(self, parser: LocustArgumentParser, title: str, description: str) -> None:
        argparse_compat.on_option_conflict(parser, self._leave)
        self._group = parser.add_argument_group(title, description)
        self._ours: set[str] = set()

    def add(self, flag: str, **settings: Any) -> None:
        """Add an option; ``settings`` are those of argparse, but for ``env_var``, which follows from the flag."""
        name = flag.lstrip("-").replace("-", "_").upper()
        if flag not in _WITHOUT_OLD_VARIABLE:
            _take_old_variable(name, settings)
        self._ours.add(flag)
        self._group.add_argument(flag, env_var=PREFIX + name, **settings)

    def _leave(self, flags: list[str]) -> None:
        ours = sorted(self._ours.intersection(flags))
        if ours:
            exit_without_verdict(
                f"the option {ours[0]} is defined twice: by locust-slo, and by {_caller()}; rename it there: the "
                "options of locust-slo are listed by `locust --help` with slo.plugin imported"
            )


def _take_old_variable(name: str, settings: dict[str, Any]) -> None:
    """Give the variable of an option the value of its old name, where only that is set and the option takes it."""
    old, new = OLD_PREFIX + name, PREFIX + name
    value = os.environ.get(old)
    if value is None or new in os.environ or not _is_valid(value, settings):
        return
    os.environ[new] = value
    sys.stderr.write(f"locust-slo: {old} is now called {new}; the old name will not work in the next version\n")


def _is_valid(value: str, settings: dict[str, Any]) -> bool:
    if settings.get("action") == "store_true":
        return value.lower() in (*_TRUE, "false", "no", "0", "off")
    if "choices" in settings:
        return value in settings["choices"]
    try:
        settings.get("type", str)(value)
    except (ArgumentTypeError, ValueError, TypeError):
        return False
    return "://" not in value or settings.get("metavar") == "<url>"


def _caller() -> str:
    """Return the file and line outside argparse and Locust of the second definition."""
    for frame in reversed(traceback.extract_stack()):
        parts = Path(frame.filename).parts
        if not {"slo", "locust", "site-packages"}.intersection(parts) and Path(frame.filename).stem != "argparse":
            return f"{frame.filename}, line {frame.lineno}"
    return "another plugin"
