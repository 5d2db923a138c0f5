"""A run cut in blocks of time, each with its endpoints' full counts; packed as msgpack, zlib, base64."""

from __future__ import annotations

import base64
import binascii
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgpack

from slo.measure.recorder import RUN_STAGE
from slo.metrics.checked_tally import checked_tally
from slo.metrics.endpoint import by_id, by_name, endpoint_id, method_and_name
from slo.metrics.tally import Tally
from slo.record.interval import total_of
from slo.record.run import Run

BLOCKS = 40
"""Blocks a run is cut in by default."""
MAX_UNPACKED = 50_000_000
"""Largest reference unpacked: a damaged file must not fill the memory."""


@dataclass(frozen=True)
class Block:
    """What happened in a piece of a run: its length, its stage, and the counts by endpoint id."""

    seconds: float
    stage: str
    cells: Mapping[str, Tally]


def blocks_of(run: Run, count: int = BLOCKS) -> tuple[Block, ...]:
    """Return the run cut in about ``count`` blocks of time, each within one stage.

    They cover the run to its end: a block in which nothing was answered is one of them.
    """
    width_s = max(run.duration_s / count, 0.001)
    starts, ends, stages = [], [], []
    spans = [(stage.name, start_s, end_s) for stage, start_s, end_s in run.spans()]
    for stage, start_s, end_s in spans or [(RUN_STAGE, 0.0, run.duration_s)]:
        in_stage = max(1, round((end_s - start_s) / width_s))
        for number in range(in_stage):
            starts.append(start_s + (end_s - start_s) * number / in_stage)
            ends.append(start_s + (end_s - start_s) * (number + 1) / in_stage)
            stages.append(stage)
    cells: list[dict[str, Tally]] = [{} for _ in starts]
    for interval in run.intervals:
        middle_s = (interval.start_ms + interval.end_ms) / 2000
        place = max(0, bisect_right(starts, middle_s) - 1)
        for endpoint, tally in interval.tallies():
            mine = cells[place].setdefault(_with_method(run, endpoint), Tally())
            mine.add(tally)
    blocks = zip(starts, ends, stages, cells, strict=True)
    return tuple(Block(end_s - start_s, stage, own) for start_s, end_s, stage, own in blocks)


def _with_method(run: Run, endpoint: str) -> str:
    """Return an endpoint's id; one without a method gets the only method of its name, as in the run's own sums."""
    return endpoint_id(*method_and_name(run.endpoint_names.shown(endpoint)))


def whole_block(run: Run) -> Block:
    """Return the whole run as one block."""
    found: dict[str, Tally] = {}
    for (endpoint, _), tally in total_of(run.intervals).items():
        found.setdefault(_with_method(run, endpoint), Tally()).add(tally)
    return Block(run.duration_s, "", found)


def pack(blocks: Iterable[Block]) -> str:
    """Return blocks as text for a JSON file."""
    plain = [[b.seconds, b.stage, by_name((e, tally.to_data()) for e, tally in b.cells.items())] for b in blocks]
    return base64.b64encode(zlib.compress(msgpack.packb(plain), 9)).decode("ascii")


def unpack(packed: str, has_methods: bool) -> tuple[Block, ...]:
    """Return the blocks that ``pack`` packed; ``has_methods``: their endpoints have methods, since version 3.

    Raises ValueError, zlib.error or msgpack.UnpackException where they are damaged.
    """
    try:
        compressed = base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    unpacker = zlib.decompressobj()
    plain = unpacker.decompress(compressed, MAX_UNPACKED)
    if not unpacker.eof:
        raise ValueError("a reference is cut short, or larger than any that is written")
    return tuple(
        Block(
            float(seconds),
            str(stage),
            {str(e): checked_tally(tally) for e, tally in (by_id(cells) if has_methods else cells.items())},
        )
        for seconds, stage, cells in msgpack.unpackb(plain)
    )
