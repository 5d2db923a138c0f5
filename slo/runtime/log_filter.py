"""Removes Locust's three log lines per second of a ramp from the log; our plan names its stages."""

from __future__ import annotations

import logging

_RAMP_LINES = (
    "Shape test updating",
    "Ramping to",
    "All users spawned",
    "Sending spawn jobs",
    "Spawning is",
)
_RATE_WARNING = "Your selected spawn rate is very high"
"""A warning for people who choose a spawn rate; ours follows from the plan, or the search."""


class RampLogFilter(logging.Filter):
    """A filter on the runner's log, between ``start`` and ``stop``."""

    def start(self, wanted: bool) -> None:
        """Filter from now on, if ``wanted``."""
        if wanted:
            logging.getLogger("locust.runners").addFilter(self)

    def stop(self) -> None:
        """Filter no longer."""
        logging.getLogger("locust.runners").removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is logged."""
        text = record.getMessage()
        return not text.startswith(_RAMP_LINES if record.levelno <= logging.INFO else _RATE_WARNING)
