"""The packages of slo: as docs/architecture.md draws them, small modules, small classes, a test module for each."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLO = ROOT / "slo"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MODULES = sorted(path for path in SLO.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
MAX_LINES = 300
MAX_METHODS = 15
LARGE_CLASSES = {
    "Measurement": "the state of one run in one process: each method is one source of what it holds",
    "Recorder": "the hot path: a method for each kind of event, so that none has a branch for another",
    "Coordinator": "each method is the listener of one event of Locust, or one step at the end of a run",
}


def drawn_layers() -> list[list[str]]:
    """Return the packages of the drawing, from the top down."""
    drawing = re.search(r"## The packages.*?```text\n(.*?)```", PAGE, re.DOTALL)
    assert drawing
    heads = [re.split(r" {3,}", line)[0] for line in drawing[1].splitlines()]
    return [head.split() for head in heads]


def imports() -> Iterator[tuple[Path, str, str]]:
    """Yield (file, package, imported package) of every import within slo."""
    for path in SLO.rglob("*.py"):
        package = path.relative_to(SLO).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            elif isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "slo" and len(parts) > 1 and (SLO / parts[1]).is_dir():
                    yield path, package, parts[1]


def test_the_drawing_has_every_package() -> None:
    drawn = {name for layer in drawn_layers() for name in layer}
    there = {path.name for path in SLO.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert drawn == {*there, "plugin"}


def test_every_import_points_down_in_the_drawing() -> None:
    level = {name: number for number, layer in enumerate(drawn_layers()) for name in layer}
    found = [
        (str(path.relative_to(ROOT)), imported)
        for path, package, imported in imports()
        if package in level and package != imported and level[imported] <= level[package]
    ]
    assert found == []


def test_import_linter_holds_the_same_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = [one["layers"] for one in contracts["contracts"] if one["type"] == "layers"]
    assert [[name.strip() for name in layer.split("|")] for layer in layers] == drawn_layers()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SLO)))
def test_a_module_and_its_classes_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name not in LARGE_CLASSES:
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("__")]
            assert len(methods) <= MAX_METHODS, node.name


def test_no_test_module_imports_another() -> None:
    found = [
        (str(path.relative_to(ROOT)), line)
        for path in (ROOT / "tests").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"(from|import) tests\.(unit|integration|system)\b", line)
    ]
    assert found == []


def test_the_wheel_has_every_package() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {".".join(path.parent.relative_to(ROOT).parts) for path in SLO.rglob("__init__.py")}
    assert {name for name in named if not name.startswith("slo.hotel")} == there


def test_every_module_has_its_test_module() -> None:
    missing = [
        str(path.relative_to(SLO))
        for path in MODULES
        if not (ROOT / "tests" / "unit" / path.relative_to(SLO).parent / f"test_{path.name}").exists()
    ]
    assert missing == []
