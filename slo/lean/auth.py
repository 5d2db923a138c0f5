"""Credentials by an object with the interface of ``requests.auth``: it signs a request, or answers to a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.cookies import cookiejar_from_dict
from requests.hooks import dispatch_hook
from requests.structures import CaseInsensitiveDict

from slo.lean import url as urls
from slo.lean.body import Body
from slo.lean.response import Response
from slo.lean.route import Route

AuthObject = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""``requests.auth.HTTPDigestAuth`` for example, or any callable that requests takes as ``auth``."""


class Authenticated:
    """Sends the requests of one call with an auth object, which sees requests' classes: the first one is signed.

    Each answer, those that redirect too, is shown to the hooks that the object has registered, which may send a
    request again. It has no raw connection: an object that authenticates a connection (NTLM) raises AttributeError.
    """

    def __init__(self, auth: AuthObject, send_once: Callable[..., Response], make_route: Callable[..., Route]) -> None:
        """``send_once`` and ``make_route`` are the agent's."""
        self._auth, self._send_once, self._make_route = auth, send_once, make_route
        self._hooks: Any = None

    def __call__(
        self, method: str, route: Route, headers: Mapping[str, Any] | None, body: Body | None, *rest: Any
    ) -> Response:
        """Return the last response to one request; its ``history`` has those before it."""
        request = _prepared(method, route, headers or {}, body)
        if self._hooks is None:
            request = self._auth(request)
            self._hooks = request.hooks
        request.hooks = self._hooks
        sender = _Sender(self._send_once, self._make_route, route.defaults, headers or {}, rest)
        first = sender.send(request)
        if not first.status_code:
            return first.lean
        last = dispatch_hook("response", self._hooks, first)
        if not isinstance(last, _Answer) or last is first:
            return first.lean
        last.lean.history = (first.lean, *last.lean.history)
        return last.lean


class _Sender:
    """Sends one request, and again what an auth object makes of it: it calls ``response.connection.send``."""

    def __init__(
        self,
        send_once: Callable[..., Response],
        make_route: Callable[..., Route],
        defaults: Mapping[str, str],
        headers: Mapping[str, Any],
        rest: tuple[Any, ...],
    ) -> None:
        self._send_once, self._make_route, self._rest = send_once, make_route, rest
        self._defaults = defaults
        self._left_out = [name for name, value in headers.items() if value is None]

    def send(self, request: requests.PreparedRequest, **_: Any) -> _Answer:
        signed: CaseInsensitiveDict[Any] = CaseInsensitiveDict(request.headers or {})
        own = {name: value for name, value in signed.items() if self._defaults.get(name) != value}
        # What is not in the signed request must not be added again: None leaves a header out.
        left_out = (*self._defaults, *self._left_out, "Authorization")
        own |= {name: None for name in left_out if name not in signed}
        content: Any = request.body
        if isinstance(content, str):
            content = content.encode()
        body = None if content is None else Body(content, None)
        method = str(request.method)
        route = self._make_route(method, urls.parse(str(request.url)), tuple(own), self._defaults)
        return _Answer(self._send_once(method, route, own, body, *self._rest), request, self)


def _prepared(method: str, route: Route, headers: Mapping[str, Any], body: Body | None) -> requests.PreparedRequest:
    request = requests.PreparedRequest()
    request.method, request.url = method, route.target.url
    request.headers = CaseInsensitiveDict(route.defaults)
    if body is not None and body.content_type:
        request.headers.setdefault("Content-Type", body.content_type)
    for name, value in headers.items():
        if value is None:
            request.headers.pop(name, None)
        else:
            request.headers[name] = value
    request.body = None if body is None else body.content
    request._cookies = cookiejar_from_dict({})  # the client has a jar of its own
    return request


class _Answer(requests.Response):
    """A response as an auth object reads it."""

    def __init__(self, lean: Response, request: requests.PreparedRequest, connection: _Sender) -> None:
        super().__init__()
        self.lean = lean
        self.status_code, self.reason, self.url = lean.status_code, lean.reason, lean.url
        self.headers = CaseInsensitiveDict(lean.headers or {})
        self.request = request
        self.connection: Any = connection

    @property
    def content(self) -> bytes:
        return self.lean.content or b""

    def close(self) -> None:
        self.lean.close()
