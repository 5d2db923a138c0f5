"""The examples of README.md and docs/ run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo.objectives.objectives import parse
from tests.support.cluster import own_port
from tests.support.documentation import PAGES, blocks, commands
from tests.support.processes import A_FEW, ROOT, Demo, environment, hotel, locust

BIN = Path(sys.executable).parent
FOREIGN_HOST = "https://api.example.com"


def run(command: str, **env: str) -> subprocess.CompletedProcess[str]:
    words = ["bash", "-c", command]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=120, env=environment(**env), cwd=ROOT
    )


@pytest.mark.parametrize("command", [c for c in commands() if " make " in f" {c}"])
def test_a_make_target_exists(command: str) -> None:
    done = run(re.sub(r"\bmake\b", "make -n", command))
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def saved(_shared_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the reports folder of one run of the smoke scenario, for tests to copy."""
    reports = tmp_path_factory.mktemp("saved") / "reports"
    hotel(reports, _shared_demo.url, "smoke", "--time-scale", "0.02")
    return reports


def on_a_saved_run() -> list[Any]:
    """Return every example of locust-slo; `calibrate` runs Locust, again and again."""
    ours = [c for c in commands() if c.startswith(".venv/bin/locust-slo")]
    return [pytest.param(c, marks=pytest.mark.slow) if " calibrate " in c else c for c in ours]


@pytest.mark.parametrize("command", on_a_saved_run())
def test_a_command_on_a_saved_run_works(command: str, saved: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    shutil.copytree(saved, reports, symlinks=True)
    command = command.replace(".venv/bin", str(BIN)).replace("--runs 5 --", "--runs 2 -- --time-scale 0.02")
    command = re.sub(r"\breports\b", str(reports), command)
    command += f" --baselines {tmp_path}/baselines" if " baseline " in command else ""
    done = run(command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lean_user_works(demo: Demo, tmp_path: Path) -> None:
    text = next(block for page, block in blocks("python") if page == "performance.md")
    file = tmp_path / "own.py"
    file.write_text(text.replace('get("/"', 'get("/health/live"'), encoding="utf-8")
    done = locust(tmp_path / "reports", "-f", file, "-H", demo.url, "-u", 1, *A_FEW)
    assert "Traceback" not in done.out + done.err
    assert done.run.tally().requests > 0
    assert "greets" in done.run.tally().checks


def of_several(command: str) -> bool:
    return {"--master", "--worker"} & set(command.split()) != set()


def runs_alone() -> list[str]:
    """Return every example of a run in one process."""
    # The example of an own suite has a test of its own, and an API.
    ours = [c for c in commands() if c.startswith((".venv/bin/locust ", "locust ")) and "shop.py" not in c]
    return [c for c in ours if not of_several(c)]


@pytest.mark.slow
@pytest.mark.parametrize("command", runs_alone())
def test_a_run_works(command: str, demo: Demo, tmp_path: Path) -> None:
    words = shlex.split(command.replace(FOREIGN_HOST, demo.url).replace("-t 1m", "-t 3s"))[1:]
    if "your_locustfile.py" in words:
        python = next(block for page, block in blocks("python") if page == "README.md")
        (tmp_path / "your_locustfile.py").write_text(python.replace('get("/"', 'get("/health/live"'), encoding="utf-8")
        yaml = next(block for page, block in blocks("yaml") if page == "README.md")
        (tmp_path / "objectives.yaml").write_text(yaml, encoding="utf-8")
        words = [str(tmp_path / word) if word.endswith((".py", ".yaml")) else word for word in words]
    elif "--rate" not in words:
        words += ["--time-scale", "0.01"]
    if "--processes" in words:
        words += map(str, own_port())
    words += ["--find-limit-time", "30s"] if "--find-limit" in words else []
    words = [word for word in words if word not in ("--headless", "--only-summary")]
    done = locust(tmp_path / "reports", *words)
    assert done.worked, done.out + done.err
    assert done.run.tally().requests > 0


@pytest.mark.parametrize("command", [c for c in commands() if "docker compose" in c])
def test_a_compose_command_names_services_that_there_are(command: str) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    words = shlex.split(command)
    words = words[words.index("compose") + 1 :]
    if words[0] == "--profile":
        assert any(words[1] in service.get("profiles", ()) for service in services.values())
        words = words[2:]
    assert words[0] in ("up", "down", "exec", "run")
    assert words[0] != "run" or words[-1] in services
    named = [word.partition("=")[0] for before, word in pairwise(words) if before in ("--scale", "exec")]
    assert set(named) <= set(services)
    if "-c" in words:
        compile(words[words.index("-c") + 1], command, "exec")


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith("kubectl")])
def test_a_kubectl_command_names_what_the_manifest_makes(command: str) -> None:
    file = ROOT / "deploy" / "kubernetes" / "hotel.yaml"
    test = next(one for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one["kind"] == "LocustTest")
    name = test["metadata"]["name"]  # the operator's names are made of it
    made = {str(file.relative_to(ROOT)), name, f"svc/{name}-webui", f"job/{name}-master"}
    assert made & set(command.split())


RUN_ABOVE_OR_BELOW = (".venv/bin/locust", "locust ", ".venv/bin/python -m demo", "curl -X PUT http://127")
"""Commands of the guide that these tests execute, by how they begin; `locust-slo` is among them."""
NOT_RUN = {
    "make": "sets up an environment of its own; make -n checks each target, and .ci/run runs setup, lint and the tests",
    "BASE_URL": "tests a host that is not ours; make -n checks the target",
    ".venv/bin/python -m benchmarks.": "takes minutes and needs nginx; --help is run",
    "docker compose ": "needs a container engine; test_deployment.py runs the services' commands without one",
    "OTEL_": "needs a collector; test_tracing.py runs the same against one of its own",
    "kubectl ": "needs a cluster; test_deployment.py runs what the manifest starts",
}
"""Commands that are not executed as they stand, by how they begin, and why."""


def test_every_command_is_executed_or_listed_with_a_reason() -> None:
    assert [c for c in commands() if not c.startswith((*RUN_ABOVE_OR_BELOW, *NOT_RUN))] == []
    unused = [start for start in NOT_RUN if not any(c.startswith(start) for c in commands())]
    assert unused == []


def test_the_demos_example_works() -> None:
    command = next(c for c in commands() if c.startswith(".venv/bin/python -m demo --port"))
    curl = next(c for c in commands() if c.startswith("curl"))
    words = shlex.split(command)
    demo = Demo(*words[words.index("--port") + 2 :])
    try:
        done = run(curl.replace("http://127.0.0.1:8000", demo.url))
        assert done.returncode == 0, done.stderr
        assert '"pms_outage":true' in done.stdout.replace(" ", "")
    finally:
        demo.stop()


@pytest.mark.parametrize("command", [c for c in commands() if "benchmarks." in c])
def test_a_benchmark_has_its_help(command: str) -> None:
    done = run(command.replace(".venv/bin", str(BIN)) + " --help")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("page", "block"), list(blocks("yaml")))
def test_an_objectives_example_has_no_error(page: str, block: str) -> None:
    if "objectives:" in block and "jobs:" not in block:
        assert parse(block, page).items


@pytest.mark.parametrize("known", ["", "17"])
def test_the_comment_on_a_pull_request_is_edited_where_there_is_one(tmp_path: Path, known: str) -> None:
    pages = [yaml.safe_load(block) for page, block in blocks("yaml") if "jobs:" in block and page == "reports.md"]
    steps = pages[0]["jobs"]["load-test"]["steps"]
    script = next(step["run"] for step in steps if "gh api" in step.get("run", ""))
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\necho "$*" >> "$LOG"\ncase "$*" in *--jq*) echo "$KNOWN";; esac\n', encoding="utf-8")
    gh.chmod(0o755)
    latest = tmp_path / "reports" / "latest"
    latest.mkdir(parents=True)
    (latest / "report.md").write_text("<!-- locust-slo:smoke -->\n\n# PASS\n", encoding="utf-8")
    own = environment(LOG=str(tmp_path / "log"), KNOWN=known, NUMBER="5", GITHUB_REPOSITORY="our/app")
    own["PATH"] = f"{tmp_path}:{own['PATH']}"
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=own, cwd=tmp_path, check=True)
    asked, said = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert 'startswith("<!-- locust-slo:smoke -->")' in asked
    assert said.startswith("api -X PATCH repos/our/app/issues/comments/17 -F" if known else "pr comment 5 ")
    assert "reports/latest/report.md" in said


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_guide_is_built_without_a_broken_link_or_anchor(tmp_path: Path) -> None:
    # Not --quiet: that also hides warnings from --strict.
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, env=environment())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").exists()


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1].split("validation:")[0]
    assert {page.name for page in PAGES if page.parent.name == "docs"} == set(re.findall(r"[\w-]+\.md", nav))


def test_the_reference_of_objectives_is_made_from_the_schema() -> None:
    done = run(f"{BIN}/locust-slo schema objectives --as markdown")
    assert done.stdout == (ROOT / "docs" / "objectives-reference.md").read_text(encoding="utf-8")
    assert run(f"{BIN}/locust-slo schema run --as markdown").returncode == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    """Those of the guide's pages to each other are mkdocs' to check, with their anchors."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if path.startswith(("http://", "https://", "<")) or not path:
            continue
        assert (page.parent / path).exists(), target
        if anchor and page.name == "README.md":
            headings = re.findall(r"^#+ (.+)$", (page.parent / path).read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}, target


class Shop(BaseHTTPRequestHandler):
    """The API of the guide's example of an own suite."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200, b'[{"item": 7, "name": "tea"}]')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201, b"{}")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_the_example_of_an_own_suite_works(tmp_path: Path) -> None:
    for language, name in (("python", "shop.py"), ("yaml", "shop.yaml")):
        text = next(block for page, block in blocks(language) if page == "own-suite.md")
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = next(c for c in commands() if "shop.py" in c)
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        words = shlex.split(command.replace(FOREIGN_HOST, f"http://127.0.0.1:{server.server_port}"))[1:]
        words = [str(tmp_path / word) if word.startswith("shop.") else word for word in words]
        words[words.index("-t") + 1] = "4s"
        done = locust(tmp_path / "reports", *(w for w in words if w not in ("--headless", "--only-summary")))
        server.shutdown()
    assert done.worked, done.out + done.err
    assert set(done.statuses().values()) == {"PASS"}
    assert set(done.run.tally().checks) == {"finds something", "is in the basket"}
    # The last step of the page, literally: where the run was made, on its latest run.
    last = [block for page, block in blocks("sh") if page == "own-suite.md"][-1].strip()
    (tmp_path / ".venv").symlink_to(BIN.parent)
    added = subprocess.run(["bash", "-c", last], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert added.returncode == 0, added.stderr
    assert "baselines/shop.json: added shop-" in added.stdout


def test_the_example_of_declared_options_works(demo: Demo, tmp_path: Path) -> None:
    _, declared = [block for page, block in blocks("python") if page == "own-suite.md"]
    file = tmp_path / "own.py"
    file.write_text((ROOT / "tests" / "locustfiles" / "basic.py").read_text(encoding="utf-8") + declared, "utf-8")
    done = locust(tmp_path / "reports", "-f", file, "-H", demo.url, "-u", 1, *A_FEW, "--season", "high")
    assert done.run.scenario == "high"
    assert done.run.options["slo_suite"]["load_options"] == ["pause"]
