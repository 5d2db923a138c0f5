"""Every sentence that the engine says to its users when something is wrong, found in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.processes import ROOT

GAP = "…"
"""Stands for what a sentence is filled with."""
RETURNING = {
    "search_error",
    "_cannot_search",
    "load_error",
    "ending_of",
    "start_note",
    "_users_that_ended",
    "_ending",
    "refusal",
    "_differs",
    "problems",
    "many_names",
}
NOT_FOR_USERS = {"ValueError", "KeyError", "TypeError", "AssertionError", "NotImplementedError", "AttributeError"}


def sentences() -> Iterator[tuple[str, str]]:
    """Yield (file, sentence) of what is raised as an error for users, or written to stderr."""
    engine = (file for file in (ROOT / "slo").rglob("*.py") if file.parent.name != "lean")
    for file in sorted([*engine, *(ROOT / "locustfiles").rglob("*.py")]):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for part in _spoken(node):
                text = _text(part)
                if sum(piece.count(" ") for piece in text.split(GAP)) >= 2:
                    yield str(file.relative_to(ROOT)), text


def _spoken(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        name = getattr(node.exc.func, "id", getattr(node.exc.func, "attr", ""))
        if name not in NOT_FOR_USERS:
            yield from node.exc.args
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        to_stderr = name == "write" and "stderr" in ast.dump(node.func)
        if to_stderr or (name == "refuse" and len(node.args) == 2) or name in ("Ending", "exit_without_verdict"):
            yield from node.args
    elif isinstance(node, ast.FunctionDef) and node.name in RETURNING:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return) and inner.value is not None:
                yield inner.value


def _text(node: ast.AST) -> str:
    """Return a text, its parts that are not in the source as gaps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body)}{GAP}{_text(node.orelse)}"
    return GAP


def file_of(page: str) -> Path:
    """Return a page of the guide."""
    return ROOT / "docs" / page
