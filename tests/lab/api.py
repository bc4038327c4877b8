"""An API server over HTTP, for programs that watch: kubectl lists, and is one process per question."""

from __future__ import annotations

import json
import ssl
import tempfile
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from pathlib import Path

WATCH_SECONDS = 300


class Api:
    """The API server of a kubeconfig, called as its user."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        self.server: str = config["clusters"][0]["cluster"]["server"]
        self.opener = _opener(config["clusters"][0]["cluster"], config["users"][0]["user"])

    def call(
        self, path: str, body: dict[str, Any] | None = None, *, method: str = "", accept: str = "application/json"
    ) -> HTTPResponse:
        """Get a path, or patch what is there; or what `method` says."""
        method = method or ("PATCH" if body else "GET")
        kind = {"PATCH": "application/merge-patch+json"}.get(method, "application/json")
        request = Request(
            self.server + path,
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Accept": accept} | ({"Content-Type": kind} if body else {}),
        )
        answer: HTTPResponse = self.opener.open(request, timeout=WATCH_SECONDS + 30)
        return answer

    def listed(self, path: str) -> tuple[list[dict[str, Any]], str]:
        """Return the objects of a path and the version from which to watch it."""
        with self.call(path) as answer:
            found = json.load(answer)
        return found["items"], found["metadata"]["resourceVersion"]

    def events(self, path: str, version: str) -> Iterator[dict[str, Any]]:
        """Yield what happens to the objects of a path, until the server ends the watch."""
        query = f"watch=1&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}"
        with self.call(f"{path}?{query}") as lines:
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event


def _opener(cluster: dict[str, str], user: dict[str, str]) -> OpenerDirector:
    authority = b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with tempfile.NamedTemporaryFile() as pair:
        pair.write(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        pair.flush()
        context.load_cert_chain(pair.name)
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))
