"""Runs against a demo API whose limit, queue or leak is known from its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Finished


def objectives(folder: Path, *lines: str) -> Path:
    file = folder / "objectives.yaml"
    file.write_text("version: 1\nobjectives:\n" + "".join(f"  - {{{line}}}\n" for line in lines), encoding="utf-8")
    return file


def figures(done: Finished) -> dict[str, dict[str, Any]]:
    assert done.verdict["findings"], done.out + done.err
    return {figure["name"]: figure for finding in done.verdict["findings"] for figure in finding["figures"]}


def once_slow_then_long(first: int, *others: int) -> list[Any]:
    """Return the values as parameters: CI runs the first, `make test-long` the others; each takes a minute."""
    marked = [pytest.param(first, marks=pytest.mark.slow)]
    return [*marked, *(pytest.param(other, marks=pytest.mark.long) for other in others)]
