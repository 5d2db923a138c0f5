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


class Chatter(logging.Filter):
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
        return record.levelno > logging.INFO or not record.getMessage().startswith(_LINES)
