"""Locust's statistics, counted in batches: the same numbers whoever looks, whenever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMPARE = """
import random, sys, time
from locust import stats
from slo.runtime.batched import BatchedStats

clock = [1000.0]
time.time = lambda: clock[0]
draw = random.Random(int(sys.argv[1]))


def shown(one):
    whole = [one.total, *(entry for _, entry in sorted(one.entries.items()))]
    return [
        (
            entry.name, entry.num_requests, entry.num_none_requests, entry.num_failures,
            round(entry.total_response_time, 6), entry.min_response_time, entry.max_response_time,
            dict(entry.response_times), dict(entry.num_reqs_per_sec), dict(entry.num_fail_per_sec),
            entry.total_content_length, entry.last_request_timestamp,
            entry.get_current_response_time_percentile(0.95) if entry.use_response_times_cache else None,
            {at: (dict(c.response_times), c.num_requests) for at, c in (entry.response_times_cache or {}).items()},
        )
        for entry in whole
    ] + [sorted(one.errors)]


def same(left, right):
    for one, other in zip(left, right, strict=True):
        assert one == other, [pair for pair in zip(one, other) if pair[0] != pair[1]]


def sent(one):
    found = sorted(one.serialize_stats(), key=lambda entry: entry["name"])
    return [{**entry, "total_response_time": round(entry["total_response_time"], 6)} for entry in found]


for _ in range(150):
    cached = draw.random() < 0.5
    theirs, ours = stats.RequestStats(cached), stats.RequestStats(cached)
    BatchedStats.replace(ours)
    for _ in range(draw.randrange(120)):
        clock[0] += draw.choice((0.0, 0.001, 0.3, 1.0, 7.0)) * draw.random()
        name, kind = draw.choice("abc"), draw.randrange(20)
        if kind < 15:
            value = draw.choice((draw.randrange(20000), draw.lognormvariate(4, 2), None))
            length = draw.randrange(1000)
            for one in (theirs, ours):
                one.log_request("GET", name, value, length)
        elif kind < 18:
            for one in (theirs, ours):
                one.log_error("GET", name, "broken")
        elif kind == 18:
            same(shown(theirs), shown(ours))
        elif draw.random() < 0.2:
            for one in (theirs, ours):
                one.reset_all()
    same(shown(theirs), shown(ours))
    left, right = sent(theirs), sent(ours)
    assert left == right, (left, right)
    assert (theirs.num_requests, theirs.last_request_timestamp) == (ours.num_requests, ours.last_request_timestamp)
    for one in (theirs, ours):
        one.clear_all()
        one.log_request("GET", "d", 3.0, 1)
    assert shown(theirs) == shown(ours)
for odd in (float("nan"), float("inf"), "fast"):
    one = stats.RequestStats()
    BatchedStats.replace(one)
    one.log_request("GET", "a", 1.0, 1)
    try:
        one.log_request("GET", "a", odd, 1)
    except (ValueError, OverflowError, TypeError):
        pass
    else:
        raise AssertionError(f"Locust raises for {odd}")
    assert one.get("a", "GET").response_times == {1: 1}
print("same")
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_can_tell_it_from_locusts_own(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPARE, str(seed)], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "same"
