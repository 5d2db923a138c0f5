"""Whatever bytes come back, the lean client ends: with the right answer or with an error of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys

import pytest

from tests.support.processes import ROOT

MINUTES = 10
FUZZ = """
import importlib, os, sys, time
from pathlib import Path
import hypothesis
from hypothesis import HealthCheck, settings
modules = [importlib.import_module(f"tests.unit.lean.test_{name}") for name in ("parser", "content")]

plain = dict(database=None, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("long", max_examples=300, **plain)
settings.load_profile("long")
tests = [one for module in modules for one in vars(module).values() if hasattr(one, "hypothesis")]
assert len(tests) == 5, tests
ends_s, look_s = time.monotonic() + float(sys.argv[1]), 0.0
seed = rounds = 0
while time.monotonic() < ends_s:
    for one in tests:
        seed += 1
        hypothesis.seed(seed)(one)()
    rounds += 1
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(os.listdir("/proc/self/fd"))
    print(rounds, pages * os.sysconf("SC_PAGE_SIZE"), files, flush=True)
"""


@pytest.mark.long
def test_ten_minutes_of_all_this_leave_memory_and_descriptors_as_they_were() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(MINUTES * 60)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    settled = rows[len(rows) // 5 :]
    assert len(settled) > 20
    first, last = settled[: len(settled) // 4], settled[-len(settled) // 4 :]
    # What hypothesis remembers of its own grows a little; a leak of the client's would be a hundred times that.
    grown = statistics.median(row[1] for row in last) - statistics.median(row[1] for row in first)
    assert grown < 8_000_000, rows
    assert {row[2] for row in settled} == {settled[0][2]}
