"""Metrics of the target: which are read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slo.measure.scrape import MAX_GAUGES, parse, period_s
from tests.support.target_metrics import TEXT


def test_memory_open_files_and_breakers_are_read() -> None:
    assert parse(TEXT) == {
        "process_resident_memory_bytes": 6.1e7,
        "process_open_fds": 11.0,
        'pms_breaker_state{pms="a b"}': 2.0,
    }


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert len(parse(text)) <= MAX_GAUGES


def test_what_is_kept_of_one_look_is_bounded() -> None:
    many = "# TYPE breaker gauge\n" + "".join(f'breaker{{n="{n}"}} {n}\n' for n in range(100))
    assert len(parse(many)) == MAX_GAUGES


def test_compressed_time_is_looked_at_more_often() -> None:
    assert (period_s(1), period_s(10), period_s(0.1), period_s(0.001)) == (5, 5, 0.5, 0.25)


def test_when_a_breaker_was_made_is_no_state_of_it() -> None:
    text = "# TYPE pms_breaker_created gauge\npms_breaker_created 1.7e9\n"
    assert parse(text + "# TYPE pms_breaker_open gauge\npms_breaker_open 1\n") == {"pms_breaker_open": 1.0}
