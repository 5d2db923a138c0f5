"""Calls to httpbin, as a locustfile writes them: each with the same arguments for requests and for the lean client.

An argument that keeps state (a file, a digest) is a function that makes it: each client has its own.
"""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from requests.auth import HTTPBasicAuth, HTTPDigestAuth

Call = tuple[str, str, dict[str, Any]]

PARAMS: tuple[Any, ...] = (
    {"a": "1"},
    {"a": 1, "b": 2.5},
    {"a": ["1", "2"]},
    {"a": ("1", "2")},
    {"a": None, "b": "1"},
    {"a": ""},
    {"a": True},
    {"a b": "c&d=e"},
    {"ñ": "ü€"},
    {"a": "1+1 2%20"},
    [("a", "1"), ("a", "2")],
    (("a", "1"), ("b", "2")),
    "a=1&b=2",
    "a=ü",
    {},
    [],
)
HEADERS: tuple[dict[str, str | None], ...] = (
    {"X-One": "1"},
    {"x-one": "1", "X-Two": ""},
    {"Accept": "application/json"},
    {"accept": "text/html"},
    {"User-Agent": "mine"},
    {"Accept-Encoding": "identity"},
    {"Accept-Encoding": None},
    {"User-Agent": None},
    {"Content-Type": "application/x-own"},
    {"Cookie": "a=b"},
    {"Host": "hotel.test"},
    {"Authorization": "Bearer token"},
    {"X-Latin": "é"},
)
DATA: tuple[Any, ...] = (
    {"a": "1"},
    {"a": ["1", "2"], "b": "ñ"},
    {"a": None, "b": "1"},
    {"a": 1},
    [("a", "1"), ("a", "2")],
    (("a", "1"),),
    "text",
    "ñ",
    b"bytes",
    b"\x00\xff",
    "",
    b"",
    {},
    partial(io.BytesIO, b"file"),
    partial(io.StringIO, "file"),
    bytearray(b"array"),
)
JSON: tuple[Any, ...] = ({"a": 1}, {"a": {"b": [1, 2.5, None, True]}}, [], {}, "text", "", 0, False, {"ñ": "€"}, [{}])
FILES: tuple[dict[str, Any], ...] = (
    {"files": {"photo": b"PNG"}},
    {"files": {"photo": "text"}},
    {"files": {"photo": ("room.png", b"PNG")}},
    {"files": {"photo": ("room.png", b"PNG", "image/png")}},
    {"files": {"photo": ("room.png", b"PNG", "image/png", {"X-Part": "1"})}},
    {"files": {"photo": ("ñ.png", b"PNG")}},
    {"files": {"photo": ('a"b.png', b"PNG")}},
    {"files": [("photo", ("1.png", b"1")), ("photo", ("2.png", b"2"))]},
    {"files": {"photo": (None, "a field")}},
    {"files": {"photo": b"PNG"}, "data": {"a": "1"}},
    {"files": {"photo": b"PNG"}, "data": {"a": ["1", "2"], "b": "ñ"}},
    {"files": {"photo": b"PNG"}, "data": [("a", "1"), ("a", "2")]},
    {"files": {"photo": b"\x00\xff" * 5000}, "data": {"a": b"\xff"}},
    {"files": {}, "data": {"a": "1"}},
)
PATHS = (
    *("/anything", "/anything/a/b", "/anything/", "/anything//a", "/anything/./a", "/anything/a/../b"),
    *("/anything/a b", "/anything/a%20b", "/anything/ñ", "/anything/%C3%B1", "/anything/%zz", "/anything/a;b=c"),
    *("/anything?a=1", "/anything?", "/anything?a=b c", "/anything?a=ñ", "/anything#part", "/anything?a=1#part"),
    *("/anything/a+b", "/anything/a:b@c", "/anything/[a]", "/anything/a%2Fb", "/anything?a=[1]&b={2}", '/anything/"'),
)
ANSWERS = (
    *("/gzip", "/deflate", "/brotli", "/encoding/utf8", "/html", "/xml", "/json", "/deny", "/robots.txt"),
    *("/bytes/100?seed=1", "/stream-bytes/3000?seed=1", "/stream/3", "/range/1000", "/image/png", "/image/svg"),
    *("/response-headers?a=b&a=c", "/base64/SG90ZWw=", "/cache", "/etag/x", "/drip?duration=0&numbytes=5&delay=0"),
)
STATUSES = (200, 201, 202, 204, 206, 300, 304, 400, 401, 403, 404, 405, 406, 409, 418, 422, 429, 500, 502, 503)


def _gets() -> list[Call]:
    return [
        *(("GET", path, {}) for path in (*PATHS, *ANSWERS)),
        *(("GET", "/get", {"params": params}) for params in PARAMS),
        ("GET", "/get?a=0", {"params": {"b": "1"}}),
        ("GET", "/get?a=0#part", {"params": {"b": "1"}}),
        *(("GET", "/headers", {"headers": headers}) for headers in HEADERS),
        *(("GET", f"/status/{status}", {}) for status in STATUSES),
        ("GET", "/range/100", {"headers": {"Range": "bytes=10-19"}}),
        ("GET", "/cache", {"headers": {"If-Modified-Since": "Sat, 28 Nov 2026 00:00:00 GMT"}}),
        ("GET", "/etag/x", {"headers": {"If-None-Match": "x"}}),
        ("GET", "/anything", {"data": {"a": "1"}}),
        ("GET", "/anything", {"json": {"a": 1}}),
    ]


def _bodies() -> list[Call]:
    return [
        *(("POST", "/anything", {"data": data}) for data in DATA),
        *(("POST", "/anything", {"json": json}) for json in JSON),
        *(("POST", "/anything", words) for words in FILES),
        ("POST", "/anything", {}),
        ("POST", "/anything", {"data": {"a": "1"}, "json": {"b": 2}}),
        ("POST", "/anything", {"data": "text", "headers": {"Content-Type": "text/x-own"}}),
        ("POST", "/anything", {"json": {"a": 1}, "headers": {"content-type": "application/hal+json"}}),
        ("POST", "/anything", {"data": b"x" * 300_000}),
        *((method, "/anything", {"data": {"a": "1"}}) for method in ("PUT", "PATCH", "DELETE", "put")),
        *((method, "/anything", {}) for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")),
        ("HEAD", "/gzip", {}),
        ("HEAD", "/get", {}),
    ]


def _redirects() -> list[Call]:
    one = "/redirect-to?url=/anything/there"
    return [
        *(("GET", path, {}) for path in ("/redirect/3", "/relative-redirect/2", "/absolute-redirect/2", one)),
        *(("POST", f"{one}&status_code={status}", {"data": {"a": "1"}}) for status in (301, 302, 303, 307, 308)),
        *(("PUT", f"{one}&status_code={status}", {"json": {"a": 1}}) for status in (301, 302, 303, 307, 308)),
        *(("HEAD", f"{one}&status_code={status}", {}) for status in (302, 307)),
        ("GET", "/redirect/2", {"allow_redirects": False}),
        ("GET", "/redirect/40", {}),
        ("GET", "/redirect-to?url=/anything/ñ", {}),
        ("GET", "/redirect-to?url=/anything/there%23part", {}),
        ("GET", "/redirect-to%3Furl", {}),
        ("GET", "/redirect/1#part", {}),
        ("GET", "/redirect/1", {"headers": {"X-Own": "1", "Authorization": "Bearer token"}}),
    ]


def _credentials() -> list[Call]:
    pair = ("guest", "secret")
    return [
        ("GET", "/basic-auth/guest/secret", {"auth": pair}),
        ("GET", "/basic-auth/guest/secret", {"auth": ("guest", "wrong")}),
        ("GET", "/basic-auth/guest/secret", {"auth": partial(HTTPBasicAuth, *pair)}),
        ("GET", "/hidden-basic-auth/guest/secret", {"auth": pair}),
        ("GET", "/bearer", {"headers": {"Authorization": "Bearer token"}}),
        ("GET", "/bearer", {}),
        ("GET", "/headers", {"auth": ("ñ", "€")}),
        *(
            ("GET", f"/digest-auth/auth/guest/secret/{algorithm}", {"auth": partial(HTTPDigestAuth, *pair)})
            for algorithm in ("MD5", "SHA-256", "SHA-512")
        ),
        ("GET", "/digest-auth/auth/guest/secret", {"auth": partial(HTTPDigestAuth, "guest", "wrong")}),
        ("GET", "/cookies/set?a=1&b=2", {}),
        ("GET", "/cookies/set/a/1", {}),
        ("GET", "/cookies/set/a/1", {"allow_redirects": False}),
        ("GET", "/cookies/delete?a", {}),
        ("GET", "/cookies", {"headers": {"Cookie": "a=1; b=2"}}),
    ]


CALLS: list[Call] = [*_gets(), *_bodies(), *_redirects(), *_credentials()]
