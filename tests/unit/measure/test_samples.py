"""Samples within a bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slo.measure.samples import Samples


@given(st.integers(0, 500), st.integers(1, 40))
def test_the_number_is_bounded_and_the_whole_time_is_covered(count: int, most: int) -> None:
    samples: Samples[int] = Samples(most)
    for number in range(count):
        samples.add(number)
    assert samples.seen == count
    assert len(samples.items) <= most + 1
    assert samples.items == sorted(samples.items)
    if count:
        assert samples.items[0] == 0
        # Neighbours are as far apart as the last one from the end, at most.
        step = samples.items[1] - samples.items[0] if len(samples.items) > 1 else count
        assert count - samples.items[-1] <= max(step, 1)


def test_few_samples_are_all_kept() -> None:
    samples: Samples[str] = Samples(3)
    for name in "abc":
        samples.add(name)
    assert samples.items == ["a", "b", "c"]
