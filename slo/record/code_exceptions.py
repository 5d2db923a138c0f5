"""Exceptions that left the code of a locustfile, its tasks and its event listeners, counted by their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from slo.metrics.tally import OTHER

MAX_TEXTS = 50
"""Maximum number of texts; exceptions with another one are counted together."""
SHOWN = 3
"""Texts named in a sentence."""


class CodeExceptions(Counter[str]):
    """How often an exception with each text left a task, an ``on_start``, or an event listener.

    Exceptions that Locust uses to end a task or a user, like StopUser and RescheduleTask, are not among them.
    """

    def note(self, text: str, count: int = 1) -> None:
        """Count exceptions with this text."""
        self[text if text in self or len(self) < MAX_TEXTS else OTHER] += count

    def note_all(self, others: Mapping[str, int]) -> None:
        """Count all exceptions of another process."""
        for text, count in others.items():
            self.note(text, count)

    def to_data(self) -> list[list[Any]]:
        """Return plain data for JSON: [text, count], the most frequent first."""
        return [[text, count] for text, count in sorted(self.items(), key=lambda item: (-item[1], item[0]))]

    @classmethod
    def from_data(cls, data: Iterable[tuple[str, int]]) -> CodeExceptions:
        """Return the exceptions that ``to_data`` described."""
        return cls(dict(data))

    def sentence(self) -> str:
        """Return how many there were and the most frequent texts; empty without one."""
        if not self:
            return ""
        total, found = self.total(), self.to_data()
        texts = "; ".join(f"{text} ({count:,} times)" if count > 1 else str(text) for text, count in found[:SHOWN])
        more = f"; and {len(found) - SHOWN} other texts" if len(found) > SHOWN else ""
        return f"{total:,} {'exception' if total == 1 else 'exceptions'} left tasks or event listeners: {texts}{more}"
