"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

How = Literal["completed", "stopped", "interrupted", "refused", "incomplete", "crashed", "aborted", "quit"]


@dataclass(frozen=True)
class Ending:
    """How the run ended, and why.

    ``completed``: its plan. ``stopped``: by the user, in the normal way. ``interrupted``: by a signal. ``refused``:
    before the load started. ``incomplete``: a part of the counts is missing. ``crashed``. ``aborted``: because
    ``objective`` missed its target for too long, with ``value`` over the last seconds, ``at_s`` seconds into the run.
    ``quit``: by the locustfile, before its plan's end.
    """

    how: How
    reason: str = ""
    objective: str | None = None
    value: float | None = None
    at_s: float | None = None

    @property
    def has_counts(self) -> bool:
        """Whether nothing is known to be missing in the counts up to the end."""
        return self.how in ("completed", "stopped", "aborted", "quit")

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON; the keys of an aborted run are left out of others."""
        return {key: value for key, value in vars(self).items() if value is not None}


COMPLETED = Ending("completed")
STOPPED = Ending("stopped", "stopped by the user before its plan's end")
