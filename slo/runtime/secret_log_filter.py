"""Taking secrets out of what is logged: Locust, urllib3 and the locustfile log URLs, headers and exceptions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from locust.runners import Runner

from slo.text.redact import Redactor


class SecretLogFilter(logging.Filter):
    """Hides secrets in each record that a handler shows."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's message by one without secrets; every record is shown."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001  # arguments that do not fit: logging itself reports that
            return True
        hidden = self._redactor.hide(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._redactor.hide(logging.Formatter().formatException(record.exc_info))
        return True


def install(redactor: Redactor) -> None:
    """Hide secrets in what all handlers of this process show."""
    for handler in _handlers():
        if not any(isinstance(one, SecretLogFilter) for one in handler.filters):
            handler.addFilter(SecretLogFilter(redactor))


def hide_in_exceptions(runner: Runner, hide: Callable[[str], str]) -> None:
    """Hide secrets in the exceptions that Locust lists, on its page and in its CSV files."""
    log = runner.log_exception

    def log_hidden(node_id: str, msg: str, formatted_tb: str) -> None:
        log(node_id, hide(msg), hide(formatted_tb))

    runner.log_exception = log_hidden  # type: ignore[method-assign]


def _handlers() -> Iterable[logging.Handler]:
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    return dict.fromkeys(handler for logger in [logging.root, *loggers] for handler in logger.handlers)
