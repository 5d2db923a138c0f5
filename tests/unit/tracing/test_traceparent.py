"""Trace contexts in the headers of requests."""

from __future__ import annotations

import pytest

from slo.record.slowest import SlowRequest
from slo.tracing.traced import trace_id_of
from slo.tracing.traceparent import HEADER, TraceIds, is_trace_id, trace_id_in
from tests.support.slow import slow


def test_each_context_is_another_and_valid() -> None:
    ids = TraceIds()
    made_ = [ids.context() for _ in range(1000)]
    assert len({trace_id for trace_id, _ in made_}) == 1000
    for trace_id, header in made_:
        assert trace_id_in({HEADER: header}) == trace_id
        assert header[-3:] == "-01"
    assert TraceIds().context() != TraceIds().context()


@pytest.mark.parametrize("text", ["0" * 32, "A" * 32, "a" * 31, "a" * 33, f"{'a' * 32}\n", "", None, 3])
def test_what_is_no_trace_id_is_not_taken_for_one(text: object) -> None:
    assert not is_trace_id(text)
    assert trace_id_in({HEADER: f"00-{text}-{'b' * 16}-01"}) is None
    with pytest.raises(ValueError, match="trace_id"):
        SlowRequest.from_data({**slow(1).to_data(), "trace_id": text})


def test_a_header_is_found_however_it_is_spelt() -> None:
    value = f"00-{'a' * 32}-{'b' * 16}-01"
    assert trace_id_in({"TraceParent": value}) == trace_id_in({b"traceparent": value.encode()}) == "a" * 32
    assert trace_id_in({"x": value}) is trace_id_in(None) is trace_id_of(None, None) is None
