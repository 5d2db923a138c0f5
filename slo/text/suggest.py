"""Helping a person who misspelt a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def hint(wrong: str, known: Iterable[str], most: int = 12) -> str:
    """Return the end of a sentence: what was probably meant, and what there is."""
    there = sorted(known)
    if not there:
        return ""
    near = difflib.get_close_matches(wrong, there, n=1)
    meant = f"; did you mean '{near[0]}'?" if near else ";"
    more = f" and {len(there) - most} more" if len(there) > most else ""
    return f"{meant} There is: {', '.join(there[:most])}{more}"
