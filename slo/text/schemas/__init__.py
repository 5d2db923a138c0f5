"""JSON Schemas of every file format that locust-slo reads or writes."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

NAMES = ("objectives", "run", "verdict", "baseline", "live", "notification")


def text(name: str) -> str:
    """Return the schema ``name`` (one of ``NAMES``) as its JSON text."""
    return (files(__package__) / f"{name}.schema.json").read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """Return the schema ``name`` (one of ``NAMES``) as data."""
    schema: dict[str, Any] = json.loads(text(name))
    return schema
