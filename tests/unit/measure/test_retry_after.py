"""Retry-After: which delay a response names, and how the next request of its user ended."""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass, field

import pytest
from jsonschema import Draft202012Validator

from slo.load.plan import Plan
from slo.measure.listener import listeners, open_listener
from slo.measure.recorder import Recorder
from slo.measure.retry_after import RetryTracker, wait_of
from slo.metrics.tally import RetryOutcome, Tally
from slo.record.run import Run
from slo.text import schemas
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made

SPIKE = Plan.ramps(("ramp to 5", 10, 5), ("burst", 5, 50), ("hold at 50", 20, 50), ("fall", 5, 5), ("recover", 60, 5))


ALL = "all had Retry-After (median 2 s)"


class User:
    """Stands for a greenlet."""


@dataclass
class Answer:
    """A response as far as it is looked at."""

    headers: object = field(default_factory=dict)
    status_code: int = 429


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "2"}, 2),
        ({"Retry-After": " 120 "}, 120),
        ({"Retry-After": "0"}, 0),
        # The target's clock is its own: ours says nothing of it.
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:40 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"}, 3),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:30 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT", "Date": "today"}, 90),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "9" * 5000}, None),
        ({"Retry-After": "Sun, 99 Nov 1994 08:49:37 GMT"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date(headers: object, wait_s: float | None) -> None:
    assert wait_of(Answer(headers), now=lambda: 10.0) == wait_s


def test_no_response_told_nothing() -> None:
    assert wait_of(None) is None


def counted(recorder: Recorder) -> Tally:
    return Tally.merged(tally for interval in recorder.finish() for _, tally in interval.tallies())


@pytest.mark.parametrize(
    ("after_s", "latency_ms", "outcome", "counts"),
    [
        (2.0, 0.0, "through", {"through": 1}),
        (2.5, 500.0, "through", {"through": 1}),
        (2.0, 500.0, "through", {"early": 1}),  # it ended when told, so it was sent before
        (1.0, 0.0, "through", {"early": 1}),
        (1.96, 0.0, "through", {"through": 1}),
        (9.0, 0.0, "again", {"again": 1}),
        (9.0, 0.0, "failed", {"failed": 1}),
    ],
)
def test_the_next_request_is_early_or_as_told(
    after_s: float, latency_ms: float, outcome: RetryOutcome, counts: dict[str, int]
) -> None:
    clock, user = Clock(), User()
    recorder = Recorder(clock=clock)
    waits = RetryTracker(recorder, lambda: user)
    waits.throttled("a", Answer({"Retry-After": "2"}))
    clock.now += after_s
    waits.request_ended("b", latency_ms, outcome)
    waits.request_ended("b", latency_ms, outcome)  # only the next one counts
    tally = counted(recorder)
    assert tally.retry_outcomes == counts
    assert (tally.retry_after.total, tally.retry_after.max_us) == (1, 2_000_000)


def test_users_are_kept_apart_and_forgotten_when_they_end() -> None:
    clock, users = Clock(), [User(), User()]
    recorder = Recorder(clock=clock)
    now = [users[0]]
    waits = RetryTracker(recorder, lambda: now[0])
    waits.throttled("a", Answer({"Retry-After": "2"}))
    now[0] = users[1]
    waits.request_ended("a", 0, "through")
    assert len(waits.waiting) == 1
    now.clear()
    users.clear()
    gc.collect()
    assert not waits.waiting
    assert not counted(recorder).retry_outcomes


@pytest.mark.parametrize("is_open", [False, True])
def test_what_is_heard_of_a_throttled_user(is_open: bool) -> None:
    clock = Clock()
    recorder = Recorder(clock=clock)
    hear = open_listener(recorder, lambda: 0.0) if is_open else listeners(recorder)[0]

    def ask(answer: Answer | None = None, latency_ms: float | None = 1.0) -> None:
        failed = ValueError("x") if answer else None
        hear(
            request_type="GET", name="a", response_time=latency_ms, response_length=1, exception=failed, response=answer
        )

    told = Answer({"Retry-After": "1"})
    for answer, latency_ms, pause_s in (
        (told, 1.0, 0.0),
        (None, 1.0, 2.0),  # through
        (told, 1.0, 0.0),
        (told, 1.0, 2.0),  # again, and told again
        (Answer(status_code=500), 1.0, 2.0),  # failed
        (told, 1.0, 0.0),
        (None, None, 2.0),  # through, without a latency
        (told, 1.0, 0.0),
        (None, 1.0, 0.1),  # early
        (Answer(), 1.0, 0.0),  # throttled, not told
        (None, 1.0, 0.1),
    ):
        clock.now += pause_s
        ask(answer, latency_ms)
    tally = counted(recorder)
    assert (tally.throttled, tally.retry_after.total) == (6, 5)
    assert tally.retry_outcomes == {"through": 2, "again": 1, "failed": 1, "early": 1}
    assert recorder.faults == 0


def spiked(told: int, through: int = 0, again: int = 0, early: int = 0, failed: int = 0, throttled: int = 4) -> Run:
    """Return a spike in whose 11th second users are throttled and told to wait, and come back."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(100):
            for _ in range(10):
                recorder.request("home", 10, 1)
            if second == 11:
                for number in range(throttled):
                    recorder.throttled("home", 1, 1)
                    if number < told:
                        recorder.retry_after("home", number + 1)
                outcomes: dict[RetryOutcome, int] = {
                    "through": through,
                    "again": again,
                    "early": early,
                    "failed": failed,
                }
                for outcome, count in outcomes.items():
                    for _ in range(count):
                        recorder.retried("home", outcome)
            clock.now += 1

    return made(fill, SPIKE, scenario="spike")


def test_a_record_keeps_what_clients_were_told() -> None:
    data = json.loads(json.dumps(spiked(3, through=2, again=1).to_data()))
    Draft202012Validator(schemas.load("run")).validate(data)
    tally = Run.from_data(data).tally()
    assert tally.retry_after.total == 3
    assert tally.retry_outcomes == {"through": 2, "again": 1}
    assert Tally.merged([tally, Tally.unpack(tally.pack())]).retry_outcomes == {"through": 4, "again": 2}


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (spiked(0), "none had Retry-After: clients cannot know when to retry"),
        (spiked(4), f"{ALL}; no retry of these users was seen"),
        (spiked(3), "3 of them had Retry-After (median 2 s); no retry of these users was seen"),
        (spiked(4, through=2), f"{ALL}; of 2 that waited for the delay 2 succeeded"),
        (
            spiked(4, through=1, again=1, failed=1, early=1),
            f"{ALL}; of 3 that waited for the delay 1 succeeded (1 throttled again, 1 failed otherwise); "
            "1 did not wait",
        ),
        (spiked(4, early=3), f"{ALL}; none was seen to wait for the delay; 3 did not wait"),
    ],
)
def test_the_recovery_says_whether_who_waited_got_through(run: Run, words: str) -> None:
    (found,) = judge(run, demanding("indicator: recovery.s, target: 30 s")).findings
    (line,) = [line for line in found.details if "429" in line]
    # 4 of 904 requests: 90 seconds of ten from the burst's begin on.
    assert line == f"From the burst on 4 requests (0.44 %) were throttled (HTTP 429); {words}."


def test_nothing_is_said_where_nobody_was_throttled() -> None:
    (found,) = judge(spiked(0, throttled=0), demanding("indicator: recovery.s, target: 30 s")).findings
    assert not [line for line in found.details if "429" in line]
