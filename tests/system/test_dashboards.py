"""Grafana's dashboards: whole, consistent, and each panel's query has an answer from a real Prometheus."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo.objectives.objectives import load
from slo.prometheus.rules import rules
from tests.support.cluster import free_port
from tests.support.processes import HOTEL, ROOT, Demo, Locust
from tests.support.prometheus import Prometheus, needed

FOLDER = ROOT / "deploy" / "grafana"
FILES = sorted((FOLDER / "dashboards").glob("*.json"))
OBJECTIVES = ROOT / "slo" / "hotel.yaml"
KINDS = {"timeseries", "stat", "table", "heatmap"}


def dashboard(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def queries() -> Iterator[tuple[str, str]]:
    """Yield (where, query) of every panel, variables replaced as Grafana does for All and a range of minutes."""
    for file in FILES:
        for panel in dashboard(file)["panels"]:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "10s")
                yield f"{file.name}: {panel['title']}", re.sub(r"\$(scenario|endpoint|objective)\b", ".*", query)


def test_there_are_four() -> None:
    assert [file.stem for file in FILES] == ["hotel", "objectives", "overview", "performance"]
    boards = [dashboard(file) for file in FILES]
    assert len({board["uid"] for board in boards}) == len({board["title"] for board in boards}) == 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_is_whole(file: Path) -> None:
    board = dashboard(file)
    assert board["uid"] == f"locust-slo-{file.stem}"
    assert board["schemaVersion"] >= 39
    assert board["tags"] == ["locust-slo"]
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["type"] in KINDS
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "prometheus"
        assert panel["targets"]
    variables = {one["name"] for one in board["templating"]["list"]}
    used = set(re.findall(r"\$(\w+)", json.dumps([panel["targets"] for panel in panels])))
    assert used - {"__rate_interval"} <= variables


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_panel_lies_on_another(file: Path) -> None:
    places = [panel["gridPos"] for panel in dashboard(file)["panels"]]
    for one in places:
        assert 0 <= one["x"] < one["x"] + one["w"] <= 24
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_data_source_is_the_one_that_panels_name() -> None:
    sources = yaml.safe_load((FOLDER / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    assert [source["uid"] for source in sources["datasources"]] == ["prometheus"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert sources["datasources"][0]["url"] == "http://prometheus:9090"
    provider = yaml.safe_load((FOLDER / "provisioning/dashboards/dashboards.yml").read_text(encoding="utf-8"))
    path = provider["providers"][0]["options"]["path"]
    assert f"./deploy/grafana/dashboards:{path}:ro" in compose["grafana"]["volumes"]


@needed
@pytest.mark.slow
def test_every_panel_has_an_answer_from_prometheus(tmp_path: Path) -> None:
    demo, port = Demo(), free_port()
    (tmp_path / "rules.yml").write_text(rules(load(OBJECTIVES), 3600, "slo/hotel.yaml")[0], encoding="utf-8")
    targets = {"locust-slo": f"127.0.0.1:{port}", "hotel-api": demo.url.removeprefix("http://")}
    demo.faults(error_ratio=0.1)
    with Prometheus(tmp_path / "prometheus", targets, [tmp_path / "rules.yml"]) as prometheus:
        words = ("--scenario", "load", "--time-scale", "0.2", "--objectives", OBJECTIVES, "--prometheus-port", port)
        run = Locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words)
        try:
            prometheus.await_(lambda: prometheus.number('sum(http_requests_total{endpoint="create_reservation"}) > 5'))
            left = set(queries())
            assert len(left) > 45

            def answered() -> bool:
                for where, query in sorted(left):
                    values = [float(one["value"][1]) for one in prometheus.ask(query)]
                    if any(not math.isnan(value) for value in values):
                        left.remove((where, query))
                return not left

            try:
                prometheus.await_(answered, timeout_s=120)
            except AssertionError:
                raise AssertionError(f"no data for {left}") from None
        finally:
            run.process.kill()
            run.process.wait()
            demo.stop()
