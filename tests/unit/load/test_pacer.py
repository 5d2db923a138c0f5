"""Arrivals are handed to users that are free, late ones too, until it is too late."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest

from slo.load import rate
from slo.load.pacer import ArrivalPacer
from tests.support.made import Clock

EVENT = list[float | None]


class Desk:
    """A dispenser of 10 arrivals a second on a clock that stands until it is moved, with what it was told."""

    def __init__(self, text: str = "10/s", hold_s: float = 100.0) -> None:
        self.clock = Clock()
        self.seen: EVENT = []
        self.taken: EVENT = []
        self.dispenser = ArrivalPacer(rate.plan(text, hold_s), lambda: self.clock.now - 1000.0, self.seen.append)

    def user(self, visits: int = 1) -> gevent.Greenlet:
        """Let a user take so many arrivals."""

        def take() -> None:
            for _ in range(visits):
                self.taken.append(self.dispenser.take())

        return gevent.spawn(take)

    def open(self, at_s: float) -> None:
        """Begin as the clock says ``at_s``; what is due by then is handed out at once."""
        self.clock.now = 1000.0 + at_s
        self.dispenser.join("", 0.0, [""])
        settle()


def settle() -> None:
    for _ in range(50):
        gevent.sleep(0)


def test_who_waits_gets_what_is_due_and_how_late_it_is() -> None:
    desk = Desk()
    desk.user(3)
    settle()
    desk.open(0.25)
    assert desk.taken == pytest.approx([250, 150, 50])
    assert desk.seen == desk.taken
    desk.dispenser.stop()


def test_nobody_free_is_a_wait_and_after_ten_seconds_a_drop() -> None:
    desk = Desk("10/s", hold_s=0.3)
    desk.open(0.25)
    assert (desk.seen, desk.taken) == ([], [])
    desk.clock.now += 9.8
    desk.user(3)
    settle()
    assert desk.taken == pytest.approx([9950, 9850])
    assert desk.seen == pytest.approx([None, 9950, 9850])  # the one due at 0 s has waited for 10.05 s
    desk.dispenser.stop()


def test_who_was_free_last_is_asked_first() -> None:
    desk = Desk("10/s", hold_s=0.15)
    first, second = desk.user(), desk.user()
    settle()
    desk.open(0.05)
    assert second.dead
    assert not first.dead
    desk.dispenser.stop()
    gevent.kill(first)


def test_a_user_stopped_while_it_waits_takes_nothing_with_it() -> None:
    desk = Desk("10/s", hold_s=0.05)
    leaving, staying = desk.user(), desk.user()
    settle()
    gevent.kill(staying)
    gevent.kill(leaving)
    desk.open(0.02)
    assert desk.seen == []
    desk.user()
    settle()
    assert desk.taken == pytest.approx([20])


def test_a_user_stopped_just_as_it_was_handed_one_hands_it_back() -> None:
    desk = Desk("10/s", hold_s=0.05)
    user = desk.user()
    settle()
    desk.dispenser._hand_out(0.0)  # set, but the user has not run since
    gevent.kill(user)
    assert desk.taken == []
    desk.user()
    settle()
    assert desk.taken == [0.0]


def test_what_still_waits_at_the_end_is_dropped_and_nobody_comes_after() -> None:
    desk = Desk()
    desk.open(0.25)
    desk.dispenser.stop()
    assert desk.seen == [None, None, None]
    desk.clock.now += 5
    desk.dispenser.join("", 1.0, [""])
    settle()
    assert desk.seen == [None, None, None]


@pytest.mark.parametrize("begin_s", [0.0, 0.15])
def test_who_joins_late_makes_up_for_nothing(begin_s: float) -> None:
    desk = Desk()
    desk.clock.now = 1000.35
    desk.user(9)
    settle()
    desk.dispenser.join("b", 0.0, ["a", "b"], begin_s=begin_s)
    settle()
    assert desk.taken == pytest.approx([250, 50] if begin_s < 0.1 else [50])  # of 0, 100, 200 and 300 ms every second
    desk.dispenser.stop()


def test_a_new_sharing_counts_from_its_moment_on() -> None:
    seen: dict[str, EVENT] = {"a": [], "b": []}
    clock = Clock()

    def desk(name: str) -> ArrivalPacer:
        told: Callable[[float | None], None] = seen[name].append
        return ArrivalPacer(rate.plan("10/s", 1.0), lambda: clock.now - 1000.0, told)

    desks = {name: desk(name) for name in seen}
    for name, one in desks.items():
        one.join(name, 0.0, ["a", "b"])
        one.join(name, 0.5, ["b"])  # a is gone from half a second on
    clock.now = 1002.0
    for one in desks.values():
        gevent.spawn(lambda one=one: [one.take() for _ in range(20)])
    settle()
    for one in desks.values():
        one.stop()
    assert len(seen["a"]) == 3  # 0, 0.2 and 0.4 s
    assert len(seen["b"]) == 2 + 5  # 0.1 and 0.3 s, then all
