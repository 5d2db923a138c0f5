"""The target as reports name it and baselines compare it."""

from __future__ import annotations

import pytest

from slo.record.target import Target


@pytest.mark.parametrize(
    ("target", "headline", "identity"),
    [
        (Target("http://a.test/"), "http://a.test/", "http://a.test"),
        (
            Target("http://127.0.0.1:5", embedded=True),
            "the embedded demo API at http://127.0.0.1:5",
            "the embedded demo API",
        ),
        (Target(""), "(no host given)", ""),
    ],
)
def test_a_target_has_a_headline_and_an_identity(target: Target, headline: str, identity: str) -> None:
    assert (target.headline(), target.identity()) == (headline, identity)
