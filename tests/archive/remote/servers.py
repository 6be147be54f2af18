"""Servers on this machine that hold files: one of the web, with ranges or without, and one of S3, both of which count what they send."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Sent:
    """What a server has sent: bytes of content, and in how many answers, and how often it was asked for no content; ``asked`` are the paths, queries included."""

    address: str
    bytes: int = 0
    answers: int = 0
    heads: int = 0
    asked: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    """What the answers need to know."""

    folder: Path
    ranges: bool
    fails_after: int | None
    sent: Sent


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_HEAD(self) -> None:
        self.server.sent.heads += 1
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        self.server.sent.asked.append(self.path)
        path = self.server.folder / self.path.partition("?")[0].lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        if self.server.fails_after is not None and self.server.sent.answers >= self.server.fails_after:
            self.send_error(503)
            return
        size = path.stat().st_size
        start, end = 0, size - 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if self.server.ranges else None
        if asked:
            start, end = int(asked[1]), min(int(asked[2] or end), end)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        if self.server.ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        if body:
            self._send(path, start, end + 1 - start)

    def _send(self, path: Path, start: int, count: int) -> None:
        self.server.sent.answers += 1
        with (
            open(path, "rb") as file,
            contextlib.suppress(BrokenPipeError, ConnectionResetError),
        ):  # the reader has seen that it is no range
            file.seek(start)
            while count > 0 and (data := file.read(min(count, 1 << 16))):
                self.wfile.write(data)
                count -= len(data)
                self.server.sent.bytes += len(data)

    def log_message(self, format: str, *values: object) -> None: ...


@contextmanager
def web_server(folder: Path, *, ranges: bool = True, fails_after: int | None = None) -> Iterator[Sent]:
    """Serves the files of a folder; after so many answers it fails."""
    server = _Server(("127.0.0.1", 0), _Answer)
    server.folder, server.ranges, server.fails_after = folder, ranges, fails_after
    server.sent = sent = Sent(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield sent
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def counting_proxy(port: int) -> Iterator[Sent]:
    """Stands before a server on this machine and counts every byte that it sends, headers too."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent = Sent(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def relay(source: socket.socket, target: socket.socket, counted: bool) -> None:
        with source, contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
                if counted:
                    sent.bytes += len(data)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                threading.Thread(target=relay, args=(client, server, False), daemon=True).start()
                threading.Thread(target=relay, args=(server, client, True), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield sent
    finally:
        listener.close()
