"""Reading a JSON file that anybody may have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.text import json_file
from slo.text.json_file import JsonFileError


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "is not JSON (Expecting"),
        (b"\xff{}", "is not UTF-8 text"),
        (b"[NaN]", "is not JSON (NaN is no number)"),
        (b"[-Infinity]", "is not JSON (-Infinity is no number)"),
        (b"[1e999]", "is not JSON (the number 1e999 is too large)"),
        (b"[" * 100_000, "is nested too deeply"),
        (rb'["\ud83d"]', "holds half a character"),
        (b"[" + b"9" * 5000 + b"]", "is not JSON ("),
    ],
)
def test_what_json_cannot_hold_is_a_sentence(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(raw)
    with pytest.raises(JsonFileError) as caught:
        json_file.read(path)
    assert str(caught.value).startswith(said)


def test_data_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text('{"a": [1, 0.5, "b\u00fasqueda \U0001f600", null]}', encoding="utf-8")
    assert json_file.read(path) == {"a": [1, 0.5, "b\u00fasqueda \U0001f600", None]}
    assert json_file.parse(rb'"\ud83d\ude00"') == "\U0001f600"


def test_files_that_are_none_and_too_large_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        json_file.read(tmp_path / "missing.json")
    with pytest.raises(JsonFileError, match="is not a regular file"):
        json_file.read(tmp_path)
    path = tmp_path / "large.json"
    path.write_text("[" + "1," * 2**20 + "1]", encoding="utf-8")
    with pytest.raises(JsonFileError, match="is larger than 1 MB"):
        json_file.read(path, 2**20)
