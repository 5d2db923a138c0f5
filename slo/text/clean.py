"""Names from elsewhere made fit to be shown: one line, no longer than there is room for, nothing that reorders it."""

from __future__ import annotations

import html
import re

LONGEST = 160
"""Characters of a name or sentence that are shown."""
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]")
"""What nobody sees and what can spoil a report: control characters, marks that turn or hide text, half characters."""
_COMMAND = re.compile(r"^\s*::|##\[")
_ROWS = re.compile(f"{UNSEEN.pattern}+")


def one_line(text: str, instead: str = " ") -> str:
    """Return ``text`` with ``instead`` for every row of characters that nobody sees, so on one line."""
    return _ROWS.sub(instead, text)


def plain(text: object, longest: int = LONGEST) -> str:
    """Return ``text`` on one line of at most ``longest`` characters; control and bidi marks become one sign."""
    shown = one_line(str(text)[: longest * 4], "\ufffd")
    return shown if len(shown) <= longest and len(str(text)) <= longest * 4 else shown[: longest - 1] + "…"


def safe(text: object, longest: int = LONGEST) -> str:
    """Return ``plain`` text escaped for HTML, in content and in attributes."""
    return html.escape(plain(text, longest), quote=True)


def for_terminal(text: str, longest: int = 300) -> str:
    """Return ``text`` as a terminal and the log of a CI can show it: one line of at most ``longest`` characters.

    Names come from other people's locustfiles and servers. No control character reaches the terminal, and nothing that
    GitHub's runner takes for a command at the beginning of a line (``::``) or within it (``##[``).
    """
    text = _COMMAND.sub(lambda found: " ".join(found[0]), UNSEEN.sub("?", text))
    return text if len(text) <= longest else text[: longest - 1] + "…"
