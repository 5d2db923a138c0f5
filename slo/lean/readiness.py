"""Waiting until a socket can be read: one watcher for a connection's whole life, which also sees what comes unasked."""

from __future__ import annotations

import select
from typing import Any

import gevent
from gevent import getcurrent, monkey

_READ = 1
_HAS_POLL = hasattr(select, "poll")
_ENDS = getattr(select, "POLLRDHUP", 0)


class Readiness:
    """Watches a file descriptor, as long as nothing has come that nobody waits for.

    A watcher that is started for each wait costs an object, and system calls where a pause is between two requests.
    """

    __slots__ = ("_descriptor", "_greenlet", "_poll", "_switch", "_watcher", "came")

    def __init__(self, descriptor: int) -> None:
        hub = gevent.get_hub()
        self._greenlet: Any = None
        self._switch = hub.switch
        self.came = False
        """Whether bytes, or the end of the connection, came while nobody waited."""
        # Without a reference to the loop where nobody waits: an idle connection is nothing that a program waits for.
        self._watcher: Any = hub.loop.io(descriptor, _READ, ref=False)
        self._watcher.start(self._wake)
        self._poll: Any = None
        if _HAS_POLL:
            poller = monkey.get_original("select", "poll")()
            poller.register(descriptor, select.POLLIN | _ENDS)
            self._poll = poller.poll
        self._descriptor = descriptor

    def is_readable(self) -> bool:
        """Return whether there are bytes to read at this moment, or the end of the connection."""
        # The event loop knows it from its last turn on only: that can be long ago.
        if self._poll is not None:
            return bool(self._poll(0))
        return bool(monkey.get_original("select", "select")([self._descriptor], [], [], 0)[0])

    def wait(self) -> None:
        """Wait until there is something to read; raises what is thrown into the greenlet."""
        watcher = self._watcher
        if self.came:
            self.came = False
            watcher.start(self._wake)
        self._greenlet = getcurrent()
        watcher.ref = True
        try:
            self._switch()
        finally:
            self._greenlet = None
            watcher.ref = False

    def close(self) -> None:
        """Watch no more; harmless when it is closed already."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
            watcher.close()

    def _wake(self) -> None:
        greenlet = self._greenlet
        if greenlet is None:
            self.came = True
            self._watcher.stop()
        else:
            greenlet.switch()
