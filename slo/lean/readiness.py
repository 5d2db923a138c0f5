"""Waiting until a socket can be read: one watcher for a connection's whole life, which also sees what comes unasked."""

from __future__ import annotations

from typing import Any

import gevent
from gevent import getcurrent

_READ = 1


class Readiness:
    """Watches a file descriptor, as long as nothing has come that nobody waits for.

    A watcher that is started for each wait costs an object, and system calls where a pause is between two requests.
    """

    __slots__ = ("_greenlet", "_switch", "_watcher", "came")

    def __init__(self, descriptor: int) -> None:
        hub = gevent.get_hub()
        self._greenlet: Any = None
        self._switch = hub.switch
        self.came = False
        """Whether bytes, or the end of the connection, came while nobody waited."""
        # Without a reference to the loop where nobody waits: an idle connection is nothing that a program waits for.
        self._watcher: Any = hub.loop.io(descriptor, _READ, ref=False)
        self._watcher.start(self._wake)

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
