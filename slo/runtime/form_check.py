"""The values of Locust's start form, checked as those of the command line are: the form itself accepts anything."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from slo.runtime import locust_compat
from slo.text.clean import INVISIBLE, cleaned

MAX_USERS = 10_000_000
_COUNTS = {"user_count": 0.0, "spawn_rate": 0.0}
"""Locust's own numbers of the form, and what each must be larger than or equal to."""


def form_error(form: Mapping[str, str]) -> str:
    """Return what is wrong with the form, as a sentence that names the field; empty where nothing is."""
    host = form.get("host", "")
    if INVISIBLE.search(host) or not _is_base_url(host):
        return f"the host '{cleaned(host, 60)}' is no base URL like https://api.example.com"
    for name, least in _COUNTS.items():
        if form.get(name) and not _is_number(form[name], least):
            return f"{name} is a number from {least:g} to {MAX_USERS}, not '{cleaned(form[name], 60)}'"
    options = locust_compat.parser_actions(locust_compat.known_parser())
    return next(filter(None, (_option_error(option, form) for option in options)), "")


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


def _is_number(text: str, least: float) -> bool:
    try:
        return least <= float(text) <= MAX_USERS
    except ValueError:
        return False


def _is_base_url(host: str) -> bool:
    try:
        parts = urlsplit(host)
        return not host or bool(parts.port or parts.hostname or "//" not in host)
    except ValueError:
        return False
