"""Saved runs for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import saved_runs
from tests.support.saved_run import save_with_objectives, write_limit


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return saved_runs(tmp_path)


@pytest.fixture
def objectives(tmp_path: Path) -> Path:
    return write_limit(tmp_path)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save_with_objectives(tmp_path / "reports")
