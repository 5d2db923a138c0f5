"""Failure kinds: one cause is one kind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.measure.failure_kind import MAX_TEXT, kind_of, status_of, text_of


class CatchResponseError(Exception):
    """Named as Locust's: the text comes from the locustfile."""


@pytest.mark.parametrize(
    ("exception", "status", "kind"),
    [
        (ValueError("x"), 503, "HTTP 503"),
        (CatchResponseError("no rooms in it"), 503, "no rooms in it"),
        (TimeoutError("timed out"), 0, "timeout"),
        (ConnectionRefusedError(111, "Connection refused"), 0, "connection refused"),
        (ConnectionResetError(104, "Connection reset by peer"), 0, "connection reset"),
        (BrokenPipeError(32, "Broken pipe"), 0, "connection reset"),
        (ValueError("no key"), 200, "ValueError: no key"),
        (ValueError(), 0, "ValueError: ValueError()"),
    ],
)
def test_a_cause_has_its_kind(exception: Exception, status: int, kind: str) -> None:
    assert kind_of(exception, SimpleNamespace(status_code=status)) == kind


def test_numbers_and_ids_do_not_make_new_kinds() -> None:
    first = kind_of(CatchResponseError("booking 123456 at 0x7f12aa00bb failed"))
    assert first == kind_of(CatchResponseError("booking 987654 at 0x7f99cc11dd failed"))
    assert "#" in first


@given(st.text(max_size=2000))
def test_a_kind_is_never_empty_and_bounded(text: str) -> None:
    kind = kind_of(CatchResponseError(text))
    assert 0 < len(kind) <= MAX_TEXT


@pytest.mark.parametrize(
    ("response", "status"), [(None, 0), (SimpleNamespace(status_code=None), 0), (SimpleNamespace(status_code=404), 404)]
)
def test_a_status_is_read_where_there_is_one(response: object, status: int) -> None:
    assert status_of(response) == status


def test_an_exception_whose_text_cannot_be_made_is_a_kind_of_its_own() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert kind_of(OddError()) == "OddError: its text cannot be made (RuntimeError)"


def test_the_text_of_an_exception_can_be_written_anywhere() -> None:
    found = text_of(ValueError("half an emoji \ud83d and\x1b[31m a\nline"))
    assert found.startswith("ValueError: half an emoji")
    found.encode()
    assert found.isprintable()
