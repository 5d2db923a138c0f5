"""What a request can fail with."""

from __future__ import annotations

import pytest

from slo.lean import errors


@pytest.mark.parametrize(
    "kind",
    [
        errors.InvalidRequestError,
        errors.DisconnectedError,
        errors.MalformedError,
        errors.TooLargeError,
        errors.TooManyRedirectsError,
        TimeoutError,
        ConnectionResetError,
    ],
)
def test_every_failure_of_a_request_is_caught_as_one(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.FAILURES)


def test_a_defect_is_no_failure_of_a_request() -> None:
    assert not issubclass(KeyError, errors.FAILURES)


def test_a_connection_that_was_closed_is_a_connection_error_too() -> None:
    assert issubclass(errors.DisconnectedError, ConnectionError)
