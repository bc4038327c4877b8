"""Exposure: what each profile opens, from blueprint to manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcgen import blueprint, mesh, names
from mcgen.facts import Inputs
from mcgen.order import OrderProof, istio, kinds
from tests.helpers import documents, emitted
from tests.shop import SHOP

if TYPE_CHECKING:
    from collections.abc import Iterator

ISTIOD = {"clusters/east/control-plane"}
GATEWAYS = {"clusters/east/east-west-gateway", "clusters/east/ingress-gateway", "clusters/west/east-west-gateway"}
REMOTE = "clusters/west/control-plane"
Tree = dict[str, list[Any]]


def built(profile: str, **more: Any) -> Tree:
    data = SHOP | {
        "istio": SHOP["istio"] | more,
        "clusters": [
            {
                "name": "east",
                "platform": "gke",
                "role": "primary",
                "ingressGateway": True,
                "gateway": {"address": "203.0.113.10"},
            },
            {"name": "west", "platform": "aks", "role": "remote"},
        ],
        "namespaces": [{"name": "cart", "exported": True}, {"name": "stock"}],
        "exposure": {"profile": profile},
    }
    resolved = mesh.resolve(blueprint.convert(data), Inputs())
    return {path: documents(text) for path, text in emitted(resolved).items()}


def operators(files: Tree) -> Iterator[tuple[str, Any]]:
    yield from (
        (path.rpartition("/")[0], docs[0]) for path, docs in files.items() if path.endswith("/istio-operator.yaml")
    )


def guarded(files: Tree) -> set[str]:
    """Return the stages whose charts are told to make NetworkPolicies."""
    found = set()
    for folder, operator in operators(files):
        shared = operator["spec"]["values"].get("global", {})
        assert shared.get("networkPolicy") in (None, {"enabled": True})
        if "networkPolicy" in shared:
            found.add(folder)
    return found


def policies(files: Tree) -> dict[str, list[str]]:
    """Return the NetworkPolicies that the proof counts on, by stage."""
    found = {}
    for folder, operator in operators(files):
        rendered = istio.rendered(istio.operator(operator), names.ISTIO_SYSTEM)
        own = [name for kind, _, name in rendered if kind == kinds.NETWORK_POLICY]
        if own:
            found[folder] = own
    return found


def test_istiod_and_every_gateway_get_one() -> None:
    assert guarded(built("hardened")) == ISTIOD | GATEWAYS


def test_a_remote_without_istiod_pods_gets_none() -> None:
    files = built("hardened")
    assert f"{REMOTE}/istio-operator.yaml" in files
    assert REMOTE not in guarded(files)


def test_hardened_is_the_default() -> None:
    assert blueprint.Exposure().profile == "hardened"


def test_the_articles_form_has_none() -> None:
    files = built("article")
    assert guarded(files) == set()
    assert policies(files) == {}
    assert all("global" not in operator["spec"]["values"] for at, operator in operators(files) if at in GATEWAYS)


@pytest.mark.parametrize(("revision", "suffix"), [("", ""), ("1-31", "-1-31")])
def test_the_proof_knows_their_names(revision: str, suffix: str) -> None:
    found = policies(built("hardened", **({"revision": revision} if revision else {})))
    assert sorted(name for names_ in found.values() for name in names_) == sorted(
        f"{name}{suffix}"
        for name in ("istiod", "istio-ingressgateway", "istio-eastwestgateway", "istio-eastwestgateway")
    )


@pytest.mark.parametrize("profile", ["hardened", "article"])
def test_the_order_holds_with_and_without(profile: str) -> None:
    proof = OrderProof()
    for path, docs in built(profile).items():
        proof.add(path, docs)
    assert proof.finish() == []


def test_values_of_the_blueprint_stay_beside_it() -> None:
    files = built("hardened", values={"global": {"proxy": {"logLevel": "debug"}}})
    shared = files["clusters/east/control-plane/istio-operator.yaml"][0]["spec"]["values"]["global"]
    assert shared["networkPolicy"] == {"enabled": True}
    assert shared["proxy"] == {"logLevel": "debug"}


@pytest.mark.parametrize(
    ("profile", "services", "istiod"),
    [
        ("hardened", ["*.cart.svc.cluster.local"], names.istiod_hosts("")),
        ("article", ["*.local"], ["*"]),
    ],
)
def test_what_the_gateways_let_through(profile: str, services: list[str], istiod: list[str]) -> None:
    files = built(profile)
    (gateway,) = files["bases/exposure/expose-services.yaml"]
    assert [server["hosts"] for server in gateway["spec"]["servers"]] == [services]
    gateway, routes = files["bases/exposure/expose-istiod.yaml"]
    hosts = [f"./{host}" for host in istiod] if profile == "hardened" else istiod
    assert [server["hosts"] for server in gateway["spec"]["servers"]] == [hosts, hosts]
    assert [match["sniHosts"] for route in routes["spec"]["tls"] for match in route["match"]] == [istiod, istiod]
