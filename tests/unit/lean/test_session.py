"""Requests that Locust hears of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent import GreenletExit
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.env import Environment
from locust.event import EventHook

from slo.lean.agent import Limits
from slo.lean.response import Response
from slo.lean.session import INSTEAD, LeanHttpSession
from slo.lean.settings import Settings
from slo.lean.user import LeanHttpUser


class Session(LeanHttpSession):
    """Answers by itself, with the status that the path names."""

    def send(self, method: str, url: str, headers: Any, body: Any, *_: Any) -> Response:
        if url.endswith("/stopped"):
            raise GreenletExit
        if url.endswith("/late"):
            raise TimeoutError("late")
        response = self.response_class(self.full_url(url), method)
        response.status_code, response.content = int(url.rpartition("/")[2].partition("?")[0]), b"body"
        response._names, response._values = ["Content-Length"], [getattr(self, "announced", "4")]
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


@pytest.mark.parametrize(("announced", "length"), [("7", 7), ("", 0), ("x", 0)])
def test_a_stream_counts_with_the_length_that_is_announced(
    session: Session, heard: list[dict[str, Any]], announced: str, length: int
) -> None:
    session.announced = announced
    session.get("/200", stream=True)
    assert heard[0]["response_length"] == length


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


def test_a_method_counts_and_goes_out_in_capitals(session: Session, heard: list[dict[str, Any]]) -> None:
    session.request("get", "/200")
    assert heard[0]["request_type"] == "GET"


def test_json_can_be_given_by_position(session: Session) -> None:
    assert session.post("/200", None, {"a": 1})._sent[1] in (b'{"a": 1}', b'{"a":1}')


@pytest.mark.parametrize("argument", [*INSTEAD, "nonsense"])
def test_an_argument_of_another_client_is_refused_with_what_to_use(
    session: Session, heard: list[dict[str, Any]], argument: str
) -> None:
    with pytest.raises(TypeError, match=f"take no '{argument}': "):
        session.get("/200", **{argument: 1})
    assert heard == []


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ({}, None),
        ({"max_redirects": 0}, Limits(0, 2)),
        ({"max_retries": 5}, Limits(30, 5)),
        ({"max_redirects": 1, "max_retries": 0}, Limits(1, 0)),
    ],
)
def test_a_request_has_limits_of_its_own(words: dict[str, int], limits: Limits | None) -> None:
    given: list[Any] = []

    class Keeping(Session):
        def send(self, method: str, url: str, headers: Any, body: Any, *more: Any) -> Response:
            given.append(more[2])
            return super().send(method, url, headers, body)

    Keeping("http://shop.test", EventHook(), None, Settings(max_retries=2)).get("/200", **words)
    assert given == [limits]


class InterruptedByTestError(Exception):
    pass


@pytest.mark.parametrize("exception", [None, InterruptedByTestError])
@pytest.mark.parametrize("catch", [True, False])
def test_a_timeout_around_a_request_is_a_failure_and_goes_on(
    heard: list[dict[str, Any]], exception: type[Exception] | None, catch: bool
) -> None:
    class Waiting(Session):
        def send(self, *_: Any) -> Response:
            gevent.sleep(30)
            raise AssertionError("nobody interrupted it")

    event = EventHook()
    event.add_listener(lambda **fields: heard.append(fields))
    waiting = Waiting("http://shop.test", event, None, Settings())
    with pytest.raises(exception or gevent.Timeout), gevent.Timeout(0.01, exception):
        waiting.get("/200", catch_response=catch)
    (one,) = heard
    assert isinstance(one["exception"], exception or TimeoutError)
    assert (one["response"].status_code, one["request_type"]) == (0, "GET")


def test_a_client_works_without_options(session: Session, heard: list[dict[str, Any]]) -> None:
    cls = type("User", (LeanHttpUser,), {"host": "http://shop.test"})
    session.user = cls(Environment())  # a library: nothing was parsed
    session.get("/200")
    assert heard[0]["exception"] is None
