"""Hosts on a network of their own: one network namespace each, joined by a bridge. Needs root and iproute2."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import time
from types import TracebackType
from typing import Any, Self

_numbers = itertools.count(1)


class HostsError(Exception):
    """The network could not be built; the text is iproute2's."""


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostsError(f"ip {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Hosts:
    """The hosts ``names`` on one switch, each with an address in ``address``. All is gone after the block."""

    @staticmethod
    def possible() -> str:
        """Return why there can be no namespaces here; an empty text where there can."""
        if os.name != "posix" or os.geteuid() != 0:
            return "network namespaces need root"
        if shutil.which("ip") is None:
            return "network namespaces need iproute2 (no `ip` here)"
        try:
            with Hosts("one"):
                return ""
        except HostsError as error:
            return f"no network namespaces here: {error}"

    def __init__(self, *names: str) -> None:
        self._prefix = f"slo{os.getpid()}x{next(_numbers)}"
        self._switch = f"{self._prefix}-switch"
        self._ports = {name: f"port{number}" for number, name in enumerate(names, 1)}
        net = f"10.77.{os.getpid() % 250}"
        self.address = {name: f"{net}.{number}" for number, name in enumerate(names, 1)}
        self._running: list[subprocess.Popen[Any]] = []
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def inside(self, host: str) -> tuple[str, ...]:
        """Return the words that make a command run on ``host``; they are replaced by it (same process id)."""
        return "ip", "netns", "exec", self._namespace(host)

    def run(self, host: str, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Start ``command`` on ``host``; ``options`` are Popen's. It is killed when the hosts go."""
        process = subprocess.Popen([*self.inside(host), *command], **options)
        self._running.append(process)
        return process

    def cut(self, host: str) -> None:
        """Pull the plug of ``host`` at the switch: it sends into the void, as does who sends to it."""
        _ip("-n", self._switch, "link", "set", self._ports[host], "down")

    def heal(self, host: str) -> None:
        """Put the plug back; returns when the link is up again."""
        _ip("-n", self._switch, "link", "set", self._ports[host], "up")
        self._await_link(host)

    def close(self) -> None:
        """Kill what runs on the hosts and take the network down."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        for namespace in (*map(self._namespace, self._ports), self._switch):
            with contextlib.suppress(HostsError):  # it was never made
                _ip("netns", "delete", namespace)

    def _namespace(self, host: str) -> str:
        return f"{self._prefix}-{host}"

    def _build(self) -> None:
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "bridge", "up")
        for host, port in self._ports.items():
            namespace = self._namespace(host)
            _ip("netns", "add", namespace)
            peer = ("peer", "name", "eth0", "netns", namespace)
            _ip("link", "add", port, "netns", self._switch, "type", "veth", *peer)
            _ip("-n", self._switch, "link", "set", port, "master", "bridge", "up")
            _ip("-n", namespace, "link", "set", "lo", "up")
            _ip("-n", namespace, "address", "add", f"{self.address[host]}/24", "dev", "eth0")
            _ip("-n", namespace, "link", "set", "eth0", "up")
        for host in self._ports:
            self._await_link(host)

    def _await_link(self, host: str) -> None:
        # The kernel looks after links once a second.
        end = time.monotonic() + 10
        while "state UP" not in _ip("-n", self._switch, "link", "show", "dev", self._ports[host]):
            if time.monotonic() > end:
                raise HostsError(f"the link of {host} does not come up")
            time.sleep(0.05)
