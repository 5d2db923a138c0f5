"""The wheel in an empty environment: what it installs, the README's shortest example, and the hotel's suite."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml as yaml_parser

from tests.support.documentation import blocks
from tests.support.processes import ROOT, Demo, environment

# Its fixtures are for all its tests: they run in one process.
pytestmark = pytest.mark.xdist_group("wheel")

FOREIGN_HOST = "https://api.example.com"


def run(*command: object, folder: Path, code: int = 0, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that no folder of the checkout changes."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    names = ("pyproject.toml", "README.md", "LICENSE", "slo", "locustfiles", "demo")
    run("cp", "-r", *(ROOT / name for name in names), copy, folder=folder)
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-q")
    run(sys.executable, "-m", "pip", "wheel", *options, "-w", folder, copy, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with its dependencies in an empty environment; returns the folder of its commands."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder, folder=folder)
    # Without compiling every module of every dependency, which takes most of the time.
    pip = (folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile")
    run(*pip, wheel, folder=folder)
    return folder / "bin"


def own_environment(binaries: Path, **env: str) -> dict[str, str]:
    """Return an environment that finds the commands of ``binaries`` and nothing of this checkout."""
    own = environment(PATH=f"{binaries}:{os.environ['PATH']}", **env)
    own.pop("PYTHONPATH")
    return own


def test_the_wheel_installs_slo_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (top_level,) = [name for name in names if name.endswith("/top_level.txt")]
        assert archive.read(top_level).decode().split() == ["slo"]
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"slo"}


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in (ROOT / "slo").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(ROOT)) in names


def test_the_shortest_example_of_the_readme_runs(installed: Path, demo: Demo, tmp_path: Path) -> None:
    python = next(block for page, block in blocks("python") if page == "README.md")
    (tmp_path / "your_locustfile.py").write_text(python.replace('get("/"', 'get("/health/live"'), encoding="utf-8")
    yaml = next(block for page, block in blocks("yaml") if page == "README.md")
    (tmp_path / "objectives.yaml").write_text(yaml, encoding="utf-8")
    (command,) = [line for page, block in blocks("sh") if page == "README.md" for line in block.splitlines()
                  if line.startswith("locust -f your_locustfile.py")]  # fmt: skip
    command = command.replace(FOREIGN_HOST, demo.url).replace("-t 1m", "-t 3s")
    said = run("bash", "-c", command, folder=tmp_path, env=own_environment(installed))
    assert "PASS" in said
    said = run("locust-slo", "validate", "reports/latest", folder=tmp_path, env=own_environment(installed))
    assert "P95 latency" in said or "latency.p95" in said


def test_the_hotels_suite_is_copied_and_runs_as_its_output_says(installed: Path, tmp_path: Path) -> None:
    env = own_environment(installed, LOCUST_TIME_SCALE="0.05")
    said = run("locust-slo", "hotel", "suite", folder=tmp_path, env=env)
    command = said.splitlines()[-1].strip()
    assert command.startswith("cd suite && locust ")
    said = run("bash", "-c", command, folder=tmp_path, env=env)
    assert "scenario smoke against the embedded demo API" in said
    said = run("locust-slo", "hotel", "suite", folder=tmp_path, code=3, env=env)
    assert "exists already; nothing was copied" in said


def test_the_objectives_of_the_hotel_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert yaml_parser.safe_load(archive.read("slo/hotel.yaml"))["version"] == 1
