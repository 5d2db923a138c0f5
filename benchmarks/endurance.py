"""Ten million requests of one process: are its memory and its file descriptors flat, and its counts exact?

``python -m benchmarks.endurance`` starts nginx on loopback, which logs each request, and one Locust with LeanHttpUser,
recorded and with three checks a request. It looks at the process each second, and prints the drift of its memory per
million requests with its 95 % interval, the range of its file descriptors, and the counts of nginx's log beside those
of run.json and Locust's statistics. Exit code 1 when counts differ or descriptors grow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.nginx import nginx
from benchmarks.turns import ROOT, environment, headless
from slo.analysis.mann_kendall import Trend, trend
from slo.record import run as runs

LOCUSTFILE = Path(__file__).with_name("endurance_locustfile.py")
SETTLED = 0.2
"""Share of the run after which memory is to be flat: caches fill, seconds of the record are added together."""
NAMES = {
    "/health/live": "health_live",
    "/health/ready": "health_ready",
    "/api/v1/webhooks/whatsapp": "whatsapp_webhook",
    "/api/v1/pms/availability": "pms_availability",
    "/api/v1/pms/room-types": "pms_room_types",
}


def main() -> int:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000_000, help="a multiple of 100; default: ten million")
    parser.add_argument("--plain", action="store_true", help="without the plugin: the client alone")
    parser.add_argument("--port", type=int, default=18098, help="nginx's port on loopback; default: 18098")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, nginx(options.port, log=Path(name) / "log") as url:
        folder = Path(name)
        looks = endure(url, folder, options.requests, options.plain)
        time.sleep(1.5)  # nginx writes what it buffered
        with (folder / "log").open(encoding="ascii") as lines:
            got = Counter(NAMES[line.strip()] for line in lines)
        counted = of_locust(folder) if options.plain else of_record(folder)
    print(f"nginx's log {dict(sorted(got.items()))}, {got.total()} in all")
    print(f"counted     {dict(sorted(counted.items()))}, {sum(counted.values())} in all")
    settled = looks[int(len(looks) * SETTLED) :]
    print(f"memory from {told(settled, 1)} MB; {drift(settled, options.requests, looks[-1][0])}")
    print(f"file descriptors from {min(look[2] for look in settled):.0f} to {max(look[2] for look in settled):.0f}")
    first, last = settled[0][2], settled[-2][2]
    return 0 if counted == got and got.total() == options.requests and last <= first else 1


def of_record(folder: Path) -> dict[str, int]:
    """Return the requests of each endpoint, from run.json."""
    run = runs.read(next(folder.glob("*/run.json")))
    return {endpoint: run.tally(endpoint.__eq__).requests for endpoint in run.endpoints}


def of_locust(folder: Path) -> dict[str, int]:
    """Return the requests of each endpoint, from Locust's own statistics."""
    said = (folder / "locust.out").read_text(encoding="utf-8")
    return {entry["name"]: entry["num_requests"] for entry in json.loads(said[said.index("[") :])}


def endure(url: str, folder: Path, requests: int, plain: bool) -> list[tuple[float, float, float]]:
    """Run Locust; return (seconds, MB of memory, file descriptors) as often as once a second."""
    recorded = ("--reports-dir", str(folder), "--report-formats", "json", "--progress", "off")
    command = headless(LOCUSTFILE, url, 20, "3h", *(("--json",) if plain else recorded))
    own = {"BENCHMARK_CLIENT": "lean", "BENCHMARK_RECORD": str(int(not plain)), "ENDURANCE_REQUESTS": str(requests)}
    env = environment(**own)
    started, looks = time.monotonic(), []
    with (folder / "locust.err").open("w") as errors, (folder / "locust.out").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=errors, cwd=ROOT, env=env)
        while process.poll() is None:
            try:
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                files = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
            except OSError:
                break
            looks.append((time.monotonic() - started, pages * os.sysconf("SC_PAGE_SIZE") / 1e6, float(files)))
            time.sleep(1)
    if process.wait() not in (0, 3):
        raise SystemExit((folder / "locust.err").read_text()[-2000:])
    return looks


def told(looks: list[tuple[float, float, float]], which: int) -> str:
    """Return the first and the last value, and the range between."""
    values = [look[which] for look in looks[:-1]]
    return f"{values[0]:.1f} to {values[-1]:.1f} ({min(values):.1f} to {max(values):.1f})"


def drift(looks: list[tuple[float, float, float]], requests: int, seconds: float) -> str:
    """Return how much memory grew for a million requests, by the same trend that the findings use."""
    found: Trend | None = trend([(at_s, memory_mb) for at_s, memory_mb, _ in looks[:-1]])
    if found is None:
        return "too few looks for a trend"
    scale = seconds / requests * 1e6
    low, high = found.low * scale, found.high * scale
    return f"{found.slope * scale:+.2f} MB per million requests ({low:+.2f} to {high:+.2f})"


if __name__ == "__main__":
    sys.exit(main())
