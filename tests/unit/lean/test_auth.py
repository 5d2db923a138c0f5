"""Which response a request with an auth object has."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import requests

from slo.lean.auth import Authenticated
from slo.lean.body import Body
from slo.lean.response import Response


def answering(*statuses: int) -> tuple[list[tuple[str, dict[str, str], Body | None]], Authenticated]:
    """Return what was sent, and a sender whose auth object asks again after a 401."""
    sent: list[tuple[str, dict[str, str], Body | None]] = []

    def send(method: str, url: str, headers: Mapping[str, str] | None, body: Body | None) -> Response:
        response = Response(url, method)
        response.status_code = statuses[len(sent)]
        sent.append((url, dict(headers or {}), body))
        return response

    def again(response: requests.Response, **_: object) -> requests.Response:
        if response.status_code != 401:
            return response
        request = response.request.copy()
        assert request.headers is not None
        request.headers["Authorization"] = "second"
        return response.connection.send(request)

    def auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.register_hook("response", again)
        return request

    return sent, Authenticated(auth, {"User-Agent": "x"}, send)


@pytest.mark.parametrize(("statuses", "history"), [((200,), []), ((401, 200), [401]), ((401, 403), [401])])
def test_the_last_response_is_the_one_and_knows_the_first(statuses: tuple[int, ...], history: list[int]) -> None:
    sent, sender = answering(*statuses)
    response = sender.request("GET", "http://a.test/", {"X-Own": "1"}, None)
    assert response.status_code == statuses[-1]
    assert [one.status_code for one in response.history] == history
    assert [headers.get("Authorization") for _, headers, _ in sent] == [None, "second"][: len(statuses)]
    assert all("User-Agent" not in headers and headers["X-Own"] == "1" for _, headers, _ in sent)


def test_a_body_keeps_its_type_and_a_text_becomes_bytes() -> None:
    sent, sender = answering(200)
    sender.request("POST", "http://a.test/", None, Body(b"{}", "application/json"))
    assert sent[0][1:] == ({"Content-Type": "application/json"}, Body(b"{}", None))
    request = requests.PreparedRequest()
    request.url, request.body = "http://a.test/", "é"
    sender._send = lambda method, url, headers, body: Response(str(body), method)
    assert sender.send(request).lean.url == str(Body("é".encode(), None))
