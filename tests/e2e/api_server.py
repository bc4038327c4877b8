"""As much of an API server as kubectl and istioctl need to read one token: plain HTTP, on loopback, read-only."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SYSTEM = "istio-system"


def token_secret(account: str, cluster: str, token: str, certificate: str) -> dict[str, Any]:
    """Return a token Secret as the token controller leaves it."""
    data = {"token": token, "ca.crt": certificate, "namespace": SYSTEM}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {
            "name": f"{account}-token",
            "namespace": SYSTEM,
            "uid": "2",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {
                "kubernetes.io/service-account.name": account,
                "kubernetes.io/service-account.uid": "1",
                "mcgen/cluster": cluster,
            },
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def _objects(secret: dict[str, Any]) -> dict[str, Any]:
    account = secret["metadata"]["annotations"]["kubernetes.io/service-account.name"]
    core = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": account, "namespace": SYSTEM, "uid": "1"},
    }
    kinds = [
        {"name": plural, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]}
        for plural, kind in (("secrets", "Secret"), ("serviceaccounts", "ServiceAccount"), ("services", "Service"))
    ]
    return {
        "/version": {"major": "1", "minor": "35", "gitVersion": "v1.35.4"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
        "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": kinds},
        f"/api/v1/namespaces/{SYSTEM}/serviceaccounts/{account}": core,
        f"/api/v1/namespaces/{SYSTEM}/secrets/{secret['metadata']['name']}": secret,
    }


@contextmanager
def serving(secret: dict[str, Any]) -> Iterator[str]:
    """Serve one token Secret and its account while this is entered; yields the server's URL."""
    objects = _objects(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = objects.get(self.path.partition("?")[0])
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(found or missing).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def kubeconfig(folder: Path, name: str, url: str) -> Path:
    """Write a kubeconfig that leads to a server."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": url}}],
        "users": [{"name": name, "user": {}}],
    }
    path = folder / f"{name}.kubeconfig"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
