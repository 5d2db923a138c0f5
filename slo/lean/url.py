"""URLs: from the text in a locustfile to the server to connect to and the path to request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from requests import PreparedRequest
from requests.exceptions import RequestException

from slo.lean import form
from slo.lean.errors import InvalidRequestError

DEFAULT_PORTS = {"http": 80, "https": 443}
# The characters that RFC 3986 allows in a path and a query as they are.
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?"

Params = Mapping[str, Any] | Sequence[tuple[str, Any]] | str | bytes


class Origin(NamedTuple):
    """The server to connect to; ``host`` is without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The host as in the Host header: with its port unless it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class Target(NamedTuple):
    """A parsed URL: ``path`` is for the request line, ``authorization`` comes from the URL's user name and password."""

    origin: Origin
    path: str
    authorization: str | None = None
    fragment: str = ""

    @property
    def url(self) -> str:
        """The URL that is requested: without user and fragment."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.path}"

    @property
    def url_shown(self) -> str:
        """The URL of the response: with the fragment."""
        return f"{self.url}#{self.fragment}" if self.fragment else self.url


def parse(url: str) -> Target:
    """Parse an absolute URL and escape it where necessary, as requests does; raises InvalidRequestError."""
    try:
        prepared = PreparedRequest()
        prepared.prepare_url(url.strip(), None)
        parts = urlsplit(prepared.url or "")
        host, port = parts.hostname, parts.port
    except (RequestException, ValueError) as error:
        raise InvalidRequestError(f"not a URL: {url!r} ({error})") from None
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise InvalidRequestError(f"not a URL that can be requested: {url!r}; it begins with http:// or https://")
    authorization = None
    if parts.username is not None:
        authorization = basic_authorization(unquote(parts.username), unquote(parts.password or ""))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    origin = Origin(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme])
    return Target(origin, path, authorization, parts.fragment)


def join(base: Target, url: str, path: str) -> Target:
    """Return the target of ``path`` below ``base``; ``url`` is both as one text."""
    whole = base.path.rstrip("/") + path if base.path != "/" else path
    if path[:1] == "/" and _is_plain(whole):
        return Target(base.origin, whole, base.authorization)
    return parse(url)._replace(authorization=base.authorization)


def _is_plain(path: str) -> bool:
    """Return whether a path needs neither escapes nor the removal of dot segments."""
    has_segments = path[:2] == "//" or "/." in path or path[-1:] == "?"
    return not has_segments and path.isascii() and not path.encode().translate(None, _PLAIN)


def with_params(url: str, params: Params) -> str:
    """Return ``url`` with ``params`` in its query; None values are left out, as requests does."""
    if isinstance(params, bytes):
        query = params.decode()
    elif isinstance(params, str):
        query = params
    else:
        query = form.encode(params)
    if not query:
        return url
    url, hash_sign, fragment = url.partition("#")
    return f"{url}{'&' if '?' in url else '?'}{query}{hash_sign}{fragment}"


def redirected(target: Target, location: str) -> Target:
    """Return the target of ``location`` in a response from ``target``, whose fragment it has unless it has its own."""
    # Header bytes reach us as Latin-1; a location beyond ASCII is UTF-8 in the wild.
    raw = location.encode("latin-1", "replace")
    try:
        there = parse(urljoin(target.url, raw.decode()))
    except UnicodeDecodeError:
        there = parse(urljoin(target.url, location))
    except ValueError:
        raise InvalidRequestError(f"not a URL: redirected to {location!r}") from None
    return there if there.fragment else there._replace(fragment=target.fragment)


def basic_authorization(user: str | bytes, password: str | bytes) -> str:
    """Return the Authorization header of HTTP's basic scheme (RFC 7617), in Latin-1 where that has it, as requests."""
    raw = [_in_latin_1(text) if isinstance(text, str) else text for text in (user, password)]
    return "Basic " + b64encode(b":".join(raw)).decode("ascii")


def _in_latin_1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")
