"""The comments' API of GitHub and GitLab on loopback: lists by page, creates and updates, as their documents say."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

COLLECTIONS = {
    re.compile(r"/repos/o/r/issues/7/comments"): re.compile(r"/repos/o/r/issues/comments/(\d+)"),
    re.compile(r"/projects/42/merge_requests/7/notes"): re.compile(r"/projects/42/merge_requests/7/notes/(\d+)"),
}


class Forge:
    """comments: what was written, each with id, body, and user (GitHub) and author (GitLab). token: the right one."""

    def __init__(self, token: str = "t0ken") -> None:
        self.token = token
        self.comments: list[dict[str, Any]] = []
        self.requests: list[str] = []
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                forge.requests.append(self.command)
                length = int(self.headers.get("Content-Length") or 0)
                code, body = forge.answer(self.command, self.path, dict(self.headers), self.rfile.read(length))
                raw = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Forge:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, body: str, login: str = "github-actions[bot]", number: int = 9) -> dict[str, Any]:
        made = {"id": len(self.comments) + 1, "body": body, "user": {"login": login}, "author": {"id": number}}
        self.comments.append(made)
        return made

    def answer(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> tuple[int, Any]:
        given = headers.get("Authorization", "").removeprefix("Bearer ") or headers.get("Private-Token", "")
        if given != self.token:
            return 403, {"message": "Resource not accessible by integration"}
        parts = urlsplit(target)
        if (method, parts.path) == ("GET", "/user"):
            return 200, {"id": 9}
        for listed, single in COLLECTIONS.items():
            if listed.fullmatch(parts.path):
                return self._listed(method, parse_qs(parts.query), raw)
            if (found := single.fullmatch(parts.path)) and method == ("PUT" if "merge" in target else "PATCH"):
                self.comments[int(found[1]) - 1]["body"] = json.loads(raw)["body"]
                return 200, self.comments[int(found[1]) - 1]
        return 404, {"message": "Not Found"}

    def _listed(self, method: str, query: dict[str, list[str]], raw: bytes) -> tuple[int, Any]:
        if method == "POST":
            return 201, self.add(json.loads(raw)["body"])
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return 200, self.comments[(page - 1) * size : page * size]
