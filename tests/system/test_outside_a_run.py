"""The lean client outside a run, as docs/performance.md shows it: in a test, in a script, by run_single_user."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documentation import blocks
from tests.support.processes import Demo, environment

IMPORTED = """
import os
import sys
import slo.plugin
from locust import run_single_user
from test_guest import Environment, Guest
"""
SCRIPT = IMPORTED + "print(Guest(Environment()).client.get('/health/live').status_code)"
ALONE = (
    IMPORTED
    + """
def once(user):
    user.client.get("/health/live")
    sys.stdout.flush()
    os._exit(0)

Guest.tasks = [once]
run_single_user(Guest)
"""
)


@pytest.mark.parametrize(
    ("script", "words", "said"),
    [("", "-m pytest -p no:cacheprovider test_guest.py", "1 passed"), (SCRIPT, "", "200"), (ALONE, "", "/health/live")],
    ids=["pytest", "a script", "run_single_user"],
)
def test_the_lean_client_works_outside_a_run(script: str, words: str, said: str, demo: Demo, tmp_path: Path) -> None:
    _, example = [block for page, block in blocks("python") if page == "performance.md"]
    (tmp_path / "test_guest.py").write_text(example.replace("http://127.0.0.1:8000", demo.url), encoding="utf-8")
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, *(words.split() or ["script.py"])]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path, env=environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout
