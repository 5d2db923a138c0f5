"""Ending the process with exit code 3: no verdict, and no load was sent."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import gevent
from locust.argument_parser import LocustArgumentParser
from locust.event import EventHook
from locust.exception import RPCError

from slo.reports import writer
from slo.verdict.exit_codes import INTERRUPTED, NO_VERDICT, worse

os_exit = os._exit
"""The function itself, where ``guard_os_exit`` has replaced it."""


def exit_without_verdict(why: str, before: str = "") -> NoReturn:
    """End the process before any load, with 3 for no verdict; ``before`` are lines that are written first."""
    sys.stderr.write(f"{before}locust-slo: {why}\n")
    _forget_latest()
    sys.exit(NO_VERDICT)


def end_without_verdict(why: str, before_any_run: bool = False) -> NoReturn:
    """End a process that is ending anyway with 3 instead of its own exit code, which could be that of a verdict."""
    sys.stderr.write(f"locust-slo: no verdict: {why}\n")
    if before_any_run:
        _forget_latest()
    sys.stdout.flush()
    sys.stderr.flush()
    os_exit(NO_VERDICT)


def guard_os_exit(
    end_unfinished: Callable[[], None],
    applies: Callable[[], bool] = lambda: True,
    code_of: Callable[[int], int] = lambda status: status,
) -> None:
    """Call ``end_unfinished`` before ``os._exit``, which skips all that Python does at the end of a process.

    It may end the process with another exit code; ``code_of`` returns that for a given one. ``applies`` is asked where
    ``os._exit`` is called. A child that this process forks is left alone.
    """
    leave, own = os._exit, os.getpid()

    @functools.wraps(leave)
    def end_and_leave(status: int) -> NoReturn:
        if os.getpid() == own and applies():
            # In a greenlet of its own: to end the users ends the one that called this, too.
            gevent.spawn(end_unfinished).join()
            status = code_of(status)
        leave(status)

    os._exit = end_and_leave


def resolve_exit_code(ours: int, theirs: int | None) -> int:
    """Return the worse of the verdict's exit code and the locustfile's, and write both where they differ."""
    code = worse(ours, theirs)
    if theirs not in (None, ours):
        sys.stderr.write(
            f"locust-slo: the locustfile, or a plugin, set the exit code to {theirs}, the verdict's is {ours}: "
            f"the process ends with {code}\n"
        )
    return code


def keep_exit_code(hook: EventHook, is_worker: bool = False) -> None:
    """Let a listener to ``quit`` that calls ``sys.exit`` make the exit code worse, but not better.

    Locust passes the code to the listeners, and ends the process with it after them. A worker has no verdict: of two
    codes it takes the worse.
    """
    fire: Callable[..., None] = hook.fire

    @functools.wraps(fire)
    def fire_and_keep(*, reverse: bool = False, exit_code: int = 0, **words: Any) -> None:
        try:
            fire(reverse=reverse, exit_code=exit_code, **words)
        except SystemExit as error:
            given = error.code if isinstance(error.code, int) else int(error.code is not None)
            raise SystemExit(worse(exit_code, given) if is_worker else resolve_exit_code(exit_code, given)) from None

    hook.fire = fire_and_keep  # type: ignore[method-assign]


def is_imported_by_locust() -> bool:
    """Return whether Locust's command is reading a locustfile now, which calls this, and not another program."""
    frame, callers = inspect.currentframe(), set()
    while frame is not None:
        callers.add(frame.f_globals.get("__name__"))
        frame = frame.f_back
    return {"locust.main", "locust.util.load_locustfile"} <= callers


def replace_usage_exit_code(parser: LocustArgumentParser) -> None:
    """Make a usage error exit with 3: argparse's own exit code 2 would mean CRITICAL."""
    exit_of_parser = parser.exit

    def exit_without_verdict(status: int = 0, message: str | None = None) -> Any:
        if status == 2:
            _forget_latest()
        exit_of_parser(NO_VERDICT if status == 2 else status, message)

    parser.exit = exit_without_verdict


def _forget_latest() -> None:
    """Remove the link to the latest run: a start that failed has none, and an earlier one's verdict is not its own.

    The options are not parsed, or wrong: the folder is that of the command line or of the environment.
    """
    words = sys.argv[1:]
    folder = os.environ.get("LOCUST_SLO_REPORTS_DIR", "reports")
    for word, value in zip_longest(words, words[1:], fillvalue=""):
        if word == "--reports-dir" and value:
            folder = value
        elif word.startswith("--reports-dir="):
            folder = word.partition("=")[2]
    if "--worker" not in words:
        writer.forget_latest(Path(folder))


def replace_crash_exit_code() -> None:
    """Make a Locust that cannot start exit with 3: Python's own exit code 1 would mean FAIL."""
    show = sys.excepthook

    def exit_without_verdict(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, RPCError):
            sys.stderr.write(
                f"locust-slo: {error}: does another master run here? Give this one another port with "
                "--master-bind-port, and its workers the same with --master-port\n"
            )
        elif not issubclass(kind, KeyboardInterrupt):
            show(kind, error, trace)
        raise SystemExit(INTERRUPTED["SIGINT"] if issubclass(kind, KeyboardInterrupt) else NO_VERDICT)

    sys.excepthook = exit_without_verdict
