"""How throughput grows with users: the Universal Scalability Law, fitted with its uncertainty.

X(N) = rate * N / (1 + contention * (N - 1) + coherency * N * (N - 1)), after N. J. Gunther (2007), Guerrilla Capacity
Planning. N / X is linear in three terms: weighted least squares fit it, with weights that make the error that of X.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slo.analysis.block_bootstrap import Bounds, bounds, draws

MIN_POINTS = 8
"""Windows that a fit needs."""
MIN_RANGE = 3.0
"""The largest number of users must be at least this multiple of the smallest."""
MAX_RESIDUAL = 0.25
"""Standard deviation of a fit's residuals, as a share of the mean throughput, that a prediction may have."""
_SEED = 2007

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """Parameters: requests per second of a lone user, contention and coherency (no units)."""

    rate_rps: float
    contention: float
    coherency: float

    def rps(self, users: float) -> float:
        """Return the throughput at ``users``."""
        waits = 1 + self.contention * (users - 1) + self.coherency * users * (users - 1)
        return self.rate_rps * users / waits

    @property
    def peak_users(self) -> float:
        """Users of the greatest throughput; infinite where more of them always bring more."""
        return math.sqrt(max(0.0, 1 - self.contention) / self.coherency) if self.coherency > 0 else math.inf

    @property
    def ceiling_rps(self) -> float:
        """The greatest throughput there can be."""
        if math.isfinite(self.peak_users):
            return self.rps(max(1.0, self.peak_users))
        return self.rate_rps / self.contention if self.contention > 0 else math.inf


@dataclass(frozen=True)
class Fit:
    """A fitted law, 95 % intervals from a block bootstrap, and its residuals.

    ``residual`` is their standard deviation as a share of the mean throughput. The share of the variation that a fit
    explains (R squared) says nothing here: a throughput that does not vary with the users has none to explain.
    """

    law: Law
    contention: Bounds
    coherency: Bounds
    peak_users: Bounds
    ceiling_rps: Bounds
    residual: float


def fit(points: Sequence[tuple[float, float]]) -> Fit | str:
    """Fit the law to (users, requests per second); returns a sentence where it cannot be fitted."""
    usable = [(users, rps) for users, rps in points if users >= 1 and rps > 0]
    if len(usable) < MIN_POINTS:
        return f"{len(usable)} windows under load are too few to fit the scalability law; it needs {MIN_POINTS}"
    users, rps = (np.array(column, dtype=float) for column in zip(*usable, strict=True))
    if users.max() < MIN_RANGE * users.min():
        return (
            f"from {users.min():.3g} to {users.max():.3g} users is too small a range for the scalability law; "
            f"it needs a factor of {MIN_RANGE:.0f}"
        )
    law = _laws(users[None], rps[None])[0]
    errors = rps - np.array([law.rps(one) for one in users])
    residual = math.sqrt(float((errors**2).mean())) / float(rps.mean())
    chosen = np.array(draws(len(users), _SEED))
    others = _laws(users[chosen], rps[chosen])
    return Fit(
        law,
        bounds([one.contention for one in others]),
        bounds([one.coherency for one in others]),
        bounds([one.peak_users for one in others]),
        bounds([one.ceiling_rps for one in others]),
        residual,
    )


def _curves(parameters: Array, users: Array) -> Array:
    """Return the throughput of each law at its users; a row of either is a law."""
    rate, contention, coherency = parameters.T[..., None]
    curves: Array = rate * users / (1 + contention * (users - 1) + coherency * users * (users - 1))
    return curves


def _laws(users: Array, rps: Array) -> list[Law]:
    """Return the best law of each row of points without a negative parameter: of all terms, or of fewer."""
    best = np.zeros((len(users), 3))
    best[:, 0] = (rps / users).mean(axis=1)
    least = np.full(len(users), math.inf)
    for terms in ((0, 1, 2), (0, 1), (0, 2), (0,)):
        found, usable = _solve(users, rps, terms)
        errors = ((rps - _curves(found, users)) ** 2).sum(axis=1)
        better = usable & (errors < least)
        best[better], least[better] = found[better], errors[better]
    return [Law(*map(float, row)) for row in best]


def _solve(users: Array, rps: Array, terms: tuple[int, ...]) -> tuple[Array, NDArray[np.bool_]]:
    """Return the parameters that fit each row by these terms alone, and for which rows none of them is negative."""
    columns = np.stack([np.ones_like(users), users - 1, users * (users - 1)], axis=2)[..., terms]
    wanted, fitted = users / rps, rps
    usable = np.ones(len(users), dtype=bool)
    parameters = np.tile([1.0, 0.0, 0.0], (len(users), 1))
    smallest = np.finfo(float).eps * max(columns.shape[1:])
    for _ in range(6):
        weights = fitted**2 / users  # d(N / X) is -N / X^2 of dX
        inverse = np.linalg.pinv(columns * weights[..., None], rcond=smallest)
        full = np.zeros((len(users), 3))
        full[:, terms] = (inverse @ (wanted * weights)[..., None])[..., 0]
        usable &= (full[:, 0] > 0) & (full[:, 1:] >= 0).all(axis=1)
        parameters[usable] = np.column_stack(
            [1 / full[usable, 0], full[usable, 1] / full[usable, 0], full[usable, 2] / full[usable, 0]]
        )
        fitted = _curves(parameters, users)
    return parameters, usable
