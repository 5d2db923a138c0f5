"""The spike iteration over bare sockets of gevent: its bytes are sent and received, and nobody looks at them.

``python -m benchmarks.bare_sockets PORT USERS``: what no client on gevent can beat. It takes part in
``benchmarks/turns.py``.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from itertools import cycle
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection

import gevent

from benchmarks.generator_locustfile import MESSAGE

HOST = b"Host: 127.0.0.1\r\nUser-Agent: bare\r\nAccept-Encoding: gzip, deflate, br\r\n"
BODY = (MESSAGE % ("+5491155550001", 1 << 60, 1 << 30)).encode()
REQUESTS = (
    b"GET /health/live HTTP/1.1\r\n%b\r\n" % HOST,
    b"GET /health/ready HTTP/1.1\r\n%b\r\n" % HOST,
    b"POST /api/v1/webhooks/whatsapp HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (HOST, len(BODY), BODY),
    b"GET /api/v1/pms/availability?check_in=2030-01-01&check_out=2030-01-04 HTTP/1.1\r\n%b\r\n" % HOST,
    b"GET /api/v1/pms/room-types HTTP/1.1\r\n%b\r\n" % HOST,
)
requests = 0


def user(port: int) -> None:
    """Send one request after the other."""
    global requests  # what is measured is the least that can be done
    hub = gevent.get_hub()
    sock = create_connection(("127.0.0.1", port))
    sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    sock.setblocking(False)
    readable = hub.loop.io(sock.fileno(), 1)
    for request in cycle(REQUESTS):
        sock.send(request)
        hub.wait(readable)
        sock.recv(65536)
        requests += 1


def say() -> None:
    """Print what was done and spent so far."""
    print(json.dumps({"requests": requests, "cpu_s": time.process_time()}), flush=True)


if __name__ == "__main__":
    gevent.signal_handler(signal.SIGUSR1, say)
    users = [gevent.spawn(user, int(sys.argv[1])) for _ in range(int(sys.argv[2]))]
    gevent.sleep(0.1)
    say()
    gevent.joinall(users)
