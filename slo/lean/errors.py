"""Errors of requests without a usable response; those of the operating system and TLS are OSError."""

from __future__ import annotations


class LeanError(Exception):
    """A request without a usable response; the text says why."""


class InvalidRequestError(LeanError):
    """A request that must not be sent: its URL, a header or its method would not be valid HTTP."""


class DisconnectedError(LeanError, ConnectionError):
    """The server closed the connection before its answer was complete."""


class MalformedError(LeanError):
    """The answer is not valid HTTP, or its content not validly compressed."""


class TooLargeError(LeanError):
    """The answer is larger than allowed, as sent or unpacked."""


class TooManyRedirectsError(LeanError):
    """The redirects did not end."""


FAILURES = (LeanError, OSError)
"""All that a request can fail with; anything else is a defect or belongs to the caller."""
