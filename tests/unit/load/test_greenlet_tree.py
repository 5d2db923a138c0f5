"""Which virtual user a greenlet works for."""

from __future__ import annotations

import gevent
from gevent import getcurrent
from gevent.pool import Pool

from slo.load.greenlet_tree import USER_ATTRIBUTE, ancestors, attribute, user_greenlet


def test_what_a_user_spawned_belongs_to_it() -> None:
    found = []

    def request(_: int) -> None:
        found.append((user_greenlet(), attribute("late", 0.0)))

    def user() -> None:
        current = getcurrent()
        setattr(current, USER_ATTRIBUTE, True)
        current.late = 12.0
        Pool(2).map(request, range(3))
        gevent.spawn(lambda: gevent.spawn(request, 0).join()).join()
        request(0)

    one = gevent.spawn(user)
    one.join()
    assert found == [(one, 12.0)] * 5


def test_a_greenlet_without_a_user_is_its_own() -> None:
    def own() -> bool:
        return user_greenlet() is getcurrent() and attribute("late", 0.0) == 0.0

    greenlet = gevent.spawn(own)
    greenlet.join()
    assert greenlet.value
    assert list(ancestors(None)) == []
