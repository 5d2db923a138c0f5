"""The command ``locust-slo``: usage, version, and errors that are sentences with exit code 3."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.cli import main
from slo.text.version import __version__
from tests.support.cli import say, usage


@pytest.mark.parametrize(
    "words", [("nothing",), (), ("validate",), ("report", "x", "--format", "pdf"), ("validate", "x", "--fail-on", "no")]
)
def test_a_usage_error_is_no_verdict(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert "usage: locust-slo" in usage(capsys, *words)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main.main(["--version"])
    assert capsys.readouterr().out == f"locust-slo {__version__}\n"


def test_every_command_has_a_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main.main(["--help"])
    shown = capsys.readouterr().out
    for command in main.COMMANDS:
        name = command.__name__.rpartition(".")[2]
        assert f"    {name}" in shown
        with pytest.raises(SystemExit, match="0"):
            main.main([name, "--help"])


def test_an_error_of_the_system_names_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yaml = tmp_path / "o.yaml"
    yaml.write_text("version: 1\nobjectives: [{indicator: latency.p95, target: 1 s}]\n")
    said = say(
        capsys, "export", "prometheus-rules", "--objectives", yaml, "--out", tmp_path / "o.yaml" / "x.yml", code=3
    )
    assert "o.yaml" in said
    assert "Traceback" not in said


def test_a_closed_pipe_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("slo.cli.schema.print_lines", closed)
    assert main.main(["schema"]) == 3
