"""Untrusted text is shown on one line, within its length limit, and without invisible characters."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.text.clean import (
    INVISIBLE,
    MAX_LENGTH,
    cleaned,
    encodable,
    escape_what_cannot_be_printed,
    file_name,
    for_terminal,
    one_line,
    stored,
)

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)


@given(ANY_TEXT, st.integers(1, 300))
def test_cleaned_is_bounded_and_visible(text: str, max_length: int) -> None:
    shown = cleaned(text, max_length)
    assert len(shown) <= max_length
    assert not INVISIBLE.search(shown)


@given(st.text("abc é", max_size=MAX_LENGTH))
def test_visible_text_within_the_limit_is_unchanged(text: str) -> None:
    assert cleaned(text) == for_terminal(text) == one_line(text) == text


@given(ANY_TEXT, st.integers(1, 300))
def test_for_terminal_is_bounded_and_holds_no_workflow_command(text: str, max_length: int) -> None:
    shown = for_terminal(text, max_length)
    assert len(shown) <= max_length
    assert not INVISIBLE.search(shown)
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown


@pytest.mark.parametrize("command", ["::error::x", "  ::set-output::x", "a ##[group]"])
def test_workflow_commands_are_broken_up(command: str) -> None:
    shown = for_terminal(command)
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    assert shown.replace(" ", "") == command.replace(" ", "")


def test_a_run_of_invisible_characters_becomes_one_replacement() -> None:
    assert one_line("a\r\n\x00b") == "a b"
    assert one_line("a\u202e\u200bb", "") == "ab"
    assert cleaned("a\r\nb") == "a\ufffdb"


def test_a_cut_text_ends_with_an_ellipsis() -> None:
    assert cleaned("a" * 161) == "a" * 159 + "…"
    assert cleaned("\n" * 1000 + "a", 5) == "\ufffd…"
    assert for_terminal("a" * 11, 10) == "a" * 9 + "…"


@given(ANY_TEXT)
def test_a_part_of_a_file_name_leads_nowhere_else(text: str) -> None:
    name = file_name(text)
    assert not set("/\\: ") & set(name)
    assert name.isascii()
    assert name in ("", Path(name).name)
    assert file_name(name) == name


def test_unsafe_characters_become_one_dash() -> None:
    assert file_name("../shop für alle.v2/") == "shop-f-r-alle.v2"


@given(ANY_TEXT)
def test_what_is_stored_is_one_line_of_valid_text(text: str) -> None:
    found = stored(text)
    found.encode()
    assert not INVISIBLE.search(found)


@given(st.recursive(ANY_TEXT | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_data_becomes_encodable(data: object) -> None:
    json.dumps(encodable(data), ensure_ascii=False).encode()


def test_a_stream_writes_what_its_encoding_lacks_as_an_escape() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    escape_what_cannot_be_printed(stream, None)
    stream.write("b\u00fasqueda \U0001f600")
    stream.flush()
    assert raw.getvalue() == rb"b\xfasqueda \U0001f600"
