"""Requests that carry a trace context."""

from __future__ import annotations

from typing import Any

from slo.tracing.traced import ContextTracer, traced_request
from slo.tracing.traceparent import HEADER, trace_id_in


class Client:
    request_name = None

    def request(
        self, method: str, url: str, name: str | None = None, data: Any = None, headers: Any = None, context: Any = None
    ) -> Any:
        return method, url, name, data, headers, context

    carried = traced_request(request, ContextTracer())


def test_what_a_request_was_given_reaches_the_client_with_the_context_added() -> None:
    *same, headers, context = Client().carried("POST", "/x", "x", b"body", {"a": "b"}, {"guest": 1})
    assert same == ["POST", "/x", "x", b"body"]
    assert headers == {"a": "b", HEADER: headers[HEADER]}
    assert context == {"guest": 1, "trace_id": trace_id_in(headers)}
    again = Client().carried("POST", "/x", data=b"body", headers={"a": "b"})
    assert again[3] == b"body"
    assert trace_id_in(again[4]) != trace_id_in(headers)
    own = {"Traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}
    assert Client().carried("GET", "/x", headers=own)[4:] == (own, {"trace_id": "a" * 32})
