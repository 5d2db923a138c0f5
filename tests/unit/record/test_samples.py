"""Samples of users and of the target's metrics are written as lists and read back."""

from __future__ import annotations

from dataclasses import replace

from slo.record.run import Run
from slo.record.samples import Scrape, UserSample
from tests.support.made import requests


def test_samples_are_read_back() -> None:
    run = replace(
        requests(1), users=(UserSample(0, 1.5, 1), UserSample(1000, None, 2)), scrapes=(Scrape(500, {"memory": 6e7}),)
    )
    data = run.to_data()
    assert data["users"] == [[0, 1.5, 1], [1000, None, 2]]
    again = Run.from_data(data)
    assert again.users == run.users
    assert again.scrapes == run.scrapes
