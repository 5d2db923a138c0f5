"""The ``client`` of a LeanHttpUser: requests that Locust hears of."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gevent import GreenletExit, Timeout
from locust.contrib.fasthttp import LocustBadStatusCode, LocustUserAgent

from slo.lean.agent import Limits, Timeouts
from slo.lean.body import Body, body_of
from slo.lean.caught import NO_FAILURES, CaughtResponse
from slo.lean.chunks import lines_of
from slo.lean.errors import FAILURES, LeanError
from slo.lean.heads import HeadCache
from slo.lean.settable import REFUSED, Auth, Pair, SettableClient
from slo.lean.settings import Settings
from slo.lean.url import Params, basic_authorization, with_params

INSTEAD = {
    **{name: REFUSED[name] for name in ("cert", "proxies", "hooks")},
    "verify": "set client.verify, or `insecure` of the user class",
    "cookies": "set cookies in client.cookiejar, or give headers={'Cookie': ...}",
    "response_codes": "give catch_response=True, and call response.success() or response.failure()",
    "payload": "give data",
}
"""What to use instead of an argument of requests or of geventhttpclient."""
_NOTHING: Mapping[str, Any] = {}
_GOOD = LocustUserAgent.valid_response_codes


class LeanHttpSession(SettableClient):
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
        max_redirects: int | None = None,
        max_retries: int | None = None,
        **others: Any,
    ) -> CaughtResponse:
        """Send a request and return its response.

        ``url`` is a path below the user's host or absolute; ``name`` is the name that the request counts under, the url
        by default; ``auth`` is a pair of a user's name and password, or an object of ``requests.auth``; ``timeout`` is
        in seconds, one for both or (connection, response); ``max_redirects`` and ``max_retries`` are the user's by
        default. With ``stream`` the request counts as soon as the answer's head is there, and the body is read from the
        response. A failed request raises nothing: status_code is 0 and ``error`` says why. Raises
        TypeError for an argument of other clients, with what to use instead.
        """
        if others or not method.isupper():
            method = _checked(method, others)
        limits = None
        if max_redirects is not None or max_retries is not None:
            limits = self._limits_with(max_redirects, max_retries)
        asked = with_params(url, params) if params else url
        user_context = self.user.context() if self.user is not None else _NOTHING
        start_time = time.time()
        started = time.perf_counter()
        shown = name or self.request_name or url
        self._open[started] = endpoint = method, shown
        body, sending, interruption = None, False, None
        auth = auth or self.auth
        try:
            if auth or data or files or json is not None:
                body, headers = _prepared(data, json, files, headers, auth)
            sending = True
            signs: Any = auth if callable(auth) else None
            response: Any = self.send(method, asked, headers, body, allow_redirects, timeout, limits, stream, signs)
        except FAILURES as error:
            response = CaughtResponse(self.full_url(asked), method, error)
        except BaseException as error:  # noqa: BLE001  # raised again, here or below
            # Raised here from outside, by a gevent.Timeout around the request for example: the request has failed.
            interruption = error
            failure = self._failure_by(error, sending, endpoint, time.perf_counter() - started)
            response = CaughtResponse(self.full_url(asked), method, failure)
        finally:
            self._open.pop(started, None)
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
            "response_length": _announced_length(response) if stream else len(response.content or b""),
            "response_time": (time.perf_counter() - started) * 1000,
        }
        if catch_response and interruption is None:
            self._hand_over(response)
            return response  # type: ignore[no-any-return]
        self.request_event.fire(response=response, **meta)
        if interruption is not None:
            raise interruption
        return response  # type: ignore[no-any-return]

    def _limits_with(self, redirects: int | None, retries: int | None) -> Limits:
        """Return a request's own limits, completed with the user's."""
        of_user = self._limits
        return Limits(
            of_user.redirects if redirects is None else redirects, of_user.retries if retries is None else retries
        )

    def _hand_over(self, response: CaughtResponse) -> None:
        """Leave it to the with-block how the request counts."""
        response._event = self.request_event
        if self._caught is not None:
            self._caught.returned += 1
            response._caught = self._caught

    def _failure_by(self, error: BaseException, sending: bool, endpoint: tuple[str, str], age_s: float) -> Exception:
        """Return the exception that a request ended by ``error`` fails with; raises ``error`` if it does not count."""
        if isinstance(error, GreenletExit):
            self._report_unanswered(endpoint, age_s)
        if not sending or isinstance(error, NO_FAILURES):
            raise error
        if isinstance(error, Timeout):
            return TimeoutError(f"timed out: ended by a gevent.Timeout around it: {error}")
        return error if isinstance(error, Exception) else LeanError(f"ended by {type(error).__name__}: {error}")

    def _report_unanswered(self, endpoint: tuple[str, str], age_s: float) -> None:
        """Report that the user is stopped while this request is open, if locust-slo measures the run."""
        report = getattr(_context_of(self.user), "on_unanswered", None)
        if report is not None:
            report(endpoint, age_s * 1000)

    def iter_lines(self, url: str, method: str = "GET", **words: Any) -> Iterator[str]:
        """Send a request and yield the lines of its answer as they arrive; raises what the request failed with."""
        response = self.request(method, url, stream=True, **words)
        response.raise_for_status()
        yield from lines_of(response.iter_content(decode_content=True))

    def get(self, url: str, **words: Any) -> CaughtResponse:
        """Send a GET request; see ``request``."""
        return self.request("GET", url, **words)

    def head(self, url: str, **words: Any) -> CaughtResponse:
        """Send a HEAD request; see ``request``."""
        return self.request("HEAD", url, **words)

    def options(self, url: str, **words: Any) -> CaughtResponse:
        """Send an OPTIONS request; see ``request``."""
        return self.request("OPTIONS", url, **words)

    def post(self, url: str, data: Any = None, json: Any = None, **words: Any) -> CaughtResponse:
        """Send a POST request; see ``request``."""
        return self.request("POST", url, data=data, json=json, **words)

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


def _checked(method: str, others: Mapping[str, Any]) -> str:
    """Return a method in capitals; raises TypeError for an argument that other clients have."""
    if others:
        argument = next(iter(others))
        instead = INSTEAD.get(argument, "there is no such argument")
        raise TypeError(f"LeanHttpUser's requests take no '{argument}': {instead}")
    return method.upper()


def _prepared(
    data: Any, json: Any, files: Any, headers: Mapping[str, str] | None, auth: Auth | None
) -> tuple[Body | None, Mapping[str, str] | None]:
    """Return the body of a request, and its headers with what the arguments imply."""
    pair = None if callable(auth) else auth
    if pair or json is not None:
        headers = _with_defaults(headers, pair, bool(json is not None and not data))
    return body_of(data, json, files), headers


def _with_defaults(headers: Mapping[str, str] | None, auth: Pair | None, takes_json: bool) -> dict[str, str]:
    made = dict(headers or _NOTHING)
    if auth:
        if not isinstance(auth, tuple | list) or len(auth) != 2:
            raise TypeError(f"auth is a pair (user, password) or an object of requests.auth, not {type(auth).__name__}")
        made = {name: value for name, value in made.items() if name.lower() != "authorization"}
        made["Authorization"] = basic_authorization(*auth)
    if takes_json and not any(name.lower() == "accept" for name in made):
        made["Accept"] = "application/json"
    return made


def _announced_length(response: CaughtResponse) -> int:
    """Return the length in bytes that an answer announces, 0 without: its body is not read yet."""
    announced = response.header("content-length") or ""
    return int(announced) if announced.isdigit() else 0
