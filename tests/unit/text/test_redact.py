"""What may be a secret is neither recorded nor shown."""

from __future__ import annotations

import pytest

from slo.text import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:pw@host/a", "http://host/a"),
        ("http://user:p@ss@host/", "http://host/"),
        ("proxy at http://u:pw@p:3128, please", "proxy at http://p:3128, please"),
        ("user:pw@host:80", "host:80"),
        ("https://host/?page=2&api_key=abc&x=1", "https://host/?page=2&api_key=***&x=1"),
        ("https://host/?access_token=abc#top", "https://host/?access_token=***#top"),
        ("https://host/a@b", "https://host/a@b"),
        ("guest@example.com", "guest@example.com"),
        ("12:30", "12:30"),
    ],
)
def test_credentials_are_taken_out_of_a_text(text: str, shown: str) -> None:
    assert redact.without_credentials(text) == shown


def test_lists_and_mappings_are_cleaned_inside() -> None:
    assert redact.redacted({"urls": ["http://u:pw@h"], "token": "abc", "n": 3}) == {"urls": ["http://h"], "n": 3}


@pytest.mark.parametrize(
    "name", ["admin_token", "pwd", "db_pass", "private_key", "session", "cookie", "bearer", "jwt", "pin", "API-KEY"]
)
def test_a_secrets_name_is_known(name: str) -> None:
    assert redact.is_secret_name(name)


@pytest.mark.parametrize("name", ["scenario", "time_scale", "passes", "monkey", "spinner", "num_users"])
def test_other_names_are_no_secrets(name: str) -> None:
    assert not redact.is_secret_name(name)
