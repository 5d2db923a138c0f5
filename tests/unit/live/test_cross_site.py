"""What a page of another site asks is told apart from what Locust's own page asks."""

from __future__ import annotations

import pytest

from slo.live.cross_site import is_cross_site


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("POST", {"Sec-Fetch-Site": "cross-site"}, True),
        ("POST", {"Sec-Fetch-Site": "same-site"}, True),
        ("POST", {"Sec-Fetch-Site": "same-origin", "Origin": "https://proxy.example"}, False),
        ("POST", {"Sec-Fetch-Site": "none"}, False),
        ("POST", {"Origin": "http://evil.example"}, True),
        ("POST", {"Origin": "null"}, True),
        ("POST", {"Origin": "http://localhost:8089"}, False),
        ("POST", {"Origin": "http://LOCALHOST:8089"}, False),
        ("POST", {}, False),
        ("DELETE", {"Origin": "http://evil.example"}, True),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_only_what_may_change_something_and_comes_from_elsewhere(
    method: str, headers: dict[str, str], expected: bool
) -> None:
    assert is_cross_site(method, headers, "localhost:8089") == expected
