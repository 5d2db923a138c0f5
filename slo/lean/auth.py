"""Credentials by an object with the interface of ``requests.auth``: it signs a request, or answers to a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.cookies import cookiejar_from_dict
from requests.hooks import dispatch_hook
from requests.structures import CaseInsensitiveDict

from slo.lean.body import Body
from slo.lean.response import Response

AuthObject = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""``requests.auth.HTTPDigestAuth`` for example, or any callable that requests takes as ``auth``."""
Send = Callable[..., Response]
"""Sends with a method, a URL, headers and a body, and with the rest of what an agent's ``send`` takes."""


class Authenticated:
    """Sends one request with an auth object, once more where that asks for it; that object sees requests' classes.

    It has no raw connection: an object that authenticates a connection (NTLM) raises AttributeError.
    """

    def __init__(self, auth: AuthObject, defaults: Mapping[str, str], send: Send, rest: tuple[Any, ...] = ()) -> None:
        self._auth, self._defaults = auth, CaseInsensitiveDict(defaults)
        self._send, self._rest = send, rest

    def request(self, method: str, url: str, headers: Mapping[str, str] | None, body: Body | None) -> Response:
        """Return the last response; its ``history`` begins with those that it answers to."""
        signed = self._auth(self._prepared(method, url, headers, body))
        first = self.send(signed)
        if first.lean.error is not None and not first.status_code:
            return first.lean
        last = dispatch_hook("response", signed.hooks, first)
        if not isinstance(last, _Answer) or last is first:
            return first.lean
        last.lean.history = (first.lean, *last.lean.history)
        return last.lean

    def send(self, request: requests.PreparedRequest, **_: Any) -> _Answer:
        """Send what was signed; the name is that of requests' adapters, which an auth object calls."""
        headers: Mapping[str, Any] = request.headers or {}
        own = {name: value for name, value in headers.items() if self._defaults.get(name) != value}
        content: Any = request.body
        if isinstance(content, str):
            content = content.encode()
        body = None if content is None else Body(content, None)
        return _Answer(self._send(str(request.method), str(request.url), own, body, *self._rest), request, self)

    def _prepared(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: Body | None
    ) -> requests.PreparedRequest:
        request = requests.PreparedRequest()
        request.method, request.url = method, url
        request.headers = CaseInsensitiveDict(self._defaults)
        if body is not None and body.content_type:
            request.headers.setdefault("Content-Type", body.content_type)
        request.headers.update(headers or {})
        request.body = None if body is None else body.content
        request._cookies = cookiejar_from_dict({})  # the client has a jar of its own
        return request


class _Answer(requests.Response):
    """A response as an auth object reads it."""

    def __init__(self, lean: Response, request: requests.PreparedRequest, connection: Authenticated) -> None:
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
