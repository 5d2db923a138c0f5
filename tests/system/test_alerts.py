"""Rules and alerts: what is exported says what the objectives say, and a real burn reaches a real receiver."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo.objectives.objectives import Objectives, load
from slo.prometheus.burn_rate import MONTH_S, burn_rates, prometheus_duration
from slo.prometheus.rules import rules
from tests.support.cluster import free_port
from tests.support.made import demanding
from tests.support.processes import HOTEL, ROOT, Demo, Locust, environment
from tests.support.prometheus import Prometheus, needed
from tests.support.receiver import Listener
from tests.support.waiting import wait_for

OBJECTIVES = ROOT / "slo" / "hotel.yaml"
COMMITTED = ROOT / "deploy" / "prometheus" / "rules" / "hotel.yml"
START = ROOT / "deploy" / "alertmanager" / "start.sh"
with_amtool = pytest.mark.skipif(not shutil.which("amtool"), reason="amtool (prometheus-alertmanager) is not installed")

with_alertmanager = pytest.mark.skipif(
    not shutil.which("prometheus-alertmanager"), reason="prometheus-alertmanager is not installed"
)


def promtool(*words: object, cwd: Path = ROOT) -> str:
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def groups(objectives: Objectives, period_s: float = MONTH_S) -> dict[str, list[dict[str, Any]]]:
    text, _ = rules(objectives, period_s, "made.yaml")
    return {group["name"]: group["rules"] for group in yaml.safe_load(text)["groups"]}


def export(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / ".venv/bin/locust-slo"), "export", "prometheus-rules", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment())


def test_the_windows_are_those_of_the_workbook_scaled_to_the_period() -> None:
    assert [(one.rate, one.windows, one.severity) for one in burn_rates(MONTH_S)] == [
        (14.4, ("1h", "5m"), "page"),
        (6.0, ("6h", "30m"), "page"),
        (1.0, ("3d", "6h"), "ticket"),
    ]
    assert [(one.rate, one.windows, one.severity) for one in burn_rates(3600)] == [
        (6.0, ("1m", "10s"), "page"),
        (1.0, ("6m", "30s"), "ticket"),
    ]
    assert [prometheus_duration(90), prometheus_duration(5400), prometheus_duration(86400 + 60)] == [
        "1m30s",
        "1h30m",
        "1d1m",
    ]


def test_an_objective_becomes_the_share_of_bad_requests_and_alerts_on_its_budget() -> None:
    found = groups(
        demanding(
            'name: fast, indicator: latency.p95, target: "3000 ms", priority: P0, group: pages, scenario: [load, "s*"]',
            'name: sound, indicator: errors.ratio, target: "1 %"',
            'name: sound but for 429, indicator: errors.ratio, target: "1 %", throttled: ignored',
            'name: right, indicator: checks.ratio, target: "99 %", check: "body not empty", priority: P2',
        )
    )
    exprs = {rule["labels"]["objective"]: rule["expr"] for rule in found["slo indicators"] if "5m" in rule["record"]}
    where = 'scenario=~"load|s.*",endpoint=~"home|page_.*"'
    assert exprs["fast"] == (
        f'1 - sum(rate(locust_slo_latency_seconds_bucket{{{where},le="3.0"}}[5m])) / '
        f"sum(rate(locust_slo_latency_seconds_count{{{where}}}[5m]))"
    )
    assert "throttled_total" in exprs["sound"]
    assert "throttled_total" not in exprs["sound but for 429"]
    assert 'check="body not empty",result="failed"' in exprs["right"]
    burnt = {(rule["labels"]["objective"], rule["record"]): rule["expr"] for rule in found["slo indicators"]}
    assert burnt["fast", "objective:burn_rate:fast"] == 'objective:bad:ratio_rate1h{objective="fast"} / 0.05'
    assert burnt["right", "objective:burn_rate:slow"] == 'objective:bad:ratio_rate3d{objective="right"} / 0.01'
    alerts = {(rule["labels"]["objective"], rule["labels"]["burn"]): rule for rule in found["slo burn rates"]}
    assert alerts["fast", "14.4"]["expr"] == (
        'objective:bad:ratio_rate1h{objective="fast"} > 0.72 and objective:bad:ratio_rate5m{objective="fast"} > 0.72'
    )
    assert "> 0.144 and" in alerts["sound", "14.4"]["expr"]
    assert alerts["fast", "14.4"]["labels"]["severity"] == "page"
    assert {alerts["right", burn]["labels"]["severity"] for burn in ("14.4", "6", "1")} == {"ticket"}


def test_what_prometheus_cannot_say_is_left_out_and_named() -> None:
    objectives = demanding(
        'name: at the top, indicator: latency.p95, target: "3000 ms", stage: "hold"',
        'name: good ones, indicator: latency.p95, target: "3000 ms", of: ok',
        'name: limit, indicator: capacity.users, target: "50 users", scenario: stress',
        'name: late, indicator: latency.p95, target: "3000 ms", warmup: "30 s"',
        'name: much, indicator: throughput.rps, target: "10 rps"',
        'name: never, indicator: errors.ratio, target: "0 %"',
    )
    text, left = rules(objectives, MONTH_S, "made.yaml")
    assert [(one.objective, one.why.partition(":")[0]) for one in left] == [
        ("at the top", "no rule"),
        ("good ones", "no rule"),
        ("limit", "no rule"),
        ("late", "its warm-up counts here, too"),
    ]
    assert all(f"# {one.objective}: {one.why}\n" in text for one in left)
    standing = [rule["labels"].get("objective") for rule in groups(objectives)["slo objectives"]]
    assert standing[:2] == ["much", "never"]


def test_the_same_objectives_give_the_same_file_which_is_the_committed_one(tmp_path: Path) -> None:
    done = export("--objectives", "slo/hotel.yaml", "--period", "1h", "--out", str(tmp_path / "rules.yml"))
    assert done.returncode == 0, done.stderr
    assert "regression of latency.p95: no rule: it compares with reference runs" in done.stderr
    assert (tmp_path / "rules.yml").read_text(encoding="utf-8") == COMMITTED.read_text(encoding="utf-8")


@pytest.mark.parametrize("period", ["soon", "5min", "1w", ""])
def test_a_period_that_is_none_is_refused(period: str) -> None:
    done = export("--period", period)
    assert done.returncode == 3
    assert "--period is a time like 30d, 1h or 15min, from 10min on" in done.stderr


@needed
def test_promtool_accepts_the_rules_and_the_configuration(tmp_path: Path) -> None:
    promtool("check", "rules", COMMITTED)
    config = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(config.replace("/etc/prometheus", str(COMMITTED.parent.parent)))
    assert "1 rule files found" in promtool("check", "config", tmp_path / "prometheus.yml")


UNIT = """
rule_files: [rules.yml]
evaluation_interval: 10s
group_eval_order: [slo indicators, slo burn rates, slo objectives]
tests:
  - interval: 1s
    input_series:
      - {series: 'locust_slo_requests_total{scenario="spike",endpoint="home"}', values: '0+10x1200'}
      # 3 % fail for ten minutes, then one in two for five, then none.
      - series: 'locust_slo_failures_total{scenario="spike",endpoint="home",kind="HTTP 500"}'
        values: '0+0.3x600 185+5x299 1680+0x300'
      - {series: 'locust_slo_latency_seconds_bucket{scenario="spike",endpoint="home",le="3.0"}', values: '0+10x1200'}
      - {series: 'locust_slo_latency_seconds_count{scenario="spike",endpoint="home"}', values: '0+10x1200'}
    alert_rule_test:
      - {eval_time: 9m, alertname: SloBudgetBurns, exp_alerts: [SLOW]}
      - {eval_time: 12m, alertname: SloBudgetBurns, exp_alerts: [FAST, SLOW]}
      - {eval_time: 16m30s, alertname: SloBudgetBurns, exp_alerts: []}
      - {eval_time: 16m30s, alertname: SloStillBurns, exp_alerts: []}
"""


@needed
def test_an_alert_fires_at_the_burn_and_not_below_and_ends_with_it(tmp_path: Path) -> None:
    sound = demanding(
        'name: sound, indicator: errors.ratio, target: "1 %"', 'name: fast, indicator: latency.p95, target: "3 s"'
    )
    text, _ = rules(sound, 3600, "made.yaml")
    (tmp_path / "rules.yml").write_text(text, encoding="utf-8")
    found = {rule["labels"]["burn"]: rule for rule in groups(sound, 3600)["slo burn rates"] if "sound" in rule["expr"]}
    unit = UNIT
    for name, burn, values in (("FAST", "6", ("50%",)), ("SLOW", "1", ("3%", "18.67%"))):
        rule = found[burn]
        labels = json.dumps({**rule["labels"]})
        for value in values:
            described = rule["annotations"]["description"].replace("{{ $value | humanizePercentage }}", value)
            annotations = json.dumps({"summary": rule["annotations"]["summary"], "description": described})
            unit = unit.replace(name, f"{{exp_labels: {labels}, exp_annotations: {annotations}}}", 1)
    (tmp_path / "unit.yml").write_text(unit, encoding="utf-8")
    promtool("test", "rules", "unit.yml", cwd=tmp_path)


STILL = """
rule_files: [rules.yml]
evaluation_interval: 10s
group_eval_order: [slo indicators, slo burn rates, slo objectives]
tests:
  - interval: 1s
    input_series:
      - {series: 'locust_slo_requests_total{scenario="spike",endpoint="home"}', values: '0+10x1500'}
      # Half of all fail for twenty minutes.
      - series: 'locust_slo_failures_total{scenario="spike",endpoint="home",kind="HTTP 500"}'
        values: '0+5x1200 6000x300'
    alert_rule_test:
      - {eval_time: 14m, alertname: SloStillBurns, exp_alerts: []}
      - {eval_time: 17m, alertname: SloStillBurns, exp_alerts: [TOLD]}
      - {eval_time: 24m, alertname: SloStillBurns, exp_alerts: []}
"""


@needed
def test_what_goes_on_for_long_is_told_to_more_people(tmp_path: Path) -> None:
    sound = demanding('name: sound, indicator: errors.ratio, target: "1 %"')
    text, _ = rules(sound, 3600, "made.yaml")
    (tmp_path / "rules.yml").write_text(text, encoding="utf-8")
    labels = {"severity": "page", "escalation": "2", "objective": "sound", "priority": "P1"}
    told = {
        "exp_labels": labels,
        "exp_annotations": {
            "summary": "sound has burnt its budget for 15 minutes",
            "description": "It was not resolved by its first receiver.",
        },
    }
    (tmp_path / "unit.yml").write_text(STILL.replace("TOLD", json.dumps(told)), encoding="utf-8")
    promtool("test", "rules", "unit.yml", cwd=tmp_path)


def filled(work: Path, **env: str) -> Path:
    """Return the configuration that start.sh makes of this environment."""
    own = {"PATH": os.environ["PATH"], "WORK": str(work), "ALERTMANAGER": "true", **env}
    subprocess.run([str(START)], env=own, check=True)
    return work / "alertmanager.yml"


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


@contextmanager
def alertmanager(config: Path) -> Iterator[str]:
    """Start Debian's Alertmanager with this configuration; yields its address."""
    folder, address = config.parent, f"127.0.0.1:{free_port()}"
    words = [f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address="]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["prometheus-alertmanager", *words, f"--web.listen-address={address}"], stdout=log, stderr=log, cwd=folder
        )
        try:
            yield address
        finally:
            process.kill()
            process.wait()


def handing_all_to(webhook: str, file: Path) -> Path:
    """Write a configuration that hands all alerts to ``webhook``, at once."""
    config = {
        "route": {"receiver": "test", "group_wait": "1s", "group_interval": "1s", "group_by": ["..."]},
        "receivers": [{"name": "test", "webhook_configs": [{"url": webhook, "send_resolved": True}]}],
    }
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


def fire(address: str, *alerts: Mapping[str, str]) -> None:
    """Tell Alertmanager of alerts, by their labels, as Prometheus does."""
    body = json.dumps([{"labels": one, "annotations": {"summary": one["alertname"]}} for one in alerts]).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{address}/api/v2/alerts", body, headers)
    wait_for(lambda: answers(request))


def answers(request: str | urllib.request.Request) -> bytes:
    """Return what is answered, nothing where nobody is there yet."""
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read() or b" "
    except OSError:
        return b""


def standing(address: str) -> dict[str, tuple[str, list[str]]]:
    """Return the state of each alert, and who is told."""
    known = json.loads(answers(f"http://{address}/api/v2/alerts"))
    return {
        f"{one['labels']['alertname']} {one['labels'].get('burn', '')}".strip(): (
            one["status"]["state"],
            [to["name"] for to in one["receivers"]],
        )
        for one in known
    }


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
        wait_for(lambda: standing(address) == told)
        wait_for(lambda: len(slack.heard) >= 3)
        titles = {one["title"] for sent in slack.heard for one in sent.document["attachments"]}
        assert titles == {"FIRING: SloBudgetBurns", "FIRING: SloStillBurns", "FIRING: SloVerdictCritical"}
        fire(address, {"alertname": "SloGeneratorOverloaded", "severity": "ticket", "worker": "one"})
        for name in ("SloBudgetBurns 6", "SloStillBurns"):
            told[name] = ("suppressed", told[name][1])
        wait_for(lambda: standing(address) == told | {"SloGeneratorOverloaded": ("active", ["mail"])})


@needed
@with_alertmanager
@pytest.mark.slow
def test_a_fault_in_a_spike_reaches_a_receiver_and_its_end_too(tmp_path: Path) -> None:
    demo, port = Demo(), free_port()
    (tmp_path / "rules.yml").write_text(rules(load(OBJECTIVES), 600, "slo/hotel.yaml")[0], encoding="utf-8")
    name = "error rate (429 aside)"

    def told(status: str) -> bool:
        return any(
            one["status"] == status
            and (one["labels"].get("objective"), one["labels"]["alertname"]) == (name, "SloBudgetBurns")
            for sent in webhook.heard
            for one in sent.document["alerts"]
        )

    with (
        Listener() as webhook,
        alertmanager(handing_all_to(webhook.url, tmp_path / "alertmanager.yml")) as address,
        Prometheus(tmp_path / "p", {"slo": f"127.0.0.1:{port}"}, [tmp_path / "rules.yml"], address) as prometheus,
    ):
        words = ("--scenario", "spike", "--time-scale", "0.5", "--user-scale", "0.2", "--objectives", OBJECTIVES)
        run = Locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words, "--prometheus-port", port)
        try:
            prometheus.await_(lambda: prometheus.number("sum(locust_slo_requests_total) > 20"))
            time.sleep(3)
            assert not told("firing")
            demo.faults(error_ratio=0.5)
            prometheus.await_(lambda: told("firing"))
            demo.faults(error_ratio=0)
            prometheus.await_(lambda: told("resolved"), timeout_s=120)
        finally:
            run.process.kill()
            run.process.wait()
            demo.stop()


@needed
def test_the_guides_example_of_a_scrape_is_a_configuration(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0])
    promtool("check", "config", tmp_path / "prometheus.yml")
