"""The exit codes of the process, for the plugin and the command line."""

from __future__ import annotations

PASSED = 0
"""PASS or WARNING."""
FAILED = 1
CRITICAL = 2
NO_VERDICT = 3
"""No data, bad input, an incomplete run, or an error of our own."""
INTERRUPTED = {"SIGINT": 130, "SIGTERM": 143}
"""By the name of the signal: 128 and its number, as shells count it."""


_SEVERITY = (PASSED, NO_VERDICT, 1, 2)
"""Exit codes of a verdict, the worst last: passed, no verdict, FAIL, CRITICAL."""


def worse(ours: int, theirs: int | None) -> int:
    """Return the exit code of a process for which the verdict says ``ours`` and the locustfile ``theirs``.

    The worse one. A code that is none of a verdict's is the locustfile's own and stays, unless it is that of a success.
    """
    if theirs is None or theirs == PASSED:
        return ours
    if theirs not in _SEVERITY:
        return theirs
    return max(ours, theirs, key=_SEVERITY.index) if ours in _SEVERITY else ours
