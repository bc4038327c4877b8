"""The ingress gateway's Service: a public load balancer that asks for the gateway's health, on every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcgen import chain, load
from mcgen.manifests import charts, istio_operator
from mcgen.platforms import PLATFORMS, is_internal
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

AWS, AZURE = "service.beta.kubernetes.io/aws-load-balancer", "service.beta.kubernetes.io"
PATCH = """\
patches:
  - stage: ingress-gateway
    target: {kind: IstioOperator}
    patch: [{op: add, path: /spec/components/ingressGateways/0/k8s/serviceAnnotations, value: {a.example.com/b: c}}]
"""
EXPECTED = {
    "aks": {
        f"{AZURE}/port_{port}_health-probe_{what}": value
        for port in (80, 443)
        for what, value in (("port", "15021"), ("protocol", "Http"), ("request-path", "/healthz/ready"))
    },
    "eks": {
        f"{AWS}-type": "external",
        f"{AWS}-nlb-target-type": "ip",
        f"{AWS}-scheme": "internet-facing",
        f"{AWS}-attributes": "load_balancing.cross_zone.enabled=true",
        f"{AWS}-healthcheck-port": "15021",
        f"{AWS}-healthcheck-protocol": "HTTP",
        f"{AWS}-healthcheck-path": "/healthz/ready",
    },
    "generic": {},
    # A Service that was made without any would lose the one that there is.
    "gke": {},
}


def operator(folder: Path, platform: str, *, gateway: str = "{}", more: str = "", delivery: str = "plugin") -> Any:
    """Return the IstioOperator of an ingress gateway, patched as mcgen does it."""
    file = folder / "shop.yaml"
    file.write_text(
        "apiVersion: mcgen/v1alpha1\nkind: Mesh\nmetadata: {name: shop}\n"
        'gitops: {repo: "https://git.example.com/platform/mesh.git"}\n'
        f'istio: {{version: "1.31.1", delivery: {delivery}}}\n'
        f"clusters: [{{name: one, platform: {platform}, role: primary, ingressGateway: true, gateway: {gateway}}}]\n"
        f"{more}",
        encoding="utf-8",
    )
    mesh = load.load(load.read(str(file)), folder / "tree").mesh
    (step,) = (step for step in chain.chains(mesh)[0][1] if step.name == "ingress-gateway")
    return istio_operator.patched(mesh, step)


def kubernetes(document: Any) -> Any:
    return document["spec"]["components"]["ingressGateways"][0]["k8s"]


def test_every_platform_is_expected() -> None:
    assert EXPECTED.keys() == PLATFORMS.keys()


@pytest.mark.parametrize("platform", EXPECTED)
def test_the_load_balancer_is_public_and_asks_for_the_health(tmp_path: Path, platform: str) -> None:
    document = operator(tmp_path, platform)
    assert kubernetes(document).get("serviceAnnotations", {}) == EXPECTED[platform]
    assert not is_internal(EXPECTED[platform])


@pytest.mark.parametrize("platform", EXPECTED)
def test_the_chart_says_the_same(tmp_path: Path, platform: str) -> None:
    _, values = charts.chart_and_values(operator(tmp_path, platform, delivery="helm"))
    assert values["service"].get("annotations", {}) == EXPECTED[platform]


@pytest.mark.parametrize(
    ("platform", "gateway"),
    [
        ("eks", "{scheme: internal, reserved: [10.0.0.1]}"),
        ("aks", "{reserved: [name], resourceGroup: group, annotations: {a.example.com/b: c}}"),
        ("gke", "{scheme: internal, reserved: [name]}"),
    ],
)
def test_what_the_east_west_gateway_is_told_is_not_told_to_it(tmp_path: Path, platform: str, gateway: str) -> None:
    document = operator(tmp_path, platform, gateway=gateway)
    assert kubernetes(document).get("serviceAnnotations", {}) == EXPECTED[platform]


@pytest.mark.parametrize("platform", EXPECTED)
def test_a_patch_says_something_else(tmp_path: Path, platform: str) -> None:
    document = operator(tmp_path, platform, more=PATCH, delivery="helm")
    assert kubernetes(document)["serviceAnnotations"] == {"a.example.com/b": "c"}


def test_the_patch_of_the_page_makes_it_internal(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs/networks.md").read_text(encoding="utf-8")
    shown = page.partition("## The ingress gateway\n")[2].partition("```yaml\n")[2].partition("```")[0]
    document = operator(tmp_path, "eks", more=shown.replace("[eks]", "[one]"), delivery="helm")
    assert kubernetes(document)["serviceAnnotations"] == EXPECTED["eks"] | {f"{AWS}-scheme": "internal"}
    assert is_internal(kubernetes(document)["serviceAnnotations"])
