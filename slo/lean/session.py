"""The ``client`` of a LeanHttpUser: requests that Locust hears of."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gevent import GreenletExit
from locust.contrib.fasthttp import LocustBadStatusCode, LocustUserAgent

from slo.lean.agent import Agent, Timeouts
from slo.lean.body import body_of
from slo.lean.caught import CaughtResponse
from slo.lean.errors import FAILURES, LeanError
from slo.lean.heads import HeadCache
from slo.lean.settings import Settings
from slo.lean.url import Params, basic_authorization, with_params

_NOTHING: Mapping[str, Any] = {}
_GOOD = LocustUserAgent.valid_response_codes
Auth = tuple[str | bytes, str | bytes]


class LeanHttpSession(Agent):
    """Spelt like FastHttpUser's client; each request fires Locust's ``request`` event with all its arguments."""

    response_class = CaughtResponse

    def __init__(
        self, base_url: str | None, request_event: Any, user: Any, settings: Settings, heads: HeadCache | None = None
    ) -> None:
        super().__init__(base_url, settings, heads)
        self.request_event = request_event
        self.user = user
        self.request_name: str | None = None
        context = _context_of(user)
        open_requests = getattr(context, "open_requests", None)
        self._open: dict[float, tuple[str, str]] = {} if open_requests is None else open_requests.started
        self._caught = getattr(context, "caught", None)

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Count all requests of a with-block under ``name``."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,
        stream: bool = False,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        json: Any = None,
        allow_redirects: bool = True,
        context: Mapping[str, Any] = _NOTHING,
        params: Params | None = None,
        files: Any = None,
        timeout: Timeouts = None,
    ) -> CaughtResponse:
        """Send a request and return its response.

        ``url`` is a path below the user's host or absolute; ``name`` is the name that the request counts under, the url
        by default; ``timeout`` is in seconds, one for both or (connection, response). A failed request raises
        nothing: status_code is 0 and ``error`` says why.
        """
        if stream:
            raise LeanError("LeanHttpUser reads answers whole: leave stream out, or use FastHttpUser for streams")
        asked = with_params(url, params) if params else url
        user_context = self.user.context() if self.user is not None else _NOTHING
        start_time = time.time()
        started = time.perf_counter()
        shown = name or self.request_name or url
        self._open[started] = endpoint = method, shown
        try:
            body = body_of(data, json, files) if data or files or json is not None else None
            if auth or json is not None:
                headers = _with_defaults(headers, auth, bool(json is not None and not data))
            response: Any = self.send(method, asked, headers, body, allow_redirects, timeout)
        except GreenletExit:
            self._report_unanswered(endpoint, time.perf_counter() - started)
            raise
        except FAILURES as error:
            response = CaughtResponse(self.full_url(asked), method, error)
        finally:
            self._open.pop(started, None)
        response_time = (time.perf_counter() - started) * 1000
        if response.error is None and response.status_code not in _GOOD:
            response.error = LocustBadStatusCode(response.url, code=response.status_code)
        # Without the response itself: a circle of objects is freed by the garbage collector only, which costs more
        # than the rest of this function.
        response.request_meta = meta = {
            "request_type": method,
            "name": shown,
            "context": {**user_context, **context},
            "exception": response.error,
            "start_time": start_time,
            "url": self.full_url(asked),
            "response_length": len(response.content or b""),
            "response_time": response_time,
        }
        if catch_response:
            response._event = self.request_event
            if self._caught is not None:
                self._caught.returned += 1
                response._caught = self._caught
        else:
            self.request_event.fire(response=response, **meta)
        return response  # type: ignore[no-any-return]

    def _report_unanswered(self, endpoint: tuple[str, str], age_s: float) -> None:
        """Report that the user is stopped while this request is open, if locust-slo measures the run."""
        report = getattr(_context_of(self.user), "on_unanswered", None)
        if report is not None:
            report(endpoint, age_s * 1000)

    def get(self, url: str, **words: Any) -> CaughtResponse:
        """Send a GET request; see ``request``."""
        return self.request("GET", url, **words)

    def head(self, url: str, **words: Any) -> CaughtResponse:
        """Send a HEAD request; see ``request``."""
        return self.request("HEAD", url, **words)

    def options(self, url: str, **words: Any) -> CaughtResponse:
        """Send an OPTIONS request; see ``request``."""
        return self.request("OPTIONS", url, **words)

    def post(self, url: str, data: Any = None, **words: Any) -> CaughtResponse:
        """Send a POST request; see ``request``."""
        return self.request("POST", url, data=data, **words)

    def put(self, url: str, data: Any = None, **words: Any) -> CaughtResponse:
        """Send a PUT request; see ``request``."""
        return self.request("PUT", url, data=data, **words)

    def patch(self, url: str, data: Any = None, **words: Any) -> CaughtResponse:
        """Send a PATCH request; see ``request``."""
        return self.request("PATCH", url, data=data, **words)

    def delete(self, url: str, **words: Any) -> CaughtResponse:
        """Send a DELETE request; see ``request``."""
        return self.request("DELETE", url, **words)


def _context_of(user: Any) -> Any:
    """Return what locust-slo keeps on the user's environment; None without it."""
    return getattr(getattr(user, "environment", None), "slo", None)


def _with_defaults(headers: Mapping[str, str] | None, auth: Auth | None, takes_json: bool) -> dict[str, str]:
    made = dict(headers or _NOTHING)
    if auth:
        made = {name: value for name, value in made.items() if name.lower() != "authorization"}
        made["Authorization"] = basic_authorization(*auth)
    if takes_json and not any(name.lower() == "accept" for name in made):
        made["Accept"] = "application/json"
    return made
