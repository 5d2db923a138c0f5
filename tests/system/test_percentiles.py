"""Percentiles of many processes against the union of all they measured, request by request."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.cluster import RAW, free_port, samples
from tests.support.processes import Demo, Finished, locust

# Its fixtures are for all its tests: they run in one process.
pytestmark = pytest.mark.xdist_group("percentiles")

PROCESSES = 4


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Path]:
    folder = tmp_path_factory.mktemp("percentiles")
    raw = folder / "raw"
    raw.mkdir()
    port = free_port()
    demo = Demo("--latency-ms", "5", "--latency-spread", "1", "--error-ratio", "0.1")
    own_port = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)
    words = ("--scenario", "load", "--time-scale", "0.01", "--think-time", "0", "--user-scale", "3")
    try:
        done = locust(
            folder / "reports",
            *("-f", RAW, "-H", demo.url, *words, "--processes", PROCESSES, *own_port),
            env={"RAW_DIR": str(raw)},
        )
    finally:
        demo.stop()
    return done, raw


def test_every_process_measured_and_no_request_is_missing(finished: tuple[Finished, Path]) -> None:
    done, raw = finished
    assert done.run.ended.how == "completed", done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert len(list(raw.iterdir())) == PROCESSES
    counted = {name: done.run.tally(name.__eq__).requests for name in done.run.endpoints}
    assert counted == Counter(sample.endpoint for sample in samples(raw))
    assert sum(worker.requests_received for worker in done.run.workers) == done.run.tally().requests


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_percentiles_are_those_of_the_union_of_all_samples(finished: tuple[Finished, Path], percent: int) -> None:
    done, raw = finished
    everything = samples(raw)
    assert len(everything) > 300
    for name in (*done.run.endpoints, ""):
        ordered = sorted(sample.latency_ms for sample in everything if not name or sample.endpoint == name)
        tally = done.run.tally(name.__eq__) if name else done.run.tally()
        want = nearest_rank(ordered, percent)
        # A bucket is 0.1 % wide; a sample was rounded to a whole microsecond before it was counted.
        got = tally.latency.percentile(percent) / 1000
        assert got == pytest.approx(want, rel=0.001, abs=0.0005), (name or "all", percent)


def test_the_extremes_and_the_mean_are_exact(finished: tuple[Finished, Path]) -> None:
    done, raw = finished
    everything = [sample.latency_ms for sample in samples(raw)]
    latency = done.run.tally().latency
    assert latency.min_us / 1000 == pytest.approx(min(everything), abs=0.0006)
    assert latency.max_us / 1000 == pytest.approx(max(everything), abs=0.0006)
    assert float(latency.mean()) / 1000 == pytest.approx(math.fsum(everything) / len(everything), abs=0.0006)
