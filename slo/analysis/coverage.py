"""Whether each endpoint of the run answered successfully at least once."""

from __future__ import annotations

from slo.analysis.finding import Finding
from slo.record.run import Run

NAME = "it works"


def find(run: Run) -> Finding:
    """Return which endpoints never answered successfully."""
    bad: list[tuple[str, int]] = []
    good: list[tuple[str, int]] = []
    for endpoint in run.endpoints:
        tally = run.tally(endpoint.__eq__)
        if not tally.requests and tally.checks:
            continue  # checks of a name with several methods, given by the name alone
        well = tally.requests - tally.errors - tally.throttled
        (good if well > 0 else bad).append((endpoint, tally.requests))
    if not bad:
        names = ", ".join(name for name, _ in good)
        return Finding(NAME, f"yes: each of {len(good)} endpoints answered successfully at least once ({names})")
    details = tuple(f"{name}: none of {count:,} requests succeeded." for name, count in bad)
    names = ", ".join(name for name, _ in bad)
    return Finding(
        NAME,
        f"no: {names} never answered successfully ({len(good)} of {len(good) + len(bad)} endpoints did)",
        True,
        (),
        details,
    )
