"""A server that does as it is told, byte by byte: what no real server would answer can be answered."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

READ = "read a request"
CLOSE = "close"
RESET = "reset"
Step = bytes | float | str


def ok(body: bytes = b"hello", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return an answer with its length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*parts: bytes, trailer: bytes = b"") -> bytes:
    """Return an answer in chunks."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailer + b"\r\n"


class Scripted:
    """Plays one script for each connection, in their order, the last one again and again.

    A step is bytes to send, seconds to wait, READ (a whole request), CLOSE or RESET. ``requests`` are the bytes of
    the requests as they came, ``connections`` how many there were.
    """

    def __init__(
        self, *scripts: Sequence[Step], tls: ssl.SSLContext | None = None, family: int = socket.AF_INET
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._scripts = scripts
        self._tls = tls
        self._done = threading.Event()
        self._listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
        self._listener.settimeout(0.02)
        self.port = int(self._listener.getsockname()[1])
        host = "[::1]" if family == socket.AF_INET6 else ("localhost" if tls else "127.0.0.1")
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._done.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(client, script), daemon=True))
            self._threads[-1].start()

    def _serve(self, client: socket.socket, script: Iterable[Step]) -> None:
        client.settimeout(5)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            for step in script:
                if not self._play(client, step):
                    return
            client.settimeout(0.05)
            while not self._done.is_set():  # stay open until the client closes or the test ends
                try:
                    if not client.recv(65536):
                        return
                except TimeoutError:
                    continue
        except OSError:
            pass
        finally:
            client.close()

    def _play(self, client: socket.socket, step: Step) -> bool:
        if isinstance(step, bytes):
            client.sendall(step)
        elif isinstance(step, int | float):
            self._done.wait(step)
        elif step == READ:
            request = read_request(client)
            if request is None:
                return False
            self.requests.append(request)
        else:
            if step == RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        return True


def read_request(client: socket.socket) -> bytes | None:
    """Return one request as it came, None when the connection ended first."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    whole = bytearray(body)
    while len(whole) < length:
        more = client.recv(1 << 20)
        if not more:
            return None
        whole += more
    return head + b"\r\n\r\n" + whole


def certificate(folder: Path, name: str, dates: tuple[str, str] | None = None) -> tuple[Path, Path]:
    """Make a self-signed certificate for the host ``name`` and return its file and its key's."""
    cert, key, config = folder / "cert.pem", folder / "key.pem", folder / "openssl.cnf"
    config.write_text(
        f"[ca]\ndefault_ca=own\n[own]\nnew_certs_dir={folder}\ndatabase={folder}/index\nserial={folder}/serial\n"
        f"default_md=sha256\npolicy=any\nx509_extensions=v3\ndefault_days=30\n[any]\ncommonName=supplied\n"
        f"[v3]\nsubjectAltName=DNS:{name}\nbasicConstraints=critical,CA:TRUE\n[req]\ndistinguished_name=dn\n[dn]\n",
        encoding="utf-8",
    )
    (folder / "index").write_text("")
    (folder / "serial").write_text("01")
    request = folder / "request.pem"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key)]
    _openssl("req", "-new", "-config", str(config), "-subj", f"/CN={name}", "-out", str(request), *new_key)
    when = ["-startdate", dates[0], "-enddate", dates[1]] if dates else []
    words = ["-selfsign", "-batch", "-notext", "-config", str(config), "-keyfile", str(key), "-in", str(request)]
    _openssl("ca", *words, "-out", str(cert), *when)
    return cert, key


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
