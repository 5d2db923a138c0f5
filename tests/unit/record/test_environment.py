"""The environment of a run."""

from __future__ import annotations

import pytest

from slo.record import environment
from slo.text.version import __version__


def test_it_names_versions_and_machine_and_nothing_personal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-in-particular")
    found = environment.describe("2.47.0")
    assert found["locust_slo"] == __version__
    assert found["locust"] == "2.47.0"
    assert found["cpu"]
    assert "somebody-in-particular" not in str(found)


@pytest.mark.parametrize("name", ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"])
def test_the_commit_of_a_pipeline_comes_first(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "abc123")
    assert environment.describe("")["commit"] == "abc123"


def test_without_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert environment.describe("")["commit"] is None
