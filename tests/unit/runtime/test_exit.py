"""Ends of the process without a verdict: exit code 3, never one that means FAIL or CRITICAL."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from locust.argument_parser import LocustArgumentParser
from locust.event import EventHook
from locust.exception import RPCError

from slo.reports import writer
from slo.runtime.exit import (
    exit_without_verdict,
    guard_os_exit,
    is_imported_by_locust,
    keep_exit_code,
    replace_crash_exit_code,
    replace_usage_exit_code,
)


def test_the_reason_is_written_after_the_lines_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        exit_without_verdict("no load was sent", "o.yaml, line 3\n")
    assert ended.value.code == 3
    assert capsys.readouterr().err == "o.yaml, line 3\nlocust-slo: no load was sent\n"


@pytest.mark.parametrize(("words", "code"), [(["--nothing"], 3), (["--help"], 0)])
def test_only_the_exit_code_of_a_usage_error_changes(words: list[str], code: int) -> None:
    parser = LocustArgumentParser()
    replace_usage_exit_code(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)
    assert ended.value.code == code


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [(ValueError("broken"), 3, True), (RPCError("the address is in use"), 3, False), (KeyboardInterrupt(), 130, False)],
)
def test_an_uncaught_error_does_not_end_with_1(
    error: BaseException, code: int, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracebacks: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: tracebacks.append(error))
    replace_crash_exit_code()
    with pytest.raises(SystemExit) as ended:
        sys.excepthook(type(error), error, None)
    assert ended.value.code == code
    assert bool(tracebacks) == shown


def test_a_master_whose_port_is_taken_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    replace_crash_exit_code()
    with pytest.raises(SystemExit, match="3"):
        sys.excepthook(RPCError, RPCError("the address is in use"), None)
    said = capsys.readouterr().err
    assert said.startswith("locust-slo: the address is in use: ")
    assert "--master-bind-port" in said


@pytest.mark.parametrize("how", ["option", "option=", "environment"])
def test_a_start_that_fails_removes_the_link_to_an_earlier_run(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run-1").mkdir()
    writer.point_latest(tmp_path / "run-1")
    words = {"option": ["--reports-dir", str(tmp_path)], "option=": [f"--reports-dir={tmp_path}"], "environment": []}
    monkeypatch.setattr(sys, "argv", ["locust", *words[how], "--worker"])
    monkeypatch.setenv("LOCUST_SLO_REPORTS_DIR", str(tmp_path) if how == "environment" else "nowhere")
    for is_worker in (True, False):
        with pytest.raises(SystemExit):
            exit_without_verdict("no load was sent")
        assert (tmp_path / "latest").is_symlink() == is_worker
        sys.argv.pop()
    assert (tmp_path / "run-1").is_dir()


def test_locusts_command_is_told_from_another_program() -> None:
    called: list[bool] = []
    source = "called.append(is_imported_by_locust())"
    for outer in ("locust.main", "another.program"):
        inner = {"called": called, "is_imported_by_locust": is_imported_by_locust}
        inner["__name__"] = "locust.util.load_locustfile"
        exec("exec(source, inner)", {"__name__": outer, "source": source, "inner": inner})
    assert called == [True, False]
    assert not is_imported_by_locust()


def test_os_exit_ends_what_is_unfinished_first_but_not_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "_exit", done.append)
    applies = [True, False]
    guard_os_exit(lambda: done.append("unfinished"), applies.pop)
    os._exit(1)
    os._exit(0)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    os._exit(4)
    assert done == [1, "unfinished", 0, 4]


CODES = [(2, 0, 2), (0, 1, 1), (2, None, 2), (0, "a text", 1), (1, 42, 42)]


@pytest.mark.parametrize(("decided", "given", "ends"), CODES)
def test_a_listener_to_quit_makes_the_exit_code_no_better(decided: int, given: object, ends: int) -> None:
    hook = EventHook()

    def leave(**_: object) -> None:
        raise SystemExit(given)

    hook.add_listener(leave)
    keep_exit_code(hook)
    with pytest.raises(SystemExit) as caught:
        hook.fire(exit_code=decided)
    assert caught.value.code == ends
