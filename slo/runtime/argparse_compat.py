"""Every private name of argparse that locust-slo relies on, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def parser_actions(parser: Any) -> list[Any]:
    """Return the options of an argparse parser (``ArgumentParser._actions``); argparse has no public list."""
    actions: list[Any] = parser._actions
    return actions


def on_option_conflict(parser: Any, handler: Callable[[list[str]], None]) -> None:
    """Call ``handler`` with the flags of an option that is defined twice.

    Locust logs an exception of a listener and goes on with a parser that lacks options. The handler may end the
    process; otherwise argparse raises its error. Relies on argparse's ``_handle_conflict_error`` and
    ``_action_groups``.
    """

    def watch(container: Any) -> None:
        raise_error = container._handle_conflict_error

        def handle(action: Any, conflicts: list[tuple[str, Any]]) -> None:
            handler([flag for flag, _ in conflicts])
            raise_error(action, conflicts)

        container._handle_conflict_error = handle

    # Every group that is there already: an option of the parser itself is added to its group ``_optionals``.
    for container in (parser, *parser._action_groups):
        watch(container)
    make_group = parser.add_argument_group

    def add_argument_group(*words: Any, **settings: Any) -> Any:
        group = make_group(*words, **settings)
        watch(group)
        return group

    parser.add_argument_group = add_argument_group
