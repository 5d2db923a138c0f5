"""The headers of every request."""

from __future__ import annotations

from slo.lean.default_headers import DefaultHeaders


def test_a_name_has_no_case_and_each_change_is_told() -> None:
    changes: list[None] = []
    headers = DefaultHeaders(lambda: changes.append(None), {"User-Agent": "a", "X-Id": "1"})
    assert changes == []
    headers["user-agent"] = "b"
    del headers["x-id"]
    headers.update({"Accept": "c"})
    assert dict(headers) == {"user-agent": "b", "Accept": "c"}
    assert len(changes) == 3
