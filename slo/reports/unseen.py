"""What nobody sees in a name and what can spoil a report: control characters, marks that turn or hide text, halves.

Names come from other people's locustfiles and servers.
"""

from __future__ import annotations

import re

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]")


def one_line(text: str, instead: str = " ") -> str:
    """Return ``text`` with ``instead`` for every row of characters that nobody sees, so on one line."""
    return _ROWS.sub(instead, text)


_ROWS = re.compile(f"{UNSEEN.pattern}+")
