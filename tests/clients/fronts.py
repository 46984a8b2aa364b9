"""A front of the live service on loopback: it passes requests on, and breaks each in the way that its path says."""

import json
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

OFFER = {"connection", "upgrade", "http2-settings"}
"""Headers in which stock Java offers to go on in HTTP/2."""

HOP = OFFER | {"host", "content-length", "transfer-encoding", "accept-encoding"}
"""Headers that are between two neighbours only."""

TOMORROW = "method-of-tomorrow"


class Front(ThreadingHTTPServer):
    """`/plain/…` leads to the service as it is, an offer of h2c passed on.

    `/busy/…` has room for every second request only, and says to wait a second.
    `/text/…` says that the body is text, `/cut/…` sends half of it, `/crowded/…` leads to a service without room, and
    `/grown/…` answers as a later release might: with fields and words that nobody knows yet.
    """

    daemon_threads = True

    def __init__(self, port: int, crowded: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ports = {"crowded": crowded}
        self.port = port
        self.turned_away = 0
        Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front  # pyright: ignore[reportIncompatibleVariableOverride] -- no other one has this handler

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Passes it on."""
        self._pass_on()

    def do_POST(self) -> None:
        """Passes it on."""
        self._pass_on()

    def _pass_on(self) -> None:
        part, _, path = self.path[1:].partition("/")
        body = self._body()
        kept_back = HOP - OFFER if part == "plain" else HOP
        headers = {name: value for name, value in self.headers.items() if name.lower() not in kept_back}
        if part == "busy" and self.server.turned_away % 2 == 0:
            self.server.turned_away += 1
            self._turn_away()
            return
        self.server.turned_away += part == "busy"
        if part == "text":
            headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
            headers["Content-Type"] = "text/plain"
        if part == "cut":
            body = body[: len(body) // 2]
        service = HTTPConnection("127.0.0.1", self.server.ports.get(part, self.server.port), timeout=60)
        service.request(self.command, f"/{path}", body or None, headers)
        answer = service.getresponse()
        content = answer.read()
        if part == "grown":
            content = json.dumps(grown(json.loads(content))).encode()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        service.close()

    def _turn_away(self) -> None:
        problem = {"type": "/problems/unavailable", "title": "Busy", "status": 503, "detail": "Busy."}
        content = json.dumps({**problem, "errors": []}).encode()
        self.send_response(503)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


def grown(answer: dict[str, Any]) -> dict[str, Any]:
    """A recommendation as a later release might give it."""
    new = {"of_tomorrow": {"a": [1]}}
    verdict = {**answer["verdict"], **new, "method": TOMORROW}
    return {**answer, **new, "verdict": verdict, "setup": {**answer["setup"], **new, "precision": "fp8-mixed"}}
