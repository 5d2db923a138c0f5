"""A lock on a folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from slo.text import folder_lock
from slo.text.folder_lock import locked


def test_changes_of_several_threads_follow_one_another(tmp_path: Path) -> None:
    folder, file = tmp_path / "new", tmp_path / "count"
    file.write_text("0")

    def add() -> None:
        for _ in range(50):
            with locked(folder):
                file.write_text(str(int(file.read_text()) + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read_text() == "200"


def test_an_error_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        pass


def test_without_locks_the_change_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_lock, "fcntl", None)
    with locked(tmp_path), locked(tmp_path):
        pass
