"""Pages as istiod and Envoys have them, served on this machine: where a port-forward of kubectl leads."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Pages = dict[str, Any]


@contextmanager
def served(pages: Pages) -> Iterator[int]:
    """Yield the port at which pages are; text is served as it is, a number is a status, None no answer at all."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path, 404)
            if page is None:
                return
            self.send_response(page if isinstance(page, int) else 200)
            self.end_headers()
            self.wfile.write((page if isinstance(page, str) else json.dumps(page)).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def forwarding(port: int) -> str:
    """Return the first line of a port-forward."""
    return f"Forwarding from 127.0.0.1:{port} -> 15000\n"
