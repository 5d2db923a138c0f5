"""The cache of response heads."""

from __future__ import annotations

from slo.lean.heads import MAX_HEADS, MAX_MISSES, Head, HeadCache

MEANING = Head(0, 200, "OK", [], [], "")


def test_a_kept_head_is_known() -> None:
    cache = HeadCache()
    cache.keep(b"HTTP/1.1 200 OK\r\n\r\n", MEANING)
    assert cache.known[b"HTTP/1.1 200 OK\r\n\r\n"] is MEANING


def test_its_size_is_bounded() -> None:
    cache = HeadCache()
    for number in range(3 * MAX_HEADS):
        cache.keep(b"%d" % number, MEANING)
        assert len(cache.known) <= MAX_HEADS


def test_it_is_switched_off_if_no_head_repeats() -> None:
    cache, repeated = HeadCache(), HeadCache()
    for number in range(MAX_MISSES):
        assert cache.useful
        cache.keep(b"%d" % number, MEANING)
        repeated.keep(b"%d" % number, MEANING)
        repeated.misses = 0
    assert not cache.useful
    assert repeated.useful
