"""Latencies for HdrHistogram's own tools: an interval log (``.hlog``) and percentile distributions (``.hgrm``).

Our buckets are HdrHistogram's (1 us to 1 h, 3 significant digits), so that its counts array equals ours and nothing is
rounded again. Recorded values are microseconds; displayed values are milliseconds: the log's interval maximum, and
every value of a distribution.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime

from slo.metrics.histogram import HIGHEST_US, LOWEST_US, Histogram, bucket_bounds
from slo.metrics.tally import Tally
from slo.record.run import Run
from slo.text.clean import INVISIBLE, UNSAFE_IN_FILE_NAME
from slo.verdict.verdict import Verdict

DIGITS = 3
US_IN_MS = 1000
TICKS = 5
"""Steps of a distribution in each half of the distance that is left to 100 %, as HdrHistogram's tools take them."""
MAX_TAG_LENGTH = 80
_WORD_COOKIE = 0x10
_ENCODING = 0x1C849303 | _WORD_COOKIE
_COMPRESSION = 0x1C849304 | _WORD_COOKIE
_UNSAFE_TAG = re.compile(rf"(?:[\s,]|{INVISIBLE.pattern})+")


def files(run: Run, verdict: Verdict) -> dict[str, str]:
    """Return file names with their texts: the log, and a distribution of all requests and of each endpoint."""
    found = {"latency.hlog": log(run), "latency.hgrm": distribution(run.tally().latency)}
    names = unique_names(run.endpoints, UNSAFE_IN_FILE_NAME, "-")
    for endpoint, name in names.items():
        latency = run.tally(endpoint.__eq__).latency
        if latency.total:
            found[f"latency-{name}.hgrm"] = distribution(latency)
    return found


def log(run: Run) -> str:
    """Return the log: for each interval a line without a tag for all requests, then one for each endpoint, tagged.

    Timestamps are seconds since the run's start, which the head names.
    """
    start = datetime.fromisoformat(run.started_at)
    at_s = start.timestamp()
    lines = [
        "#[Latencies of a locust-slo run, recorded in microseconds; Interval_Max is in milliseconds]",
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {at_s:.3f} (seconds since epoch), {start.isoformat()}]",
        f"#[BaseTime: {at_s:.3f} (seconds since epoch)]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    tags = unique_names(run.endpoints, _UNSAFE_TAG, "_")
    for interval in run.intervals:
        tallies = {endpoint: tally for (endpoint, _), tally in sorted(run.shown([interval]).items())}
        time = f"{interval.start_ms / 1000:.3f},{(interval.end_ms - interval.start_ms) / 1000:.3f}"
        whole = Tally.merged(tallies.values()).latency
        parts = [("", whole), *((f"Tag={tags[name]},", tally.latency) for name, tally in tallies.items())]
        for tag, latency in parts:
            if latency.total:
                lines.append(f"{tag}{time},{latency.max_us / US_IN_MS:.3f},{encode(latency)}")
    return "\n".join(lines) + "\n"


def encode(histogram: Histogram) -> str:
    """Return HdrHistogram's compressed form, version 2, in base64."""
    counts = _counts(histogram)
    head = struct.pack(">IIIIQQd", _ENCODING, len(counts), 0, DIGITS, LOWEST_US, HIGHEST_US, 1.0)
    packed = zlib.compress(head + counts)
    return base64.b64encode(struct.pack(">II", _COMPRESSION, len(packed)) + packed).decode()


def distribution(histogram: Histogram) -> str:
    """Return the percentile distribution in milliseconds as HdrHistogram's plotter reads it."""
    lines = [f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    for value_us, percent, seen in _levels(histogram):
        line = f"{value_us / US_IN_MS:12.{DIGITS}f} {percent / 100:2.12f} {seen:10d}"
        lines.append(line if percent == 100 else f"{line} {1 / (1 - percent / 100):14.2f}")
    mean, deviation = _moments(histogram)
    lines += [
        f"#[Mean    = {mean:12.{DIGITS}f}, StdDeviation   = {deviation:12.{DIGITS}f}]",
        f"#[Max     = {histogram.max_us / US_IN_MS:12.{DIGITS}f}, Total count    = {histogram.total:12d}]",
        "#[Buckets =           22, SubBuckets     =         2048]",
        "#[Values are milliseconds]",
    ]
    return "\n".join(lines) + "\n"


def unique_names(names: list[str], unsafe: re.Pattern[str], instead: str) -> dict[str, str]:
    """Return each of ``names`` without ``unsafe`` characters; the results are unique, also without case."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        safe = unsafe.sub(instead, name).strip(instead) or "unnamed"
        if len(safe) > MAX_TAG_LENGTH or safe.lower() in taken:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            safe = f"{safe[:MAX_TAG_LENGTH]}{instead}{digest}"
        taken.add(safe.lower())
        found[name] = safe
    return found


def _counts(histogram: Histogram) -> bytes:
    """Return the counts array: a count is a number above zero, a row of empty buckets their number below zero."""
    packed = bytearray()
    expected = 0
    for index in sorted(histogram.counts):
        gap = index - expected
        if gap:
            packed += _leb128(0 if gap == 1 else -gap)
        packed += _leb128(histogram.counts[index])
        expected = index + 1
    return bytes(packed)


def _leb128(number: int) -> bytes:
    """Return a 64-bit number in ZigZag LEB128 as HdrHistogram writes it: at most 9 bytes, the last one of 8 bits."""
    rest = (number << 1) ^ (number >> 63)
    packed = bytearray()
    while rest > 0x7F and len(packed) < 8:
        packed.append(rest & 0x7F | 0x80)
        rest >>= 7
    packed.append(rest)
    return bytes(packed)


def _levels(histogram: Histogram) -> Iterator[tuple[int, float, int]]:
    """Yield (value in microseconds, percent, samples up to it), ever denser towards 100 %."""
    percent, seen = 0.0, 0
    for high_us, count in histogram.steps():
        seen += count
        while 100.0 * seen / histogram.total >= percent:
            yield high_us, percent, seen
            halvings = int(math.log(100 / (100 - percent)) / math.log(2)) + 1
            percent += 100 / (TICKS * 2**halvings)
            if seen == histogram.total:
                yield high_us, 100.0, seen
                return


def _moments(histogram: Histogram) -> tuple[float, float]:
    """Return mean and standard deviation in milliseconds; the latter of the buckets' middles."""
    if not histogram.total:
        return 0.0, 0.0
    mean_us = float(histogram.mean())
    squares = 0.0
    for index, count in histogram.counts.items():
        low_us, high_us = bucket_bounds(index)
        squares += count * ((low_us + high_us) / 2 - mean_us) ** 2
    return mean_us / US_IN_MS, math.sqrt(squares / histogram.total) / US_IN_MS
