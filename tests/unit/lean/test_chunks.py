"""The pieces of a body, as text and as lines."""

from __future__ import annotations

from typing import Any

import pytest

from slo.lean.chunks import decoded, lines_of


@pytest.mark.parametrize(
    ("pieces", "texts"),
    [
        ([b"Zo\xc3", b"\xab!"], ["Zo", "ë!"]),
        ([b"a", b"b\xff", b"\xc3\xab"], ["a", b"b\xff", b"\xc3\xab"]),
        ([b"a\xc3", b"\xff"], ["a", b"\xc3\xff"]),
        ([b"a\xc3"], ["a", b"\xc3"]),
    ],
)
def test_pieces_are_text_as_long_as_they_are_utf_8(pieces: list[bytes], texts: list[Any]) -> None:
    assert list(decoded(pieces)) == texts


@pytest.mark.parametrize("pieces", [[b"a\r\nb\xc3", b"\xab\n\n", b"c"], ["a\nb", "ë\n\nc"]])
def test_lines_come_without_their_ends_however_they_are_cut(pieces: list[Any]) -> None:
    assert list(lines_of(pieces)) == ["a", "bë", "", "c"]
