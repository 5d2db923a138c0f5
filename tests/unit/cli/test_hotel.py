"""``locust-slo hotel``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import say


def test_the_suite_is_copied_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "suite"
    said = say(capsys, "hotel", folder)
    assert f"cd {folder} && locust -f locustfiles/hotel.py" in said
    assert (folder / "locustfiles" / "hotel.py").exists()
    assert (folder / "demo" / "__main__.py").exists()
    assert not list(folder.rglob("__pycache__"))
    assert "exists already; nothing was copied" in say(capsys, "hotel", folder, code=3)
