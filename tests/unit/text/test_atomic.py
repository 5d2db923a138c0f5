"""A file is replaced completely or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.text import atomic


def test_a_file_is_created_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    atomic.write(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_text("a longer text than the new one")
    atomic.write(path, "new")
    assert path.read_text() == "new"


def test_a_failed_write_keeps_the_old_file_and_leaves_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        atomic.write(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
