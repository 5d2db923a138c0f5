"""The system under test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What received the load: its base URL, and whether it is the embedded demo API."""

    url: str
    embedded: bool = False

    def headline(self) -> str:
        """Return the target as every report names it."""
        where = self.url or "(no host given)"
        return f"the embedded demo API at {where}" if self.embedded else where

    def identity(self) -> str:
        """Return what distinguishes targets; the embedded API has another port each time."""
        return "the embedded demo API" if self.embedded else self.url.rstrip("/")
