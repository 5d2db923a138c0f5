"""Exact quantities with units: ``3000 ms``, ``0.5 %``, ``10 rps``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Literal

Unit = Literal["ms", "ratio", "rps", "count", "users", "s", "%/h"]

_SUFFIXES: Mapping[Unit, Mapping[str, Fraction]] = {
    "ms": {
        "us": Fraction(1, 1000),
        "µs": Fraction(1, 1000),
        "ms": Fraction(1),
        "s": Fraction(1000),
        "min": Fraction(60_000),
        "h": Fraction(3_600_000),
    },
    "ratio": {"%": Fraction(1, 100)},
    "rps": {"rps": Fraction(1), "req/s": Fraction(1), "rpm": Fraction(1, 60)},
    "count": {"": Fraction(1), "requests": Fraction(1)},
    "users": {"users": Fraction(1), "user": Fraction(1)},
    "s": {"ms": Fraction(1, 1000), "s": Fraction(1), "min": Fraction(60), "h": Fraction(3600)},
    "%/h": {"%/h": Fraction(1)},
}
_ALLOWED: Mapping[Unit, str] = {
    "ms": "a time with its unit (us, ms, s, min, h), like `3000 ms` or `3 s`",
    "ratio": "a share in percent, like `1 %` or `0.5 %`",
    "rps": "a rate (rps, req/s, rpm), like `10 rps`",
    "count": "a whole number of requests, like `300`",
    "users": "a number of users, like `50 users`",
    "s": "a duration with its unit (ms, s, min, h), like `30 s`",
    "%/h": "a change in percent per hour, like `5 %/h`",
}
MAX_PLACES = 6
"""Decimals that a value gets at most to differ from a bound."""
_QUANTITY = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([^0-9.,\s+-][^\s]*)?", re.ASCII)


class QuantityError(ValueError):
    """A text that is not a quantity of the expected unit; the message says what is allowed."""


def parse(text: object, unit: Unit) -> Fraction:
    """Return ``text`` as an exact number of ``unit``: milliseconds, a ratio, requests per second ...

    Raises QuantityError.
    """
    shown = str(text)[:40]
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise QuantityError(f"`{shown}` is no quantity; write {_ALLOWED[unit]}")
    found = _QUANTITY.fullmatch(str(text).strip())
    if found is None:
        raise QuantityError(f"`{shown}` is no quantity{_reason(shown)}; write {_ALLOWED[unit]}")
    number, suffix = Fraction(found[1]), found[2] or ""
    factor = _SUFFIXES[unit].get(suffix)
    if factor is None:
        wrong = f"`{shown}` has no unit" if not suffix else f"`{suffix}` is not a unit here"
        raise QuantityError(f"{wrong}; write {_ALLOWED[unit]}")
    if unit == "count" and number.denominator != 1:
        raise QuantityError(f"`{shown}` is not whole; write {_ALLOWED[unit]}")
    return number * factor


def _reason(text: str) -> str:
    if "," in text:
        return " (a decimal point is a `.`)"
    if text.lstrip().startswith("-"):
        return " (it cannot be negative)"
    return ""


def write(value: Fraction, unit: Unit) -> str:
    """Return a text that ``parse`` reads back as the same value, if it has a finite decimal form."""
    number = value * 100 if unit == "ratio" else value
    text = format((Decimal(number.numerator) / Decimal(number.denominator)).normalize(), "f")
    return text if unit == "count" else f"{text} {'%' if unit == 'ratio' else unit}"


def show(value: Fraction | float, unit: Unit, *compared_with: Fraction | None) -> str:
    """Return ``value`` for people, with its unit; rounding never makes it look like 0 % or 100 %.

    Where it differs from a value of ``compared_with``, it gets as many digits as it takes to show the difference.
    """
    exact = Fraction(value)
    text = _shown(exact, unit)
    alike = [one for one in compared_with if one not in (None, exact) and _shown(Fraction(one), unit) == text]
    if not alike:
        return text
    scale = 100 if unit == "ratio" else 1
    for places in range(2, MAX_PLACES + 1):
        rounded = _fixed(exact * scale, places)
        if rounded not in (_fixed(one * scale, places) for one in alike):
            break
    return write(Fraction(rounded) / scale, unit)


def _shown(exact: Fraction, unit: Unit) -> str:
    if unit == "ratio":
        return f"{_percent(exact * 100)} %"
    if unit == "count":
        return f"{round(exact):,}"
    return f"{_significant(exact)} {unit}"


def _percent(percent: Fraction) -> str:
    """Two decimals, or as many as it takes to differ from 0 and from 100."""
    for places in range(2, 12):
        text = _fixed(percent, places)
        if (Fraction(text) in (0, 100)) == (percent in (0, 100)):
            return text
    return text


def _significant(value: Fraction) -> str:
    """Three digits or all before the point; no exponent."""
    if value == 0:
        return "0"
    places = 0
    while places < 9 and abs(value) * 10**places < 99.95:
        places += 1
    text = _fixed(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fixed(value: Fraction, places: int) -> str:
    scaled = Context(prec=60).divide(Decimal(value.numerator), Decimal(value.denominator))
    return format(scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, Context(prec=60)), "f")
