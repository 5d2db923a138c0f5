"""Replacing a method of Locust's classes while a run is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def replace_method(
    classes: Iterable[type], name: str, replacement: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[[], None]:
    """Replace a method of each class by ``replacement`` of it; returns a function that restores them."""
    originals = [(cls, getattr(cls, name)) for cls in classes]
    for cls, method in originals:
        setattr(cls, name, replacement(method))

    def restore() -> None:
        for cls, method in originals:
            setattr(cls, name, method)

    return restore
