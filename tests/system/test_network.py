"""A distributed run on four hosts of a network of their own: an API, a master, two workers.

The record is held against what the API itself counted, to the request; then a worker's link is cut.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster import Cluster, answered, counted, made, out_of_time, samples, silences_s, worker_named
from tests.support.hosts import Hosts
from tests.support.processes import ROOT, environment

WHY_NOT = Hosts.possible()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
    pytest.mark.xdist_group("network"),  # four hosts at a time are enough for a small machine
]

# Our own probes would be answered too, and are no requests of the load.
WORDS = ("--scenario", "load", "--time-scale", "0.03", "--think-time", "0.1", "--target-metrics", "")
PLAN_S = 25.2
USERS = 10
REPORT_S = 3.0
CUT_S = 10.0


class Api:
    """The demo API on the host "api"."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        command = (sys.executable, "-m", "demo", "--host", hosts.address["api"], "--port", "0", "--latency-ms", "20")
        process = hosts.run("api", *command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT)
        assert process.stdout is not None
        self.url: str = json.loads(process.stdout.readline())["url"]

    def answered(self) -> Counter[str]:
        """Scrape its metrics once."""
        words = f"import urllib.request as r; print(r.urlopen('{self.url}/metrics', timeout=60).read().decode())"
        scrape = self._hosts.run("api", sys.executable, "-c", words, stdout=subprocess.PIPE, text=True)
        return answered(scrape.communicate(timeout=60)[0])


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with Hosts("api", "master", "one", "two") as hosts:
        yield hosts


@pytest.mark.parametrize("stop_timeout_s", [0, 10])
def test_the_record_equals_what_the_api_counted(hosts: Hosts, tmp_path: Path, stop_timeout_s: int) -> None:
    api = Api(hosts)
    with Cluster(tmp_path, api.url, *WORDS, "--stop-timeout", stop_timeout_s, hosts=hosts) as cluster:
        cluster.join("one")
        cluster.join("two")
        done = cluster.await_end()
        assert cluster.await_workers("one", "two") == [0, 0]
    time.sleep(0.5)  # what was cut off is being answered
    theirs = api.answered()  # our scrape is not in its own text
    assert done.worked, cluster.said()
    assert done.run.ended.how == "completed"
    assert counted(done.run) == made(samples(cluster.raw))
    ours = counted(done.run) + Counter(health_live=1)  # the probe before the run: asked, answered, not counted
    assert set(theirs) == set(ours)
    cut_off = {name: theirs[name] - ours[name] for name in theirs if theirs[name] != ours[name]}
    assert all(count > 0 for count in cut_off.values()), f"counted, but never answered: {cut_off}"
    most = 0 if stop_timeout_s else USERS
    assert sum(cut_off.values()) <= most, f"answered, but never counted (cut off at the end of a user): {cut_off}"


def test_a_link_cut_for_ten_seconds_loses_nothing(hosts: Hosts, tmp_path: Path) -> None:
    api = Api(hosts)
    with Cluster(tmp_path, api.url, *WORDS, hosts=hosts) as cluster:
        cluster.join("one")
        cluster.join("two")
        cluster.await_load("one", 5)
        hosts.cut("one")
        time.sleep(CUT_S)
        hosts.heal("one")
        done = cluster.await_end()
        assert cluster.await_workers("one", "two") == [0, 0]
    assert done.run.ended.how == "completed", cluster.said()
    found = samples(cluster.raw)
    assert counted(done.run) == made(found)
    assert sum(worker.requests_sent for worker in done.run.workers) == done.run.tally().requests
    assert all(worker.finished for worker in done.run.workers)
    assert list(out_of_time(done.run, found)) == []
    # TCP tries again after longer and longer pauses: the silence may last a good deal longer than the cut.
    seconds = silences_s(done.run, "one")
    assert any(CUT_S - 2 <= number <= 2 * CUT_S + 3 for number in seconds), done.run.notes


def test_a_link_that_never_heals_is_incomplete_in_bounded_time(hosts: Hosts, tmp_path: Path) -> None:
    api = Api(hosts)
    with Cluster(tmp_path, api.url, *WORDS, hosts=hosts) as cluster:
        cluster.join("one")
        cluster.join("two")
        cluster.await_load("one", 5)
        time.sleep(2 * REPORT_S)
        cut_at = time.time()
        hosts.cut("one")
        done = cluster.await_end(PLAN_S + 20)
        assert cluster.await_workers("two") == [0]
        mine = samples(cluster.raw, "one")
    assert done.code == 3, cluster.said()
    assert done.run.ended.how == "incomplete"
    name = worker_named(done.run, "one")
    assert name in done.run.ended.reason
    account = next(worker for worker in done.run.workers if worker.name == name)
    assert not account.finished
    least = sum(1 for sample in mine if sample.at < cut_at - REPORT_S - 1.5)
    assert least <= account.requests_received <= len(mine)
    assert least > 0
    other = next(worker for worker in done.run.workers if worker.name != name)
    assert other.finished
    assert other.requests_received == len(samples(cluster.raw, "two"))
