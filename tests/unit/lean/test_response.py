"""The response to a request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from slo.lean import response as response_module
from slo.lean.response import DETECTED_BYTES, Response


def answered(content: bytes, content_type: str = "", status: int = 200) -> Response:
    response = Response("http://shop.test/", "GET")
    response.status_code, response.content = status, content
    response._names, response._values = (["Content-Type"], [content_type]) if content_type else ([], [])
    return response


def test_without_an_answer_it_has_the_error_alone() -> None:
    response = Response("http://shop.test/", "GET", TimeoutError("late"))
    assert (response.status_code, response.content, response.text, response.headers) == (0, None, None, None)
    assert response.ok
    with pytest.raises(TimeoutError):
        response.raise_for_status()


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("Zoë".encode(), "text/plain; charset=utf-8", "Zoë"),
        ("Zoë".encode("latin-1"), "text/plain; charset=latin-1", "Zoë"),
        (b"abc", "text/plain; charset=nonsense", "abc"),
        (b"", "", ""),
    ],
)
def test_text_is_read_in_the_charset_of_the_headers(content: bytes, content_type: str, text: str) -> None:
    assert answered(content, content_type).text == text


def test_an_encoding_that_was_set_is_used() -> None:
    response = answered("Zoë".encode(), "text/plain; charset=ascii")
    response.encoding = "utf-8"
    assert response.text == "Zoë"


def test_json_is_parsed_or_a_value_error() -> None:
    assert answered(b'{"a": 1}', "application/json").json() == {"a": 1}
    with pytest.raises(ValueError, match="Expecting value"):
        answered(b"<html>", "text/html").json()


def test_the_request_that_was_sent_is_known() -> None:
    response = answered(b"")
    response._sent = (b"POST / HTTP/1.1\r\nHost: shop.test\r\nX-A: b: c\r\n\r\n", b"body")
    sent = response.request
    assert (sent.method, sent.headers, sent.body) == ("GET", {"Host": "shop.test", "X-A": "b: c"}, b"body")


def test_elapsed_is_the_response_time_of_the_event() -> None:
    response = answered(b"")
    response.request_meta = {"response_time": 1500.0}
    assert response.elapsed == timedelta(seconds=1.5)


def test_what_was_read_whole_is_iterated_too() -> None:
    response = answered("Zoë\nAnn".encode())
    assert list(response.iter_content(4)) == ["Zoë", "\nAnn"]
    assert list(response.iter_content(100, decode_content=False)) == [response.content]
    assert list(response.iter_lines()) == ["Zoë", "Ann"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_json_has_the_encodings_of_its_standard(encoding: str) -> None:
    assert answered('{"name": "Zoë"}'.encode(encoding), "application/json").json() == {"name": "Zoë"}


def test_json_against_its_standard_is_read_in_the_charset_of_the_headers() -> None:
    assert answered('"Zoë"'.encode("latin-1"), "application/json; charset=latin-1").json() == "Zoë"


def test_a_text_without_a_charset_is_utf_8_or_judged_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def detect(content: bytes) -> dict[str, str]:
        seen.append(len(content))
        return {"encoding": "latin-1"}

    monkeypatch.setattr(response_module, "detect", detect)
    assert answered("Zoë".encode() * 1_000_000).text == "Zoë" * 1_000_000
    assert seen == []
    assert answered("Zoë".encode("latin-1") * 100_000).text == "Zoë" * 100_000
    assert seen == [DETECTED_BYTES]
