"""The API's client for the PMS: with a timeout, a cache and a circuit breaker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from geventhttpclient import HTTPClient

from demo.breaker import Breaker
from demo.cache import Cache
from demo.metrics import Metrics

CONNECTIONS = 64


class PmsError(Exception):
    """The PMS cannot be had: it failed, was too slow, or the breaker is open."""


class PmsClient:
    """Keeps connections to the PMS at ``url``; ``timeout_s`` limits every call."""

    def __init__(self, url: str, timeout_s: float, breaker: Breaker, cache: Cache, metrics: Metrics) -> None:
        self._http = HTTPClient.from_url(
            url, concurrency=CONNECTIONS, connection_timeout=timeout_s, network_timeout=timeout_s
        )
        self._breaker = breaker
        self._cache = cache
        self._metrics = metrics

    @property
    def breaker(self) -> str:
        """The breaker's state."""
        return self._breaker.state

    def look_up(self, path: str) -> Any:
        """Return the PMS' answer to GET ``path``, from the cache while it is fresh. Raises PmsError."""
        known = self._cache.get(path)
        if known is not None:
            self._metrics.hit()
            return known
        self._metrics.miss()
        answer = self._call("GET", path)
        self._cache.put(path, answer)
        return answer

    def confirm(self, fields: Mapping[str, Any]) -> str:
        """Book in the PMS; returns its confirmation. Raises PmsError."""
        return str(self._call("POST", "/confirmations", fields)["confirmation"])

    def is_well(self) -> bool:
        """Return whether the PMS answers now, whatever the breaker thinks."""
        try:
            self._request("GET", "/health")
        except PmsError:
            return False
        return True

    def set_outage(self, outage: bool) -> None:
        """Let the PMS fail, or work again. Raises PmsError."""
        self._request("PUT", "/control/outage", {"outage": outage})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if not self._breaker.allow():
            raise PmsError("the PMS is unavailable (breaker open)")
        try:
            answer = self._request(method, path, body)
        except PmsError:
            self._breaker.failure()
            raise
        self._breaker.success()
        return answer

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        text = "" if body is None else json.dumps(body)
        try:
            response = self._http.request(method, path, text, {"Content-Type": "application/json"})
            answer = json.loads(response.read() or b"null")
        except Exception as error:  # noqa: BLE001  # sockets, timeouts and parsers each raise their own
            raise PmsError(f"the PMS did not answer ({type(error).__name__})") from None
        if response.status_code >= 400:
            raise PmsError(f"the PMS answered {response.status_code}")
        return answer
