"""The private names of Locust that we rely on, in a process of its own: Locust patches the standard library."""

from __future__ import annotations

import subprocess
import sys

from tests.support.processes import ROOT

CASES = ROOT / "tests" / "support" / "locust_compat_cases.py"


def test_locust_has_every_private_name_that_is_used() -> None:
    words = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", str(CASES)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout
