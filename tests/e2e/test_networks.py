"""Clusters on one network, as the real programs render them: what is there for calls, and what for istiod.

The samples one-network and two-networks are rendered with the others in test_render.py; here are the two meshes of
Istio's pages "Install Primary-Remote" and "Install Multi-Primary", with everything open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen.cli import run
from mcgen.emit import emit
from tests import proofs
from tests.e2e.rendered import applications
from tests.shop import SHOP

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

ADDRESS = "10.128.0.9"
ROOT = {"number": 1, "root": f"sha256:{'0' * 64}", "expires": "2030-01-01"}
PUSHED = {"number": 1, "token": "1"}
EAST = {"name": "east", "platform": "gke", "role": "primary", "network": "vpc", "egress": ["10.128.0.0/20"]}
WEST = EAST | {"name": "west", "cidrs": ["10.8.0.0/14"], "egress": ["10.132.0.0/20"]}
Objects = dict[str, list[dict[str, Any]]]


def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], **more: Any) -> Objects:
    """Build a mesh, and return what Argo CD would apply to each cluster. told: its facts."""
    monkeypatch.chdir(tmp_path)
    data = (
        SHOP
        | {
            "secrets": {"backend": "external-secrets", "store": {"name": "vault"}},
            "namespaces": [{"name": "cart"}],
        }
        | more
    )
    facts = {"apiVersion": "mcgen/v1alpha1", "kind": "Facts"} | told
    (tmp_path / "shop.yaml").write_text(emit([data]), encoding="utf-8")
    (tmp_path / "inputs/.mcgen").mkdir(parents=True)
    (tmp_path / "inputs/.mcgen/facts.yaml").write_text(emit([facts]), encoding="utf-8")
    assert run(["build", "shop.yaml", "--inputs", "inputs", "--validator", "embedded"]) == 0
    found: Objects = {}
    for rendered in applications(tmp_path / "output/shop"):
        found.setdefault(rendered.cluster, []).extend(rendered.objects)
    return found


def of(objects: list[dict[str, Any]], kind: str, name: str = "") -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] == kind and name in ("", each["metadata"]["name"])]


def local_hosts(objects: list[dict[str, Any]]) -> list[str]:
    """Return what istiod keeps inside of its cluster, as its ConfigMap says."""
    (config,) = of(objects, "ConfigMap", "istio")
    settings = yaml.safe_load(config["data"]["mesh"]).get("serviceSettings", [])
    return [host for each in settings if each["settings"]["clusterLocal"] for host in each["hosts"]]


def gateways(objects: list[dict[str, Any]]) -> list[str]:
    """Return the gateways that run, and what is configured for any."""
    running = [each for kind in ("Deployment", "Service") for each in of(objects, kind, "istio-eastwestgateway")]
    return [f"{each['kind']} {each['metadata']['name']}" for each in [*running, *of(objects, "Gateway")]]


@proofs.proves(proofs.TOPOLOGY, "one primary, one remote, all on one network")
def test_a_remote_reaches_istiod_through_the_gateway_and_services_directly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    internal = {"scheme": "internal", "address": ADDRESS, "reserved": ["mesh-istiod"]}
    clusters = [EAST | {"gateway": internal}, WEST | {"role": "remote"}]
    found = built(tmp_path, monkeypatch, {"pushed": {"east": {"west": PUSHED}}}, clusters=clusters)
    assert gateways(found["east"]) == [
        "Deployment istio-eastwestgateway",
        "Service istio-eastwestgateway",
        "Gateway istiod-gateway",
    ]
    assert gateways(found["west"]) == []
    (service,) = of(found["east"], "Service", "istio-eastwestgateway")
    assert {15012, 15017} <= {port["port"] for port in service["spec"]["ports"]}
    # Nodes and API server of the remote, and its pods.
    assert service["spec"]["loadBalancerSourceRanges"] == ["10.132.0.0/20", "10.8.0.0/14"]
    (endpoint,) = of(found["west"], "EndpointSlice", "istiod")
    assert endpoint["endpoints"] == [{"addresses": [ADDRESS]}]
    (injector,) = of(found["west"], "MutatingWebhookConfiguration")
    paths = {hook["clientConfig"]["service"]["path"] for hook in injector["webhooks"]}
    assert paths == {"/inject/cluster/west/net/vpc"}
    assert local_hosts(found["east"]) == ["*.istio-system.svc.cluster.local"]
    for objects in found.values():
        (namespace,) = of(objects, "Namespace", "istio-system")
        assert namespace["metadata"]["labels"]["topology.istio.io/network"] == "vpc"


@proofs.proves(proofs.TOPOLOGY, "several primaries, all on one network")
def test_primaries_on_one_network_need_no_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "authorities": {"east": ROOT, "west": ROOT},
        "pushed": {"east": {"west": PUSHED}, "west": {"east": PUSHED}},
    }
    found = built(tmp_path, monkeypatch, told, clusters=[EAST, WEST], trust={"mode": "cacerts"})
    for objects in found.values():
        assert gateways(objects) == []
        assert of(objects, "Deployment", "istiod")
        assert local_hosts(objects) == []
        # Each istiod reads the other cluster, where the endpoints are.
        assert [each for each in of(objects, "ExternalSecret") if "remote-secret" in each["metadata"]["name"]]
