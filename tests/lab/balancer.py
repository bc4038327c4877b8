"""The cloud's load balancers: an address for every Service of that type; kube-proxy does the rest.

`python -m tests.lab.balancer KUBECONFIG ADDRESS...`
"""

from __future__ import annotations

import sys
import time
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.api import Api

if TYPE_CHECKING:
    from http.client import HTTPResponse

SERVICES = "/api/v1/services"


class Balancer:
    """Which Service has which address. addresses: all that may be given."""

    def __init__(self, kubeconfig: Path, addresses: list[str]) -> None:
        self.api = Api(kubeconfig)
        self.addresses = addresses
        self.given: dict[str, str] = {}

    def follow(self) -> None:
        """List the Services, then watch them until the server ends the watch."""
        listed, version = self.api.listed(SERVICES)
        self.given = {}
        # Those that have one keep it; only then does anyone get a new one.
        for service in sorted(listed, key=lambda service: not _addresses(service)):
            self.see(service)
        for event in self.api.events(SERVICES, version):
            self.see(event["object"], gone=event["type"] == "DELETED")

    def see(self, service: dict[str, Any], *, gone: bool = False) -> None:
        """Give a Service its address, or take it back."""
        metadata = service["metadata"]
        key = f"{metadata['namespace']}/{metadata['name']}"
        if gone or service["spec"].get("type") != "LoadBalancer":
            self.given.pop(key, None)
            return
        if has := _addresses(service):
            self.given[key] = has[0]
            return
        address = self.choose(service["spec"].get("loadBalancerIP", ""))
        body = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
        path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status"
        self._call(path, body).close()
        self.given[key] = address
        print(key, address, flush=True)

    def choose(self, wanted: str) -> str:
        """Return the address asked for, or the first that nobody has."""
        free = [address for address in self.addresses if address not in self.given.values()]
        return wanted if wanted in free else free[0]

    def _call(self, path: str, body: dict[str, Any]) -> HTTPResponse:
        return self.api.call(path, body)


def _addresses(service: dict[str, Any]) -> list[str]:
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    return [entry["ip"] for entry in ingress if "ip" in entry]


def main(kubeconfig: str, *addresses: str) -> None:
    """Balance for ever: an API server that is away comes back."""
    balancer = Balancer(Path(kubeconfig), list(addresses))
    while True:
        try:
            balancer.follow()
        except (OSError, HTTPException, ValueError) as error:
            print(f"again: {error}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
