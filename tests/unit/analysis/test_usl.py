"""The universal scalability law, fitted."""

from __future__ import annotations

import numpy as np
import pytest

from slo.analysis.usl import Fit, Law, fit


@pytest.mark.parametrize("law", [Law(5, 0.05, 0.001), Law(20, 0.1, 0.0005), Law(2, 0.02, 0.002)])
@pytest.mark.parametrize("seed", range(3))
def test_the_scalability_law_gets_its_parameters_back(law: Law, seed: int) -> None:
    random = np.random.default_rng(seed)
    found = fit([(users, law.rps(users) * (1 + 0.01 * random.normal())) for users in np.linspace(1, 60, 90)])
    assert isinstance(found, Fit)
    assert found.law.rate_rps == pytest.approx(law.rate_rps, rel=0.1)
    assert found.law.contention == pytest.approx(law.contention, rel=0.1)
    assert found.law.coherency == pytest.approx(law.coherency, rel=0.1)
    assert found.law.peak_users == pytest.approx(law.peak_users, rel=0.1)
    assert found.peak_users[0] <= found.law.peak_users <= found.peak_users[1]
    assert found.residual < 0.1


def test_no_law_is_fitted_to_too_little() -> None:
    assert "too few" in str(fit([(n, n) for n in range(1, 5)]))
    assert "too small a range" in str(fit([(n, n) for n in range(20, 40)]))


def test_where_more_users_always_bring_more_there_is_no_ceiling() -> None:
    found = fit([(n, 3.0 * n) for n in range(1, 40)])
    assert isinstance(found, Fit)
    assert found.law.ceiling_rps > 1e6
