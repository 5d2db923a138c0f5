"""Fixtures: a demo API per test process, healed between tests. The longest modules start first.

Tests import Locust as it is: without its changes to the standard library, which break a worker of pytest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

SKIP = "LOCUST_SKIP_MONKEY_PATCH"

# Set for the import alone: processes that tests start do not inherit it.
os.environ[SKIP] = "1"
import locust  # noqa: E402, F401

del os.environ[SKIP]

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests.support.processes import Demo  # noqa: E402

# Tests run side by side on few cores: how long an example takes says nothing about the code.
settings.register_profile("side by side", deadline=None, max_examples=50)
settings.load_profile("side by side")


LONGEST = (
    *("test_losses.py", "test_scenarios.py"),
    *("test_outcomes.py", "test_silent_target.py", "test_code_exceptions.py", "test_endings.py"),
    *("test_slo_page.py", "test_spawned_requests.py", "test_odd_texts.py", "test_abort.py", "test_offered.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def _shared_demo() -> Iterator[Demo]:
    demo = Demo()
    yield demo
    demo.stop()


@pytest.fixture
def demo(_shared_demo: Demo) -> Iterator[Demo]:
    yield _shared_demo
    _shared_demo.heal()
