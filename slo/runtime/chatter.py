"""Keeps Locust's three log lines per second of a ramp out of the log; our plan names its stages."""

from __future__ import annotations

import logging

_LINES = (
    "Shape test updating",
    "Ramping to",
    "All users spawned",
    "Sending spawn jobs",
    "Spawning is",
)
_WANTED = "Your selected spawn rate is very high"
"""A warning to people who choose a rate; ours follows from the plan, or the search."""


class RampLogFilter(logging.Filter):
    """A filter on the runner's log, while it is muted."""

    def mute(self, wanted: bool) -> None:
        """Begin, if ``wanted``."""
        if wanted:
            logging.getLogger("locust.runners").addFilter(self)

    def unmute(self) -> None:
        """End."""
        logging.getLogger("locust.runners").removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is no chatter."""
        said = record.getMessage()
        return not said.startswith(_LINES if record.levelno <= logging.INFO else _WANTED)
