"""Exceptions that left the code of a locustfile."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.tally import OTHER
from slo.record.code_exceptions import MAX_TEXTS, CodeExceptions
from slo.record.run import Run
from tests.support.made import requests

COUNTS = st.dictionaries(st.text(max_size=3), st.integers(1, 1000), max_size=20)


@given(COUNTS, COUNTS)
def test_none_is_lost_when_two_processes_are_added(first: dict[str, int], second: dict[str, int]) -> None:
    both = CodeExceptions(first)
    both.note_all(second)
    assert both.total() == sum(first.values()) + sum(second.values())
    assert CodeExceptions.from_data((text, count) for text, count in both.to_data()) == both


def test_their_texts_are_bounded_and_their_number_is_exact() -> None:
    found = CodeExceptions()
    for number in range(3 * MAX_TEXTS):
        found.note(f"KeyError: {number}")
    assert len(found) == MAX_TEXTS + 1
    assert (found.total(), found[OTHER]) == (3 * MAX_TEXTS, 2 * MAX_TEXTS)


def test_the_most_frequent_are_named_first() -> None:
    assert CodeExceptions().sentence() == ""
    assert CodeExceptions(a=1).sentence() == "1 exception left tasks or event listeners: a"
    found = CodeExceptions(a=1, b=2000, c=3, d=4, e=1).sentence()
    assert found.startswith("2,009 exceptions left tasks or event listeners: b (2,000 times); d (4 times); ")
    assert found.endswith("; c (3 times); and 2 other texts")


def test_a_record_has_them_only_where_there_are_any() -> None:
    run = requests(1)
    assert "exceptions" not in run.to_data()
    data = {**run.to_data(), "exceptions": [["KeyError: 'id'", 3]]}
    again = Run.from_data(data)
    assert again.code.exceptions == CodeExceptions({"KeyError: 'id'": 3})
    assert again.to_data() == data
