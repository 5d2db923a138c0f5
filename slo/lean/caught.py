"""A response whose request is marked as success or failure by the locustfile, in a with-block."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from gevent import GreenletExit
from locust.exception import (
    CatchResponseError,
    InterruptTaskSet,
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    ResponseError,
    StopTest,
    StopUser,
)

from slo.lean.response import Response

NO_FAILURES = (
    StopUser,
    StopTest,
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    GreenletExit,
    SystemExit,
    KeyboardInterrupt,
)
"""Exceptions that end a task or a user and say nothing of the response."""


class CaughtResponse(Response):
    """The result of a request with ``catch_response=True``; the same interface as FastHttpUser's."""

    _event: Any = None
    """Locust's request event, where the with-block has to fire it."""
    _caught: Any = None
    """Counts the with-blocks that are left, if locust-slo measures the run."""
    _entered = False
    _decided: bool | Exception | None = None

    def __enter__(self) -> Self:
        if self._event is None:
            raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._caught is not None:
            self._caught.reported += 1
        meta = self.request_meta
        decided = self._decided
        if decided is not None:
            meta["exception"] = None if decided is True else decided
            self._event.fire(response=self, **meta)
            return kind is None
        if kind is not None and not issubclass(kind, NO_FAILURES):
            # Locust's own clients report nothing here: the request would be in no statistic.
            meta["exception"] = value
        self._event.fire(response=self, **meta)
        return kind is None or issubclass(kind, ResponseError)

    def success(self) -> None:
        """Count the request as successful, whatever the response."""
        self._check_is_open("response.success()")
        self._decided = True

    def failure(self, exc: object) -> None:
        """Count the request as failed because of ``exc``, an exception or a text."""
        self._check_is_open("response.failure(...)")
        self._decided = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def raise_for_status(self) -> None:
        """Raise what the request failed with or what the with-block decided."""
        if isinstance(self._decided, Exception):
            raise self._decided
        if self._decided is None:
            super().raise_for_status()

    def _check_is_open(self, call: str) -> None:
        if not self._entered:
            raise LocustError(
                "Only a with-block decides how a request counts: "
                f"with self.client.get(..., catch_response=True) as response: {call}"
            )
