"""A read-only image registry over the folder of packed images: every other registry's mirror on the lab's nodes.

`python -m tests.lab.registry ADDRESS:PORT FOLDER`
"""

from __future__ import annotations

import json
import re
import sys
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from tests.lab.images import INDEX, MANIFEST

ROUTE = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs)/(?P<reference>[^/]+)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest_of(names: dict[str, str], image: str) -> str | None:
    """Return the digest of the manifest of an image (host/repository:tag), None when no pattern has it."""
    return next((digest for pattern, digest in names.items() if fnmatchcase(image, pattern)), None)


class Handler(BaseHTTPRequestHandler):
    """The reading half of the registry protocol. folder: set by `serve`."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        url = urlparse(self.path)
        if url.path in ("/v2", "/v2/"):
            self._say(200, {}, b"{}" if body else b"")
            return
        route = ROUTE.fullmatch(url.path)
        digest = self._digest(route, parse_qs(url.query)) if route else None
        path = self.folder / "sha256" / digest if digest else None
        if route is None or path is None or not path.exists():
            self._say(404, {}, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' if body else b"")
            return
        kind = MANIFEST if route["kind"] == "manifests" else "application/octet-stream"
        self._send(path, {"Content-Type": kind, "Docker-Content-Digest": f"sha256:{digest}"}, body=body)

    def _digest(self, route: re.Match[str], query: dict[str, list[str]]) -> str | None:
        reference = route["reference"]
        if DIGEST.fullmatch(reference):
            return reference.removeprefix("sha256:")
        # A mirror is told the registry that it stands for.
        host = query.get("ns", ["docker.io"])[0]
        names = json.loads((self.folder / INDEX).read_bytes())["names"]
        return digest_of(names, f"{host}/{route['repository']}:{reference}")

    def _say(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _send(self, path: Path, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(200)
        for name, value in (headers | {"Content-Length": str(path.stat().st_size)}).items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.flush()
            with path.open("rb") as file:
                self.connection.sendfile(file)


def serve(address: str, folder: Path) -> None:
    """Serve a folder of packed images for ever."""
    Handler.folder = folder
    host, _, port = address.partition(":")
    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
