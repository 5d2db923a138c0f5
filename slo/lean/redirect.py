"""What a redirect changes: the method, and the headers that another server must not have. The rules are requests'."""

from __future__ import annotations

from collections.abc import Mapping

from requests.structures import CaseInsensitiveDict

from slo.lean.url import DEFAULT_PORTS, Origin

STATUSES = frozenset({301, 302, 303, 307, 308})
SECRETS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Names of headers that do not follow to another origin."""
_OF_BODY = frozenset({"content-type", "content-length", "transfer-encoding"})


def method_after(status: int, method: str) -> str:
    """Return the method of the request that follows."""
    if status in (302, 303) and method != "HEAD":
        return "GET"
    return "GET" if status == 301 and method == "POST" else method


def keeps_body(status: int) -> bool:
    """Return whether the request that follows has the body of the first."""
    return status in (307, 308)


def is_trusted(first: Origin, then: Origin) -> bool:
    """Return whether credentials for one origin may be sent to another: the same, or the same host now with TLS."""
    if first == then:
        return True
    ports = {(one.scheme, one.port) for one in (first, then)}
    return first.host == then.host and first.scheme == "http" and ports == set(DEFAULT_PORTS.items())


def headers_after(headers: Mapping[str, str], status: int, trusted: bool) -> dict[str, str]:
    """Return a request's own headers for the request that follows; cookies come from the jar."""
    left = {"cookie"} | (set() if keeps_body(status) else _OF_BODY) | (set() if trusted else SECRETS)
    return {name: value for name, value in headers.items() if name.lower() not in left}


def defaults_after(defaults: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers of every request, without those that do not follow to another origin."""
    return CaseInsensitiveDict({name: value for name, value in defaults.items() if name.lower() not in SECRETS})
