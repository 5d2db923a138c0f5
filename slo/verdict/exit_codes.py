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
