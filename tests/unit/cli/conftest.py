"""Saved runs for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import saved_runs


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return saved_runs(tmp_path)
