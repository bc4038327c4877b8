"""The team's Git server: repositories over HTTPS with a password, as pods and people reach one.

`python -m tests.lab.gitserver ADDRESS FOLDER` serves the bare repositories below FOLDER/repositories. Git's own CGI
program answers; this is the web server before it.
"""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
from dataclasses import dataclass
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from io import BufferedIOBase

BACKEND = "/usr/lib/git-core/git-http-backend"
USER = "team"
PORT = 443


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a Git server keeps its things. folder: everything is below it."""

    folder: Path

    @property
    def repositories(self) -> Path:
        return self.folder / "repositories"

    @property
    def authority(self) -> Path:
        """The certificate that clients trust."""
        return self.folder / "pki/ca.crt"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"


class Handler(BaseHTTPRequestHandler):
    """Hands requests of the right user on to git-http-backend. place: set by `serve`."""

    protocol_version = "HTTP/1.1"
    place: Place

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = b"".join(_body(self.rfile, self.headers))
        if not self._known():
            self._say(401, [("WWW-Authenticate", 'Basic realm="lab"')], b"")
            return
        done = subprocess.run([BACKEND], input=body, capture_output=True, check=False, env=self._environment(len(body)))
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [
            (key, value.strip()) for key, _, value in (line.partition(":") for line in head.decode().split("\r\n"))
        ]
        status = next((int(value.split()[0]) for key, value in headers if key == "Status"), 200)
        self._say(status, [(key, value) for key, value in headers if key != "Status"], content)

    def _known(self) -> bool:
        wanted = f"{USER}:{self.place.password_file.read_text()}"
        header = "Basic " + base64.b64encode(wanted.encode()).decode()
        return compare_digest(header, self.headers.get("Authorization", ""))

    def _environment(self, length: int) -> dict[str, str]:
        url = urlsplit(self.path)
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.place.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(url.path),
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": USER,
            "REMOTE_ADDR": self.client_address[0],
        }

    def _say(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _body(file: BufferedIOBase, headers: Message) -> Iterator[bytes]:
    """Yield a request's body; Git sends what is larger than its buffer in chunks."""
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        yield file.read(int(headers.get("Content-Length", "0")))
        return
    while size := int(file.readline().split(b";")[0], 16):
        yield file.read(size)
        file.readline()
    file.readline()


def serve(address: str, place: Place) -> None:
    """Serve the repositories for ever."""
    Handler.place = place
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place.folder / "pki/server.crt", place.folder / "pki/server.key")
    server = ThreadingHTTPServer((address, PORT), Handler)
    # The handshake is the thread's that serves the connection: one that never ends holds up nobody.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], Place(folder=Path(sys.argv[2])))
