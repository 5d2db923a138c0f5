"""A run cut in blocks, and how they are packed."""

from __future__ import annotations

import base64
import zlib

import msgpack
import pytest

from slo.baseline.blocks import blocks_of, pack, unpack, whole_block
from slo.measure.recorder import Recorder
from slo.metrics.endpoint import endpoint_id
from tests.support.made import Clock, made
from tests.support.methods import two_methods


def test_blocks_that_are_packed_keep_name_and_method() -> None:
    run = two_methods()
    blocks = blocks_of(run, 10)
    assert unpack(pack(blocks), has_methods=True) == blocks
    assert {one for block in blocks for one in block.cells} == {endpoint_id(m, "/x") for m in ("GET", "POST")}
    (whole,) = unpack(pack([whole_block(run)]), has_methods=True)
    assert {endpoint: tally.requests for endpoint, tally in whole.cells.items()} == {
        endpoint_id("GET", "/x"): 40,
        endpoint_id("POST", "/x"): 40,
    }


def test_blocks_of_version_2_have_names_only() -> None:
    tally = whole_block(two_methods()).cells[endpoint_id("GET", "/x")]
    plain = msgpack.packb([[40.0, "", {"/x": tally.to_data()}]])
    (block,) = unpack(base64.b64encode(zlib.compress(plain)).decode(), has_methods=False)
    assert block.cells == {"/x": tally}


@pytest.mark.parametrize("packed", ["%", "AAAA", base64.b64encode(zlib.compress(b"x" * 100)[:-4]).decode()])
def test_damaged_blocks_are_an_error(packed: str) -> None:
    with pytest.raises((ValueError, TypeError, zlib.error, msgpack.UnpackException)):
        unpack(packed, has_methods=True)


def test_a_check_by_name_alone_belongs_to_the_only_method_of_that_name() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        recorder.request(("GET", "/x"), 5.0, 1)
        recorder.check("/x", "body", True)
        clock.now += 1

    run = made(fill)
    for blocks in (blocks_of(run), (whole_block(run),)):
        assert [set(block.cells) for block in blocks if block.cells] == [{endpoint_id("GET", "/x")}]
