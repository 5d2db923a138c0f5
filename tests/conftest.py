"""Fixtures: a demo API for the whole session, healed between tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes import Demo


@pytest.fixture(scope="session")
def _shared_demo() -> Iterator[Demo]:
    demo = Demo()
    yield demo
    demo.stop()


@pytest.fixture
def demo(_shared_demo: Demo) -> Iterator[Demo]:
    yield _shared_demo
    _shared_demo.heal()
