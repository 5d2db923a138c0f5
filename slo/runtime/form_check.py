"""The values of Locust's start form, checked as those of the command line are: the form itself accepts anything."""

from __future__ import annotations

import json
import math
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from locust import argument_parser

from slo.runtime import argparse_compat, locust_compat
from slo.text.clean import INVISIBLE, cleaned

MAX_USERS = 10_000_000
"""No load test has more users, or starts more a second."""


def form_error(form: Mapping[str, str], current: Mapping[str, Any] | None = None) -> str:
    """Return what is wrong with the form, as a sentence that names the field; empty where nothing is.

    ``current`` are the values that the options have now. The page fills in those, as they were read: a time as a number
    of seconds, and not as the command line takes it.
    """
    current = current or {}
    host = form.get("host", "")
    if INVISIBLE.search(host) or not _is_base_url(host):
        return f"the host '{cleaned(host, 60)}' is no base URL like https://api.example.com"
    for name in ("user_count", "spawn_rate"):  # Locust's own
        if form.get(name) and not _is_number_of_users(form[name]):
            return f"{name} is a number from 0 to {MAX_USERS}, not '{cleaned(form[name], 60)}'"
    # Locust's own options are Locust's to read: where a shape gives the load, its page sends a spawn rate of 0.
    usual = argument_parser.default_args_dict()
    options = (one for one in argparse_compat.parser_actions(locust_compat.known_parser()) if one.dest not in usual)
    changed = (option for option in options if not _is_same(form.get(option.dest), current.get(option.dest)))
    return next(filter(None, (_option_error(option, form) for option in changed)), "")


def _is_same(text: str | None, value: Any) -> bool:
    """Return whether a field has the value that the page filled in."""
    if text is None or value is None:
        return False
    try:
        return text == str(value) or text.lower() == json.dumps(value).lower() or float(text) == float(value)
    except (TypeError, ValueError):
        return False


def _option_error(option: Any, form: Mapping[str, str]) -> str:
    value = form.get(option.dest)
    if not value or not option.option_strings or option.nargs not in (None, 1):
        return ""
    name, shown = option.option_strings[-1], cleaned(value, 60)
    try:
        found = option.type(value) if callable(option.type) else value
    except (ArgumentTypeError, ValueError, TypeError, OverflowError) as error:
        text = cleaned(str(error), 300)
        return text if name in text else f"{name} cannot be '{shown}': {text}"
    if isinstance(found, float) and not math.isfinite(found):
        return f"{name} is a number, not '{shown}'"
    if isinstance(option.choices, Iterable) and found not in option.choices:
        return f"{name} is one of {', '.join(map(str, option.choices))}, not '{shown}'"
    return ""


def _is_number_of_users(text: str) -> bool:
    try:
        return 0 <= float(text) <= MAX_USERS
    except ValueError:
        return False


def _is_base_url(host: str) -> bool:
    try:
        parts = urlsplit(host)
        return not host or bool(parts.port or parts.hostname or "//" not in host)
    except ValueError:
        return False
