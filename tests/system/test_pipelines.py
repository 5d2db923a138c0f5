"""Pipelines: valid by their schemas, nothing refers to what is not there, and their shell steps run as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from tests.support.processes import ROOT, Demo, environment

GITHUB = ROOT / ".github"
CI = GITHUB / "workflows" / "ci.yml"
SLO = GITHUB / "workflows" / "slo.yml"
ACTION = GITHUB / "actions" / "slo" / "action.yml"
GITLAB = ROOT / "docs" / "ci" / "gitlab-ci.yml"
JENKINS = ROOT / "docs" / "ci" / "Jenkinsfile"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
BIN = ROOT / ".venv" / "bin"
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def read(file: Path) -> dict[Any, Any]:
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the steps of a workflow's jobs, or of an action."""
    data = read(file)
    jobs = data.get("jobs") or {"action": data["runs"]}
    for job in jobs.values():
        yield from job["steps"]


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        *((file, "github-workflows") for file in WORKFLOWS),
        (ACTION, "github-actions"),
        (GITLAB, "gitlab-ci"),
        (GITHUB / "dependabot.yml", "dependabot"),
        (GITHUB / "ISSUE_TEMPLATE" / "bug.yml", "github-issue-forms"),
        (GITHUB / "ISSUE_TEMPLATE" / "feature.yml", "github-issue-forms"),
        (GITHUB / "ISSUE_TEMPLATE" / "config.yml", "github-issue-config"),
    ],
)
def test_a_file_is_valid(file: Path, schema: str) -> None:
    found = files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    data = read(file)
    if True in data:
        data["on"] = data.pop(True)  # YAML 1.1 reads the key `on` as a truth
    errors = list(Draft7Validator(json.loads(found.read_text(encoding="utf-8"))).iter_errors(data))
    assert errors == []


@pytest.mark.parametrize("file", [*WORKFLOWS, ACTION])
def test_no_expression_is_put_into_a_script(file: Path) -> None:
    """What comes from outside would be run as a part of the script: it goes through the environment."""
    for step in steps(file):
        assert not EXPRESSION.search(step.get("run", "")), step


@pytest.mark.parametrize("file", [CI, SLO, ACTION])
def test_expressions_refer_to_what_is_there(file: Path) -> None:
    text, data = file.read_text(encoding="utf-8"), read(file)
    call = (data.get(True) or {}).get("workflow_call", {}) if True in data else {}
    inputs = set(data.get("inputs", {})) | set(call.get("inputs", {}))
    names = {step["id"]: step for step in steps(file) if "id" in step}
    for expression in EXPRESSION.findall(text) + re.findall(r"^\s*(?:- )?if: (.+)$", text, re.MULTILINE):
        for name in re.findall(r"\binputs\.([\w-]+)", expression):
            assert name in inputs, expression
        for step, output in re.findall(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)", expression):
            assert f"{output}=" in names[step]["run"], expression
    used = set(re.findall(r"\binputs\.([\w-]+)", text))
    assert inputs <= used, "an input that nothing reads"


def test_the_workflow_hands_the_action_what_it_takes() -> None:
    step = next(step for step in steps(SLO) if ".github/actions/slo" in step.get("uses", ""))
    taken = read(ACTION)["inputs"]
    assert set(step["with"]) <= set(taken)
    assert {name for name, one in taken.items() if one.get("required")} <= set(step["with"])


def test_this_projects_ci_runs_what_ci_run_runs() -> None:
    runs = {step["run"] for step in steps(CI) if step.get("run", "").startswith("make")}
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    own = {command.partition(" >")[0] for command in re.findall(r"^make .+$", script, re.MULTILINE)}
    assert runs == own - {"make setup"}


@pytest.mark.parametrize("file", [CI, SLO, ACTION])
def test_actions_have_a_version(file: Path) -> None:
    for step in steps(file):
        if "uses" in step:
            assert re.search(r"@(v\d+|main)$", step["uses"]), step


def shell(script: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does, with the commands of this environment first."""
    own = environment(**{**env, "PATH": f"{cwd}/bin:{BIN}:{os.environ['PATH']}"})
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=cwd, env=own, timeout=120)


def checkout(folder: Path) -> Path:
    """Return a folder with what a repository of the hotel's has, and a `gh` and a `pip` that do nothing."""
    for name in ("locustfiles", "slo", "baselines"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "bin").mkdir()
    (folder / "bin" / "gh").write_text('#!/bin/sh\necho "$*" >>"$GH_LOG"\ncase "$*" in *--jq*) echo "$KNOWN";; esac\n')
    (folder / "bin" / "gh").chmod(0o755)
    return folder


def outputs(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())


def filled(env: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return a step's environment with its expressions replaced."""
    return {name: EXPRESSION.sub(lambda found: values.get(found[1].strip(), ""), value) for name, value in env.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("error_ratio", "code", "status"), [(0, "0", "PASS"), (1, "2", "CRITICAL")])
def test_the_action_runs_shows_and_gates(
    demo: Demo, tmp_path: Path, error_ratio: float, code: str, status: str
) -> None:
    here = checkout(tmp_path)
    demo.faults(error_ratio=error_ratio)
    named = {step["name"]: step for step in steps(ACTION) if "name" in step}
    values = {
        "inputs.locustfile": "locustfiles/hotel.py",
        "inputs.objectives": "slo/hotel.yaml",
        "inputs.scenario": "smoke",
        "inputs.host": demo.url,
        "inputs.arguments": "--time-scale\n0.03\n",
        "inputs.baselines": "baselines",
        "github.event.pull_request.number": "7",
    }
    actions = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(here / "output"),
        "GITHUB_STEP_SUMMARY": str(here / "summary"),
        "GITHUB_REPOSITORY": "us/ours",
        "GH_LOG": str(here / "gh.log"),
        "KNOWN": "42" if error_ratio else "",
    }
    try:
        ran = shell(named["Run and judge"]["run"], here, **actions, **filled(named["Run and judge"]["env"], values))
    finally:
        demo.heal()
    assert ran.returncode == 0, ran.stderr
    found = outputs(here / "output")
    assert (found["exit-code"], found["status"]) == (code, status)
    assert status in (here / "summary").read_text(encoding="utf-8")
    assert ("::error" in ran.stdout) == bool(error_ratio)
    values |= {f"steps.run.outputs.{name}": value for name, value in found.items()}
    comment = named["Comment on the pull request"]
    said = shell(comment["run"], here, **actions, **filled(comment["env"], values))
    assert said.returncode == 0, said.stderr
    log = (here / "gh.log").read_text(encoding="utf-8")
    assert ("issues/comments/42" in log) == bool(error_ratio)
    assert ("pr comment 7" in log) == (not error_ratio)
    gate = shell(named["Gate"]["run"], here, **actions, **filled(named["Gate"]["env"], values))
    assert (gate.returncode, gate.stdout) == (int(code), f"verdict: {status} (exit code {code})\n")
    # A second run of the job that never begins has nothing of the first.
    (here / "output").unlink()
    values["inputs.objectives"] = "nowhere.yaml"
    again = shell(named["Run and judge"]["run"], here, **actions, **filled(named["Run and judge"]["env"], values))
    assert again.returncode == 0, again.stderr
    assert outputs(here / "output") == {"exit-code": "3", "status": "NO DATA", "folder": ""}


def test_a_run_that_never_began_does_not_pass(tmp_path: Path) -> None:
    named = {step["name"]: step for step in steps(ACTION) if "name" in step}
    gate = shell(named["Gate"]["run"], checkout(tmp_path), STATUS="", CODE="")
    assert gate.returncode == 3


@pytest.mark.slow
def test_the_scripts_of_gitlab_and_jenkins_run(demo: Demo, tmp_path: Path) -> None:
    here = checkout(tmp_path)
    job = read(GITLAB)[".slo"]
    env = {**job["variables"], "TARGET": demo.url, "LOCUST_TIME_SCALE": "0.03"}
    done = shell("\n".join(job["script"]), here, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(here.glob(job["artifacts"]["reports"]["junit"]))
    (here / ".venv").symlink_to(ROOT / ".venv")
    text = JENKINS.read_text(encoding="utf-8")
    scripts = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    assert len(scripts) == 2
    own = dict(re.findall(r"^\s+(LOCUST_\w+) = '(.*)'$", text, re.MULTILINE))
    own |= {"SCENARIO": "smoke", "TARGET": demo.url, "LOCUST_TIME_SCALE": "0.03"}
    done = shell(scripts[1], here, **own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(here.glob("reports/*/junit.xml"))) >= 2
    assert "junit" in text.split("post {")[1]


@pytest.mark.parametrize("file", [CI, ACTION, GITLAB])
def test_every_script_is_shell(file: Path) -> None:
    scripts = [step["run"] for step in steps(file) if "run" in step] if file != GITLAB else read(file)[".slo"]["script"]
    for script in scripts:
        subprocess.run(["bash", "-n", "-c", script], check=True)


@pytest.mark.parametrize(
    "block", re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/ci.md").read_text(), re.DOTALL | re.M)
)
def test_examples_of_the_guide_are_workflows_that_fit_ours(block: str) -> None:
    found = files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    data = {"on": "push", **yaml.safe_load(block)}
    assert list(Draft7Validator(json.loads(found.read_text(encoding="utf-8"))).iter_errors(data)) == []
    for job in data["jobs"].values():
        if "uses" in job:
            call = read(SLO)[True]["workflow_call"]
            assert set(job["with"]) <= set(call["inputs"])
            assert json.loads(job["with"]["scenarios"]) == ["smoke", "load"]
        for step in job.get("steps", []):
            if "actions/slo" in step["uses"]:
                assert set(step["with"]) <= set(read(ACTION)["inputs"])
