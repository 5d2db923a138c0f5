"""The verdict as JUnit XML, for Jenkins, GitLab and whatever else shows test results.

The strictest of the schemas that are about (Jenkins' ``junit-10.xsd``) knows no properties of a test case: limits
and values are properties of the suite, named by their objective, and so are findings. A case's name holds no limit,
so that its history survives an edited one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from slo.analysis.finding import Finding
from slo.record.run import Run
from slo.reports import rows
from slo.text.clean import one_line
from slo.verdict.result import Result, Status
from slo.verdict.verdict import Verdict

MAX_LENGTH = 200
"""Longest name of a case, in characters; what is longer ends in a part of its hash, so that it stays one of a kind."""
OVERALL = "(verdict)"
"""The test case that says why a run has no verdict, or fails, although each objective may have been met."""
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run, verdict: Verdict, fail_on_warning: bool = False) -> str:
    """Return the verdict as JUnit XML, a case for each objective; with ``fail_on_warning`` a warning is a failure."""
    strict = fail_on_warning or verdict.fail_on == "warning"
    suite = ET.Element("testsuite", name=_name(_suite(verdict)))
    properties = ET.SubElement(suite, "properties")
    _add_description(properties, verdict)
    for result in verdict.results:
        _add_limits(properties, result)
    for finding in verdict.findings:
        _add_finding(properties, finding)
    for result in verdict.results:
        _add_case(suite, verdict, result, strict)
    # A target that stopped answering, or an exception of a task, fails the run and misses no objective.
    unexplained = not any(_fails(result.status, strict) for result in verdict.results)
    if verdict.status == "NO DATA" or (_fails(verdict.status, strict) and unexplained):
        case = ET.SubElement(suite, "testcase", name=OVERALL, classname=_name(_suite(verdict)), time="0")
        tag = "error" if verdict.status == "NO DATA" else "failure"
        _add(case, tag, verdict.status, verdict.reason, _text(verdict.notes))
    counts = {
        "tests": _count(suite, "testcase"),
        "failures": _count(suite, "testcase/failure"),
        "errors": _count(suite, "testcase/error"),
    }
    time_s = f"{verdict.duration_s:.3f}"
    suite.attrib.update(counts, skipped=_count(suite, "testcase/skipped"), time=time_s, timestamp=_line(run.started_at))
    root = ET.Element("testsuites", {"name": "locust-slo", **counts, "time": time_s})
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(verdict: Verdict) -> str:
    return f"locust-slo.{verdict.scenario or 'run'}"


def _add_description(properties: ET.Element, verdict: Verdict) -> None:
    _add_property(properties, "run", verdict.run_id)
    _add_property(properties, "target", verdict.target.headline())
    _add_property(properties, "status", verdict.status)
    _add_property(properties, "reason", verdict.reason)
    _add_property(properties, "exit_code", str(verdict.exit_code))
    _add_property(properties, "requests", str(verdict.requests))
    _add_property(properties, "objectives", f"{verdict.objectives_source} (sha256 {verdict.objectives_sha256})")


def _add_limits(properties: ET.Element, result: Result) -> None:
    """Add what the objective's row shows, each with its unit."""
    for head, cell in zip(rows.OBJECTIVE_HEAD[1:], rows.objective(result)[1:], strict=True):
        _add_property(properties, f"{_name(result.objective.name)}: {head}", cell)
    _add_property(properties, f"{_name(result.objective.name)}: indicator", result.objective.indicator.name)
    _add_property(properties, f"{_name(result.objective.name)}: unit", result.objective.unit)


def _add_finding(properties: ET.Element, finding: Finding) -> None:
    """Add the finding's answer, its figures, each with its unit and what bounds it, and its details by number."""
    name = _name(f"finding {finding.name}")
    _add_property(properties, name, finding.answer)
    _add_property(properties, f"{name}: told", "yes" if finding.is_answered else "no")
    for figure in finding.figures:
        _add_property(properties, f"{name}: {figure.name}", figure.shown())
        _add_property(properties, f"{name}: {figure.name}: unit", figure.unit)
    for number, detail in enumerate(finding.details, 1):
        _add_property(properties, f"{name}: detail {number}", detail)


def _add_case(suite: ET.Element, verdict: Verdict, result: Result, strict: bool) -> None:
    name, classname = _name(result.objective.name), _name(_suite(verdict))
    case = ET.SubElement(suite, "testcase", name=name, classname=classname, time="0")
    words = _text((result.reason, *result.advice))
    status = result.status
    if status == "NO DATA":
        _add(case, "error", status, result.reason, words)
    elif _fails(status, strict):
        _add(case, "failure", status, result.reason, words)
    elif status == "SKIPPED":
        _add(case, "skipped", status, result.reason, "")
    elif status == "WARNING":
        ET.SubElement(case, "system-out").text = f"WARNING: {words}"


def _fails(status: Status, strict: bool) -> bool:
    """Return whether a case with this status is a failure."""
    return status in ("FAIL", "CRITICAL") or (status == "WARNING" and strict)


def _add(case: ET.Element, tag: str, status: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, type=status, message=_line(message)).text = text or None


def _add_property(properties: ET.Element, name: str, value: str) -> None:
    ET.SubElement(properties, "property", name=_line(name), value=_line(value))


def _count(suite: ET.Element, path: str) -> str:
    return str(len(suite.findall(path)))


def _name(text: str) -> str:
    line = _line(text)
    if len(line) <= MAX_LENGTH:
        return line
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{line[: MAX_LENGTH - 9]}…{digest}"


def _text(lines: Iterable[str]) -> str:
    return "\n".join(map(_line, lines))


def _line(text: str) -> str:
    """Return ``text`` on one line, without invisible characters and those that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", one_line(text))
