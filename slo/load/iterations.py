"""How many iterations a run has: of all its users together, or of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_ITERATIONS = 10**9
PER_USER = "/user"


class IterationsError(ValueError):
    """A limit that cannot be read; the text says what is allowed."""


@dataclass(frozen=True)
class IterationLimit:
    """The iterations of a run: ``count`` in all, or of each user. An iteration is the execution of a task."""

    count: int
    per_user: bool = False

    @classmethod
    def parse(cls, text: str) -> IterationLimit:
        """Return the limit of a text like ``100`` or ``5/user``; raises IterationsError."""
        number = text.removesuffix(PER_USER).strip()
        if not (number.isascii() and number.isdecimal() and 1 <= int(number[:12]) <= MAX_ITERATIONS):
            raise IterationsError(
                f"'{text[:50]}' is no number of iterations: give 100 for all users, or 5{PER_USER} for each"
            )
        return cls(int(number), text.endswith(PER_USER))

    def shares(self, workers: Iterable[str]) -> dict[str, int]:
        """Return how many iterations each worker executes; of a limit per user each has that limit."""
        names = sorted(workers)
        if self.per_user:
            return dict.fromkeys(names, self.count)
        each, more = divmod(self.count, max(1, len(names)))
        return {name: each + (number < more) for number, name in enumerate(names)}

    def progress(self, executed: int, users_ended: int, users: int) -> IterationProgress:
        """Return how far a run with ``users`` users is; a limit per user is reached when all of them have ended."""
        wanted = self.count * users if self.per_user else self.count
        done = users_ended >= users > 0 if self.per_user else executed >= self.count
        return IterationProgress(executed, wanted, users_ended, done)


@dataclass(frozen=True)
class IterationProgress:
    """How many iterations were executed of those ``wanted``; ``all`` is true when none is left to wait for."""

    executed: int
    wanted: int
    users_ended: int
    all: bool

    def describe(self) -> str:
        """Return the progress as it is shown."""
        return f"{self.executed:,} of {self.wanted:,} iterations"


class IterationBudget:
    """The iterations that the users of one process may still begin."""

    def __init__(self, count: int, per_user: bool) -> None:
        self._count = count
        self._per_user = per_user
        self._begun = 0

    @classmethod
    def of_worker(cls, name: str, announced: Mapping[str, object] | None) -> IterationBudget | None:
        """Return the budget of a worker by the master's announcement; one that joined late has nothing to execute."""
        if not announced:
            return None
        per_user, shares = bool(announced["per_user"]), announced["shares"]
        assert isinstance(shares, Mapping)
        return cls(int(announced["count"]) if per_user else int(shares.get(name, 0)), per_user)  # type: ignore[call-overload]

    def is_used_up(self, begun_by_user: int) -> bool:
        """Return whether a user that began so many iterations may begin no more."""
        return (begun_by_user if self._per_user else self._begun) >= self._count

    def begin(self) -> None:
        """Note that an iteration begins."""
        self._begun += 1
