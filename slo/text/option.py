"""Command-line options by their names in ``parsed_options``."""

from __future__ import annotations


def flag(name: str) -> str:
    """Return the option that ``name`` stands for: ``--time-scale`` for ``time_scale``."""
    return f"--{name.replace('_', '-')}"
