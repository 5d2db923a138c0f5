"""Do clients measure the same? Median latency of LeanHttpUser and FastHttpUser at a server that takes 20 ms.

``python -m benchmarks.latency`` starts such a server on loopback and a Locust with one user who asks with both clients
and over a bare socket in turn, and prints the medians of each round and how they differ: what a client measures beyond
the bare socket is time of its own. Exit code 1 when that is above 0.1 ms with LeanHttpUser.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from benchmarks.turns import ROOT, environment, headless

LOCUSTFILE = Path(__file__).with_name("latency_locustfile.py")
SERVER_S = 0.020
AIM_MS = 0.1
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


def main() -> int:
    """Run the rounds and print the differences."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=20, help="length of a round; default: 20")
    options = parser.parse_args()
    url = serve()
    differences: list[dict[str, float]] = []
    for number in range(1, options.rounds + 1):
        command = headless(LOCUSTFILE, url, 1, f"{options.seconds}s")
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment())
        medians = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"lean')))
        lean, fast, bare = (medians[name] for name in ("lean", "fast", "bare"))
        print(f"round {number}: p50 lean {lean:.3f} ms, fast {fast:.3f} ms, bare socket {bare:.3f} ms", flush=True)
        differences.append({"lean - fast": lean - fast, "lean - bare": lean - bare, "fast - bare": fast - bare})
    for name in differences[0]:
        found = [one[name] for one in differences]
        print(f"{name}: median {statistics.median(found):+.3f} ms ({min(found):+.3f} to {max(found):+.3f})")
    return 0 if abs(statistics.median(one["lean - bare"] for one in differences)) <= AIM_MS else 1


def serve() -> str:
    """Start the server in a thread and return its URL."""
    ready, port = threading.Event(), []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(SERVER_S)
                writer.write(ANSWER)

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        await server.serve_forever()

    threading.Thread(target=asyncio.run, args=(run(),), daemon=True).start()
    ready.wait()
    return f"http://127.0.0.1:{port[0]}"


if __name__ == "__main__":
    sys.exit(main())
