"""HdrHistogram's own reader finds our counts and percentiles in the log, to the value."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given, settings
from hypothesis import strategies as st

from slo.measure.recorder import Recorder
from slo.metrics.histogram import HIGHEST_US, Histogram
from slo.record.run import Run
from slo.reports import hlog
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made, requests

PERCENTS = ("50", "90", "95", "99", "99.9", "99.99", "100")


def recorded(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


def theirs(values: list[int]) -> HdrHistogram:
    histogram = HdrHistogram(1, HIGHEST_US, 3)
    for value in values:
        histogram.record_value(value)
    return histogram


def busy() -> Run:
    """Three seconds of two endpoints, the latencies random and wide apart."""
    source = random.Random(7)

    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(3):
            for _ in range(500):
                recorder.request("search", source.lognormvariate(4, 2), 10)
                recorder.request("book a, room =now", source.lognormvariate(6, 1), 10)
            clock.now += 1

    return made(fill)


def read(path: Path) -> list[tuple[float, float, str | None, HdrHistogram]]:
    reader = HistogramLogReader(str(path), HdrHistogram(1, HIGHEST_US, 3))
    found = []
    while (histogram := reader.get_next_interval_histogram()) is not None:
        found.append((histogram.start_time_stamp_msec, histogram.end_time_stamp_msec, histogram.tag, histogram))
    reader.close()
    return found


def same(ours: Histogram, other: HdrHistogram) -> None:
    counts = {index: n for index in range(other.counts_len) if (n := other.get_count_at_index(index))}
    assert counts == ours.counts
    assert other.get_total_count() == ours.total
    for percent in PERCENTS:
        at_most = other.get_value_at_percentile(float(percent))
        assert min(at_most, ours.max_us) == ours.percentile(Fraction(percent))


def test_their_reader_finds_our_counts_by_interval_and_tag(tmp_path: Path) -> None:
    run = busy()
    path = tmp_path / "latency.hlog"
    path.write_text(hlog.log(run), encoding="utf-8")
    found = read(path)
    tags = {"search": "search", "book_a_room_=now": "book a, room =now"}
    assert len(found) == 3 * len(run.intervals)
    start_ms = 1767225600000  # 2026-01-01T00:00:00Z
    for number, interval in enumerate(run.intervals):
        tallies = dict(interval.tallies())
        for begin_ms, end_ms, tag, histogram in found[3 * number : 3 * number + 3]:
            assert (begin_ms - start_ms, end_ms - start_ms) == (interval.start_ms, interval.end_ms)
            expected = [tallies[tags[tag]]] if tag else list(tallies.values())
            same(Histogram.merged(tally.latency for tally in expected), histogram)


def test_the_sum_of_the_log_is_the_run(tmp_path: Path) -> None:
    run = busy()
    path = tmp_path / "latency.hlog"
    path.write_text(hlog.log(run), encoding="utf-8")
    whole = HdrHistogram(1, HIGHEST_US, 3)
    for _, _, tag, histogram in read(path):
        if tag == "search":
            whole.add(histogram)
    same(run.tally("search".__eq__).latency, whole)


@settings(max_examples=30)
@given(st.lists(st.integers(1, HIGHEST_US), min_size=1, max_size=50), st.integers(1, 2**40))
def test_any_histogram_survives(values: list[int], many: int) -> None:
    ours = recorded(values)
    ours.record(values[0], many)
    other = HdrHistogram.decode(hlog.encode(ours))
    assert {i: n for i in range(other.counts_len) if (n := other.get_count_at_index(i))} == ours.counts


def test_the_interval_maximum_is_in_milliseconds() -> None:
    line = next(line for line in hlog.log(requests(10, latency_ms=250)).splitlines() if line.startswith("Tag=home,"))
    assert line.split(",")[:4] == ["Tag=home", "0.000", "1.000", "250.000"]


def lines_of(histogram: Histogram) -> list[list[float]]:
    head, blank, *lines = hlog.distribution(histogram).splitlines()
    assert head.split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    assert blank == ""
    return [[float(word) for word in line.split()] for line in lines if not line.startswith("#")]


@settings(max_examples=30)
@given(st.lists(st.integers(1, HIGHEST_US), min_size=1, max_size=300))
def test_each_line_of_the_distribution_is_what_their_histogram_says(values: list[int]) -> None:
    other = theirs(values)
    for value_ms, share, seen, *_ in lines_of(recorded(values)):
        assert seen == sum(value <= other.get_highest_equivalent_value(round(value_ms * 1000)) for value in values)
        assert seen / len(values) >= share - 1e-9
        assert any(other.values_are_equivalent(round(value_ms * 1000), value) for value in values)


def test_the_distribution_grows_denser_towards_the_end() -> None:
    lines = lines_of(recorded(list(range(1, 1001))))
    shares = [share for _, share, *_ in lines]
    assert shares[:13] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.775, 0.8]
    assert shares[-1] == 1
    assert lines[5] == [0.5, 0.5, 500, 2.0]
    assert lines[-1] == [1.0, 1.0, 1000]


def test_file_names_are_one_of_a_kind_and_lead_nowhere() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for name in ("../../etc/passwd", "a/b", "a b", "A-B", "", "x" * 10_000):
            recorder.request(name, 10, 1)
        clock.now += 1

    run = made(fill)
    files = hlog.files(run, judge(run, demanding("indicator: latency.p95, target: 1 s")))
    names = [name.lower() for name in files]
    assert len(set(names)) == len(names) == 2 + len(run.endpoints)
    assert all("/" not in name and len(name) < 120 for name in names)


def test_a_run_without_requests_has_an_empty_log_and_distribution() -> None:
    run = requests(0)
    assert all(line.startswith(("#", '"')) for line in hlog.log(run).splitlines())
    assert "Total count    =            0" in hlog.distribution(run.tally().latency)
