"""The configuration of Alertmanager: whom it tells, and without showing a secret."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.support.alertmanager import (
    active_alerts,
    alertmanager,
    filled,
    promtool,
    response_body,
    with_alertmanager,
    with_amtool,
)
from tests.support.processes import ROOT
from tests.support.prometheus import needed
from tests.support.receiver import Listener
from tests.support.waiting import wait_for

SLACK = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x&y|z"}
MAIL = {
    "SMTP_HOST": "smtp.example.com:587",
    "SMTP_FROM": "slo@example.com",
    "SMTP_TO": "team@example.com",
    "SMTP_USER": "slo",
    "SMTP_PASSWORD": "hush&|\\",
}


@with_amtool
@pytest.mark.parametrize("env", [{}, SLACK, MAIL, {**SLACK, **MAIL}])
def test_alertmanager_starts_with_or_without_secrets_and_shows_none(tmp_path: Path, env: Mapping[str, str]) -> None:
    config = filled(tmp_path, **env)
    subprocess.run(["amtool", "check-config", str(config)], check=True, capture_output=True)
    text = config.read_text(encoding="utf-8")
    assert "@" not in re.sub(r"\w+@example.com", "", text.split("\nglobal:")[1])
    assert "hush" not in text
    assert "hooks.slack.com" not in text
    receivers = {one["name"]: set(one) - {"name"} for one in yaml.safe_load(text)["receivers"]}
    slack = {"slack_configs"} if "SLACK_WEBHOOK_URL" in env else set()
    mail = {"email_configs"} if "SMTP_HOST" in env else set()
    assert receivers == {"everybody": slack | mail, "lead": slack | mail, "chat": slack, "mail": mail}
    for name, value in (("slack_url", "SLACK_WEBHOOK_URL"), ("smtp_password", "SMTP_PASSWORD")):
        assert (tmp_path / name).read_text(encoding="utf-8") == env.get(value, "")
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


@with_amtool
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("severity=page", "priority=P0"), "everybody"),
        (("severity=page", "priority=P1"), "chat"),
        (("severity=page", "priority=P1", "escalation=2"), "lead"),
        (("severity=ticket", "priority=P2"), "mail"),
        (("severity=ticket",), "mail"),
    ],
)
def test_alerts_reach_whom_they_should(tmp_path: Path, labels: tuple[str, ...], receiver: str) -> None:
    command = ["amtool", "config", "routes", "test", f"--config.file={filled(tmp_path, **SLACK, **MAIL)}", *labels]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == receiver


def fire(address: str, *alerts: Mapping[str, str]) -> None:
    """Tell Alertmanager of alerts, by their labels, as Prometheus does."""
    body = json.dumps([{"labels": one, "annotations": {"summary": one["alertname"]}} for one in alerts]).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{address}/api/v2/alerts", body, headers)
    wait_for(lambda: response_body(request))


BURNS = {"alertname": "SloBudgetBurns", "objective": "sound", "priority": "P0"}


@with_alertmanager
@pytest.mark.slow
def test_a_real_alertmanager_tells_and_holds_back_as_the_file_says(tmp_path: Path) -> None:
    with (
        Listener() as slack,
        alertmanager(filled(tmp_path, SLACK_WEBHOOK_URL=f"{slack.url}/hook")) as address,
    ):
        fire(
            address,
            {**BURNS, "severity": "page", "burn": "6"},
            {**BURNS, "severity": "ticket", "burn": "1"},
            {**BURNS, "alertname": "SloStillBurns", "severity": "page", "escalation": "2"},
            {"alertname": "SloVerdictCritical", "severity": "page", "priority": "P0"},
            {"alertname": "SloNoRequests", "severity": "ticket"},
        )
        told = {
            "SloBudgetBurns 6": ("active", ["everybody"]),
            "SloBudgetBurns 1": ("suppressed", ["mail"]),
            "SloStillBurns": ("active", ["lead"]),
            "SloVerdictCritical": ("active", ["everybody"]),
            "SloNoRequests": ("active", ["mail"]),
        }
        wait_for(lambda: active_alerts(address) == told)
        wait_for(lambda: len(slack.heard) >= 3)
        titles = {one["title"] for sent in slack.heard for one in sent.document["attachments"]}
        assert titles == {"FIRING: SloBudgetBurns", "FIRING: SloStillBurns", "FIRING: SloVerdictCritical"}
        fire(address, {"alertname": "SloGeneratorOverloaded", "severity": "ticket", "worker": "one"})
        for name in ("SloBudgetBurns 6", "SloStillBurns"):
            told[name] = ("suppressed", told[name][1])
        wait_for(lambda: active_alerts(address) == told | {"SloGeneratorOverloaded": ("active", ["mail"])})


@needed
def test_the_guides_example_of_a_scrape_is_a_configuration(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0])
    promtool("check", "config", tmp_path / "prometheus.yml")
