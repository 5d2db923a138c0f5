"""A locustfile that sets an exit code, too: the worse wins, whatever is imported first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import A_FEW, Demo, locust

OWN = """
from locust import events

@events.{event}.add_listener
def decide(environment, **_):
    environment.process_exit_code = {code}
"""
PLUGIN = "import slo.plugin\n"
USER = """
from locust import HttpUser, constant, task

class Guest(HttpUser):
    wait_time = constant(0.05)

    @task
    def ask(self):
        self.client.get("{path}", name="home")
"""
OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 50 %, priority: P0}\n"
GOOD, BAD = "/health/live", "/nowhere"


@pytest.mark.parametrize("plugin_first", [True, False])
@pytest.mark.parametrize(
    ("event", "code", "path", "expected"),
    [
        ("quitting", 0, BAD, 2),
        ("quitting", 1, GOOD, 1),
        ("test_stop", 0, BAD, 2),
        ("quitting", 42, BAD, 42),
    ],
)
def test_the_worse_exit_code_wins_whatever_is_imported_first(
    event: str, code: int, path: str, expected: int, plugin_first: bool, demo: Demo, tmp_path: Path
) -> None:
    own = OWN.format(event=event, code=code)
    text = (PLUGIN + own if plugin_first else own + PLUGIN) + USER.format(path=path)
    (tmp_path / "own.py").write_text(text, encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ("-f", tmp_path / "own.py", "-H", demo.url, "-u", 1, *A_FEW, "--objectives", tmp_path / "o.yaml")
    done = locust(tmp_path / "reports", *words)
    assert done.code == expected, done.out + done.err
    assert f"set the exit code to {code}, the verdict's is {done.verdict['exit_code']}: " in done.err
    assert f"the process ends with {expected}" in done.err
