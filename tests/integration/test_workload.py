"""The hotel's users: what a seed fixes, what each request carries, what the tables allow to change."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locustfiles import endpoints
from locustfiles.endpoints import EndpointsError
from tests.support.processes import ROOT, Demo, environment, hotel

NOT_SEEDED = ("id", "timestamp")
"""Of a message: a real API drops an id that it has seen."""


DEFAULTS = {"seed": 1, "number": 0, "iterations": 40, "answer": '{"id": "r/1"}'}


def journeys(*wanted: dict[str, Any], **env: str) -> list[list[Any]]:
    """Return all that each user asks, as [method, path, name, body, headers], and its pauses in seconds."""
    arguments = [{**DEFAULTS, **one} for one in wanted]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.journeys", json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(**env),
        cwd=ROOT,
    )
    return list(json.loads(done.stdout))


def journey(user: str, env: dict[str, str] | None = None, **more: Any) -> list[Any]:
    """Return the journey of one user."""
    return journeys({"user": user, **more}, **(env or {}))[0]


def without_ids(log: list[Any]) -> list[Any]:
    for entry in log:
        if isinstance(entry, list) and entry[2] == "whatsapp_webhook":
            body = json.loads(entry[3])
            message = body["entry"][0]["changes"][0]["value"]["messages"][0]
            for key in NOT_SEEDED:
                message.pop(key)
            entry[3] = body
    return log


def requests(log: list[Any]) -> list[Any]:
    return [entry for entry in log if isinstance(entry, list)]


@pytest.mark.parametrize("user", ["LoadUser", "StressUser", "SoakUser"])
def test_a_seed_fixes_the_journeys_payloads_and_pauses_of_each_user(user: str) -> None:
    seeds = ({"user": user, "seed": seed, "number": number} for seed, number in ((7, 3), (7, 4), (8, 3), (7, 3)))
    first, other_user, other_seed, same = map(without_ids, journeys(*seeds))
    assert same == first
    assert other_user != first
    assert other_seed != first
    assert without_ids(journey(user, seed=7, number=3)) == first  # in another process, too


def test_pauses_follow_the_think_time_factor() -> None:
    pauses = [entry for entry in journey("LoadUser") if isinstance(entry, float)]
    assert len(pauses) == 80
    assert pauses[::2] == [0.25] * 40
    assert all(0.5 <= pause <= 1.5 for pause in pauses[1::2])
    assert max(pauses[1::2]) - min(pauses[1::2]) > 0.8


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ('{"id": "r/1"}', "/api/v1/reservations/r%2F1"),
        ('{"reservation_id": 7}', "/api/v1/reservations/7"),
        ('{"id": ""}', None),
        ("[]", None),
        ("<html>", None),
        ("", None),
    ],
)
def test_a_reservation_is_read_back_when_it_was_made(answer: str, path: str | None) -> None:
    asked = requests(journey("StressUser", answer=answer))
    made = [entry for entry in asked if entry[2] == "create_reservation"]
    read = [entry[1] for entry in asked if entry[2] == "get_reservation"]
    assert len(made) > 5
    assert read == ([path] * len(made) if path else [])


def test_requests_are_signed_and_authorised_from_the_environment() -> None:
    asked = requests(journey("SoakUser", iterations=200, env={"WHATSAPP_APP_SECRET": "hush", "ADMIN_TOKEN": "key"}))
    sent = next(entry for entry in asked if entry[2] == "whatsapp_webhook")
    signature = hmac.new(b"hush", sent[3].encode(), hashlib.sha256).hexdigest()
    assert sent[4]["X-Hub-Signature-256"] == f"sha256={signature}"
    headers = {entry[2]: entry[4] for entry in asked}
    assert headers["admin_tenants"] == headers["admin_feature_flags"] == {"Authorization": "Bearer key"}


def test_a_table_of_ones_own_overrides_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.yaml"
    text = "health_live: {path: /healthz, expected: 204}\nmetrics: {method: head}\nadmin_tenants: {skip: true}\n"
    file.write_text(text, encoding="utf-8")
    table = endpoints.read(file)
    assert endpoints.from_data(endpoints.to_data(table)) == table
    assert [name for name, one in table.items() if one.skip] == ["admin_tenants"]
    assert (table["health_live"].path, table["health_live"].expected) == ("/healthz", 204)
    assert table["metrics"].method == "HEAD"
    assert table["pms_room_types"] == endpoints.HOTEL["pms_room_types"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("helth_live: {path: /x}", "1:1: 'helth_live' is no endpoint; did you mean 'health_live'?"),
        ("health_live: {pth: /x}", "1:15: 'pth' is no key; did you mean 'path'?"),
        ("health_live: {path: x}", "1:21: path begins with / and has no spaces"),
        ("health_live: {expected: yes}", "1:25: expected is an HTTP status"),
        ("health_live: {method: FETCH}", "1:23: method is one of GET"),
        ("health_live: {skip: maybe}", "1:21: skip is true or false"),
        ("get_reservation: {path: /r}", "1:25: the path of get_reservation needs {id}"),
        ("- health_live", "1:1: the file must hold `name: value` pairs"),
        ("health_live: [", "is not YAML"),
    ],
)
def test_a_table_with_an_error_says_where(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "endpoints.yaml"
    file.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(EndpointsError) as caught:
        endpoints.read(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_an_expected_404_is_a_success_and_a_step_can_be_left_out(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "endpoints.yaml"
    left_out = ("health_live", "whatsapp_webhook", "pms_room_types")
    file.write_text(
        "pms_availability: {path: /nowhere, expected: 404}\n" + "".join(f"{one}: {{skip: true}}\n" for one in left_out),
        encoding="utf-8",
    )
    done = hotel(
        tmp_path / "reports", demo.url, "spike", "--endpoints", file, "--user-scale", "0.1", "--time-scale", "0.02"
    )
    assert set(done.run.endpoints) == {"health_ready", "pms_availability"}, done.err
    assert done.run.tally("pms_availability".__eq__).errors == 0
    assert done.run.tally("pms_availability".__eq__).checks["expected answer"][1] == 0
