"""Requests that Locust hears of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gevent import GreenletExit
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.event import EventHook

from slo.lean.errors import LeanError
from slo.lean.response import Response
from slo.lean.session import LeanHttpSession
from slo.lean.settings import Settings


class Session(LeanHttpSession):
    """Answers by itself, with the status that the path names."""

    def send(self, method: str, url: str, headers: Any, body: Any, *_: Any) -> Response:
        if url.endswith("/stopped"):
            raise GreenletExit
        if url.endswith("/late"):
            raise TimeoutError("late")
        response = self.response_class(self.full_url(url), method)
        response.status_code, response.content = int(url.rpartition("/")[2].partition("?")[0]), b"body"
        response._sent = (repr(sorted((headers or {}).items())).encode(), body.content if body else b"")
        return response


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def session(heard: list[dict[str, Any]]) -> Session:
    event = EventHook()
    event.add_listener(lambda **fields: heard.append(fields))
    return Session("http://shop.test", event, None, Settings())


def test_a_request_is_reported_once_with_all_fields(session: Session, heard: list[dict[str, Any]]) -> None:
    session.get("/200", name="page", context={"guest": 1})
    (one,) = heard
    assert (one["request_type"], one["name"], one["exception"], one["response_length"]) == ("GET", "page", None, 4)
    assert (one["url"], one["context"]) == ("http://shop.test/200", {"guest": 1})
    assert one["response_time"] >= 0


@pytest.mark.parametrize(("path", "kind"), [("/503", LocustBadStatusCode), ("/late", TimeoutError)])
def test_a_failed_request_raises_nothing(
    session: Session, heard: list[dict[str, Any]], path: str, kind: type[Exception]
) -> None:
    response = session.get(path)
    assert isinstance(response.error, kind)
    assert isinstance(heard[0]["exception"], kind)


def test_a_with_block_reports_at_its_end(session: Session, heard: list[dict[str, Any]]) -> None:
    with session.get("/404", catch_response=True) as response:
        assert heard == []
        response.success()
    assert [one["exception"] for one in heard] == [None]


def test_requests_of_a_with_block_have_one_name(session: Session, heard: list[dict[str, Any]]) -> None:
    with session.rename_request("pages"):
        session.get("/200?page=1")
        session.get("/200?page=2")
    session.get("/200")
    assert [one["name"] for one in heard] == ["pages", "pages", "/200"]


def test_json_and_basic_authorization_become_headers(session: Session) -> None:
    sent = session.post("/200", json={"a": 1}, auth=("me", "pass"), headers={"authorization": "x"}).request
    head = session.post("/200", json={"a": 1}, auth=("me", "pass"))._sent[0].decode()
    assert "Basic bWU6cGFzcw==" in head
    assert "application/json" in head
    assert sent.body == b'{"a": 1}' or sent.body == b'{"a":1}'


def test_streams_are_refused(session: Session) -> None:
    with pytest.raises(LeanError, match="leave stream out"):
        session.get("/200", stream=True)


@pytest.mark.parametrize("name", [None, "page"])
def test_a_request_whose_user_is_stopped_is_reported_to_what_measures_the_run(
    session: Session, heard: list[dict[str, Any]], name: str | None
) -> None:
    reported: list[tuple[tuple[str, str], float]] = []
    context = SimpleNamespace(on_unanswered=lambda *fields: reported.append(fields))
    session.user = SimpleNamespace(environment=SimpleNamespace(slo=context), context=dict)
    with pytest.raises(GreenletExit):
        session.get("/stopped", name=name)
    assert [called for called, _ in reported] == [("GET", name or "/stopped")]
    assert reported[0][1] >= 0
    assert heard == []
    context.on_unanswered = None  # no run is measured
    with pytest.raises(GreenletExit):
        session.get("/stopped")
