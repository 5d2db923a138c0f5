"""What the demo's faults come to: status and exit code, with real processes."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slo.baseline import store
from slo.text import schemas
from tests.support.processes import BASIC, HOTEL, Demo, hotel, locust

QUICK = ("--think-time", "0.02", "--time-scale", "0.005")
"""The load scenario in 4 seconds, about a thousand requests."""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_errors_of_five_percent_are_critical(demo: Demo, tmp_path: Path) -> None:
    demo.faults(error_ratio=0.05)
    done = hotel(tmp_path / "reports", demo.url, "load", *QUICK)
    assert done.code == 2, done.out + done.err
    assert done.verdict["status"] == "CRITICAL"
    assert done.statuses()["error rate"] == "CRITICAL"
    errors = next(one for one in done.verdict["results"] if one["name"] == "error rate")
    health = done.run.tally("health_live".__eq__).requests
    others = done.run.tally().requests - health
    # Every twentieth, exactly; those of the ten users that were under way at the end are recorded by nobody.
    failed = errors["value"] * done.run.tally().requests
    assert failed == pytest.approx(0.05 * others, abs=2 + 0.05 * 0.05 * others)
    assert any("HTTP 500" in words for words in errors["advice"])
    assert "CRITICAL" in done.out
    assert "exit code 2" in done.out


def test_one_percentile_alone_is_a_failure(demo: Demo, tmp_path: Path) -> None:
    # Of 41 requests one asks for the metrics: some are more than a thousandth, none a twentieth.
    demo.faults(endpoints={"metrics": {"latency_ms": 2000}})
    objectives = write(
        tmp_path / "objectives.yaml",
        "version: 1\nobjectives:\n"
        "  - {name: p95, indicator: latency.p95, target: 1500 ms, priority: P0}\n"
        "  - {name: tail, indicator: latency.p99.9, target: 400 ms, priority: P1}\n"
        "  - {name: mean, indicator: latency.mean, target: 1500 ms, priority: P2}\n",
    )
    words = ("--think-time", "0", "--time-scale", "0.005", "--user-scale", "3", "--objectives", objectives)
    done = hotel(tmp_path / "reports", demo.url, "load", *words)
    assert done.statuses() == {"p95": "PASS", "tail": "FAIL", "mean": "PASS"}, done.out
    assert done.code == 1
    assert done.verdict["compliance_ratio"] == pytest.approx(2 / 3)


def test_slow_but_inside_the_target_is_a_warning(demo: Demo, tmp_path: Path) -> None:
    demo.faults(endpoints={"whatsapp_webhook": {"latency_ms": 2700}})
    done = hotel(tmp_path / "reports", demo.url, "load", "--think-time", "0.1", "--time-scale", "0.007")
    assert done.statuses()["P95 latency"] == "WARNING", done.out
    assert done.reached("WARNING"), done.out + done.err
    slow = next(one for one in done.verdict["results"] if one["name"] == "P95 latency")
    assert any("whatsapp_webhook" in words for words in slow["advice"])


def test_a_dead_host_is_no_verdict(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = hotel(tmp_path / "reports", url, "smoke")
    assert done.code == 3
    assert f"no answer from {url}/health/live" in done.err
    assert "is the API running" in done.err
    assert "Traceback" not in done.err
    assert done.run.ended.how == "refused"


def test_a_host_that_is_not_well_is_no_verdict(demo: Demo, tmp_path: Path) -> None:
    endpoints = write(tmp_path / "endpoints.yaml", "health_live: {path: /healthz}\n")
    done = hotel(tmp_path / "reports", demo.url, "smoke", "--endpoints", endpoints)
    assert done.code == 3
    assert "/healthz answered 404 instead of 200" in done.err


def test_zero_requests_are_no_verdict(demo: Demo, tmp_path: Path) -> None:
    lazy = write(
        tmp_path / "lazy.py",
        "import slo.plugin\nfrom locust import HttpUser, task\n"
        "class Lazy(HttpUser):\n    @task\n    def wait_on(self):\n        import gevent; gevent.sleep(60)\n",
    )
    objectives = write(tmp_path / "o.yaml", "version: 1\nobjectives:\n  - indicator: latency.p95\n    target: 800 ms\n")
    done = locust(
        tmp_path / "reports", "-f", lazy, "-H", demo.url, "-u", 2, "-r", 2, "-t", "2s", "--objectives", objectives
    )
    assert done.code == 3, done.out
    assert done.verdict["status"] == "NO DATA"
    assert done.verdict["reason"] == "no verdict: no request was made"


def test_smoke_is_not_failed_for_throughput(demo: Demo, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url, "smoke")
    assert done.worked, done.out + done.err
    assert done.statuses()["throughput"] == "SKIPPED"
    assert done.reached("PASS"), done.out + done.err


def test_a_rate_limiter_at_work_is_no_error_in_a_burst(demo: Demo, tmp_path: Path) -> None:
    demo.faults(rate_limit=20, rate_burst=20)
    done = hotel(tmp_path / "reports", demo.url, "spike", "--time-scale", "0.025")
    assert done.statuses()["error rate (429 aside)"] == "PASS", done.out
    assert done.run.tally().throttled > 20
    assert "all had Retry-After (median 1 s)" in " ".join(done.verdict["findings"][0]["details"])
    assert "throttled" in done.out


def test_an_outage_of_the_pms_is_named(demo: Demo, tmp_path: Path) -> None:
    demo.faults(pms_outage=True)
    done = hotel(tmp_path / "reports", demo.url, "load", *QUICK)
    assert done.code == 2
    errors = next(one for one in done.verdict["results"] if one["name"] == "error rate")
    assert any("breaker" in words and "pms_availability" in words for words in errors["advice"]), errors["advice"]


def test_a_foreign_locustfile_is_judged(demo: Demo, tmp_path: Path) -> None:
    objectives = write(tmp_path / "o.yaml", "version: 1\nobjectives:\n  - indicator: latency.p95\n    target: 800 ms\n")
    words = ("-f", BASIC, "-H", demo.url, "-u", 3, "-r", 3, "-t", "2s", "--objectives", objectives)
    done = locust(tmp_path / "reports", *words)
    # A third of its requests fail with 404. Locust alone would exit with 1; its objectives say that is fine.
    assert done.worked, done.out + done.err
    assert done.run.tally("/does_not_exist".__eq__).failures == {"HTTP 404": done.run.tally().errors}
    assert done.statuses() == {"latency.p95": "PASS"}
    assert done.run.scenario is None


def test_without_objectives_a_run_is_recorded_and_locust_decides(demo: Demo, tmp_path: Path) -> None:
    done = locust(tmp_path / "reports", "-f", BASIC, "-H", demo.url, "-u", 3, "-r", 3, "-t", "2s")
    assert done.code == 1
    assert "recorded without objectives" in done.out
    assert not (done.folder / "verdict.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scenarios", "load"), "unrecognized arguments: --scenarios"),
        (("--scenario", "lod"), "invalid choice: 'lod'"),
        (("--time-scale", "fast"), "--time-scale is a number from 0.001 to 100, not 'fast'"),
        (("--objectives", "missing.yaml"), "missing.yaml:1:1: there is no such file"),
        (("--endpoints", "missing.yaml"), "missing.yaml: cannot be read"),
    ],
)
def test_a_mistyped_option_is_no_verdict(demo: Demo, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, "--time-scale", "0.02", *words)
    assert done.code == 3, done.out + done.err
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_bad_objectives_file_stops_before_any_load(demo: Demo, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.yaml", "version: 1\nobjectives:\n  - indicator: latency.p95\n    target: 800\n")
    done = hotel(tmp_path / "reports", demo.url, "smoke", "--objectives", bad)
    assert done.code == 3
    assert f"{bad}:4:13: objectives[0].target: `800` has no unit" in done.err
    assert "Traceback" not in done.err


def test_secrets_are_in_no_file_and_no_output(tmp_path: Path) -> None:
    secrets = {"WHATSAPP_APP_SECRET": "s3cret-of-whatsapp", "ADMIN_TOKEN": "t0ken-of-admin"}
    demo = Demo(**secrets)
    try:
        reports = tmp_path / "reports"
        words = ("--think-time", "0.01", "--time-scale", "0.002", "--user-scale", "4")
        done = hotel(reports, demo.url, "soak", *words, env=secrets)
    finally:
        demo.stop()
    assert done.worked, done.out + done.err
    assert done.run.tally("admin_tenants".__eq__).errors == 0
    assert done.run.tally("admin_tenants".__eq__).requests > 0
    written = done.out + done.err + "".join(path.read_text() for path in done.folder.iterdir())
    for secret in secrets.values():
        assert secret not in written


def test_credentials_in_the_url_are_not_written(demo: Demo, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url.replace("//", "//someone:pa55word@"), "smoke")
    assert done.worked, done.out + done.err
    written = done.out + done.err + "".join(path.read_text() for path in done.folder.iterdir())
    assert "pa55word" not in written
    assert done.run.target.url == demo.url


def test_what_is_written_says_what_was_tested(demo: Demo, tmp_path: Path) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "--demo", "--scenario", "smoke", "--time-scale", "0.05")
    assert done.worked, done.out + done.err
    headline = f"the embedded demo API at {done.run.target.url}"
    assert headline in done.out
    assert headline in (done.folder / "report.md").read_text(encoding="utf-8")
    assert json.loads((done.folder / "verdict.json").read_text())["target"] == {
        "url": done.run.target.url,
        "embedded": True,
    }
    assert (tmp_path / "reports" / "latest" / "run.json").exists()


def test_every_file_written_is_valid_by_its_schema(demo: Demo, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url, "load", *QUICK)
    kept = store.add(done.run, tmp_path / "baselines")
    written = {"run": done.folder / "run.json", "verdict": done.folder / "verdict.json", "baseline": kept}
    for name, file in written.items():
        Draft202012Validator(schemas.load(name)).validate(json.loads(file.read_text(encoding="utf-8")))
    assert store.read(kept)[0].id == done.run.id
    assert store.read(kept)[0].tally() == done.run.tally()
    with pytest.raises(store.BaselineError, match="already"):
        store.add(done.run, tmp_path / "baselines")


def test_a_damaged_baseline_is_refused_and_kept(demo: Demo, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url, "smoke", "--time-scale", "0.02")
    damaged = write(tmp_path / "baselines" / "smoke.json", '{"schema": "locust-slo/baseline", "version": 99}')
    with pytest.raises(store.BaselineError, match="restore it from git or delete it"):
        store.add(done.run, damaged.parent)
    assert "99" in damaged.read_text(encoding="utf-8")
