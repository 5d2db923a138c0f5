"""The event that is fired for each named check."""

from __future__ import annotations

from locust import events

from slo.runtime.check_event import CheckEvent, check_event

Check = tuple[str, str, bool]


def test_it_is_on_the_event_hub_of_locust() -> None:
    assert check_event() is events.slo_check  # type: ignore[attr-defined]
    assert isinstance(check_event(), CheckEvent)


def test_every_listener_hears_of_a_check() -> None:
    event, first, second = CheckEvent(), list[Check](), list[Check]()
    event.notify("home", "status", True)  # nobody listens
    event.add_listener(lambda *check: first.append(check))
    event.add_listener(lambda *check: second.append(check))
    event.notify("home", "body", False)
    assert first == second == [("home", "body", False)]


def test_a_single_listener_is_called_directly() -> None:
    event, heard = CheckEvent(), list[Check]()

    def listener(endpoint: str, name: str, passed: bool) -> None:
        heard.append((endpoint, name, passed))

    def other(endpoint: str, name: str, passed: bool) -> None:
        heard.append(("other", name, passed))

    assert event.add_listener(listener) is listener
    assert event.notify is listener
    event.add_listener(other)
    event.remove_listener(listener)
    assert event.notify is other
    event.remove_listener(other)
    event.notify("home", "body", True)
    assert heard == []


def test_a_set_of_checks_goes_to_a_listener_that_takes_it_and_else_one_by_one() -> None:
    event, heard = CheckEvent(), list[object]()
    results = {"status": True, "body": False}
    event.notify_set("home", results)  # nobody listens

    def listener(*check: object) -> None:
        heard.append(check)

    def with_set(*check: object) -> None:
        heard.append(check)

    with_set.of_set = lambda *found: heard.append(found)  # type: ignore[attr-defined]
    event.add_listener(with_set)
    event.notify_set("home", results)
    assert heard == [("home", results)]
    event.add_listener(listener)
    event.remove_listener(with_set)
    event.notify_set("home", results)
    assert heard[1:] == [("home", "status", True), ("home", "body", False)]
