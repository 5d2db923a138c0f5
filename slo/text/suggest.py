"""Suggestions for a misspelt name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is closest to ``name``; None if no name is close."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def hint(name: str, known: Iterable[str], limit: int = 12) -> str:
    """Return the end of a sentence about an unknown name: what was probably meant, and up to ``limit`` known names."""
    names = sorted(known)
    if not names:
        return ""
    meant = closest(name, names)
    question = f"; did you mean '{meant}'?" if meant else ";"
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{question} There is: {', '.join(names[:limit])}{more}"
