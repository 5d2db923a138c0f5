"""What is exported for Prometheus says what the objectives say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo.objectives.objectives import Objectives
from slo.prometheus.burn_rate import MONTH_S, burn_rates, prometheus_duration
from slo.prometheus.rules import rules
from tests.support.alertmanager import promtool
from tests.support.made import demanding
from tests.support.processes import ROOT, environment
from tests.support.prometheus import needed

COMMITTED = ROOT / "deploy" / "prometheus" / "rules" / "hotel.yml"


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
