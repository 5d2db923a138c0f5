"""What may be a secret is neither recorded nor shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.text import redact
from slo.text.clean import MAX_STORED


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer ***"),
        ("sent basic dXNlcjpwYXNz", "sent basic ***"),
        ("login failed: password=hunter2, try again", "login failed: password=***, try again"),
        ('{"access_token": "abc def", "id": 3}', '{"access_token": "***", "id": 3}'),
        ("{'client_secret': 'x'}", "{'client_secret': '***'}"),
        ("/search?q=a&access_token=abc", "/search?q=a&access_token=***"),
        ("authentication: required", "authentication: required"),
        ("HTTP 401: unauthorized", "HTTP 401: unauthorized"),
        ("basic room, bearer of news", "basic room, bearer of news"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, shown: str) -> None:
    assert redact.without_secrets(text) == shown


def test_secrets_of_the_environment_are_known_by_their_value() -> None:
    env = {"ADMIN_TOKEN": "t0ken-of-admin", "DB_PASSWORD": "t0ken-of-admin-and-more", "HOME": "/home/guest-1"}
    redactor = redact.Redactor.of_environment({**env, "AUTH_MODE": "disabled", "API_KEY": "abc"})
    assert redactor.text("got t0ken-of-admin-and-more and t0ken-of-admin") == "got *** and ***"
    assert redactor.text("/home/guest-1 is disabled, abc") == "/home/guest-1 is disabled, abc"


def test_anything_becomes_a_text_that_can_be_stored() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    for value, shown in [(7, "7"), (None, "None"), (b"x", "b'x'"), ("caf\ud83d", "caf\ufffd"), ("", "")]:
        assert redact.BY_PATTERNS.text(value) == shown
    assert redact.BY_PATTERNS.text(Broken()) == "Broken (RuntimeError in its text)"
    assert len(redact.BY_PATTERNS.text("long " * 10_000)) == MAX_STORED


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_what_is_stored_is_valid_unicode(text: str) -> None:
    redact.BY_PATTERNS.text(text).encode()


def test_the_working_directory_of_the_shell_is_no_secret() -> None:
    redactor = redact.Redactor.of_environment(
        {"PWD": "/srv/shop/tests", "OLDPWD": "/srv/other", "DB_PWD": "hunter2hunter2"}
    )
    assert redactor.text("/srv/shop/tests/own.py: hunter2hunter2") == "/srv/shop/tests/own.py: ***"


def test_a_password_in_json_within_json_is_hidden() -> None:
    body = json.dumps({"body": json.dumps({"password": "in-the-body", "name": "shown"})})
    for _ in range(3):
        hidden = redact.without_secrets(body)
        assert "in-the-body" not in hidden
        assert "shown" in hidden
        body = json.dumps({"text": body})


def test_a_redactor_can_know_more_secrets() -> None:
    redactor = redact.Redactor(["the-first-secret"]).knowing(["/services/T0/secret", "", "/"])
    assert redactor.hide("POST /services/T0/secret the-first-secret /") == "POST *** *** /"
