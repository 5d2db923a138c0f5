"""Saved runs for the commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cli import saved_runs
from tests.support.made import requests
from tests.support.processes import ROOT
from tests.support.saved_run import LIMIT, save


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return saved_runs(tmp_path)


@pytest.fixture
def objectives(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(LIMIT.format(target="900 ms", warning="50 ms"), encoding="utf-8")
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = save(tmp_path / "reports" / "load-1", requests(400))
    shutil.copy(ROOT / "slo" / "hotel.yaml", folder / "objectives.yaml")
    return folder
