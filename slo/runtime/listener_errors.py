"""Exceptions that left event listeners of the locustfile or of plugins.

Locust logs such an exception and calls the other listeners. Without an exit code of ours it would end with 2; with one
nobody else would notice.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from slo.measure.failure_kind import text_of
from slo.record.code_exceptions import CodeExceptions
from slo.runtime.locust_compat import LISTENER_FAILED


class ListenerErrors(logging.Handler):
    """Counts the failed listeners of a process, from Locust's log.

    They are counted into the record of a run; those between two runs into that of the next one.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._counts = CodeExceptions()

    def install(self) -> None:
        """Count from now on."""
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Count a failed listener, if this is what the line is about."""
        if not str(record.msg).startswith(LISTENER_FAILED):
            return
        self._counts.note(f"event listener: {text_of(sys.exc_info()[1])}")  # Locust logs where it has caught it

    def count_into(self, counts: CodeExceptions) -> Callable[[], None]:
        """Count into ``counts`` from now on, also what was counted since the last run ended.

        Returns a function that ends it.
        """
        counts.note_all(self._counts)
        self._counts = counts

        def stop() -> None:
            self._counts = CodeExceptions()

        return stop

    @property
    def pending(self) -> CodeExceptions:
        """What was counted since the last run ended."""
        return self._counts
