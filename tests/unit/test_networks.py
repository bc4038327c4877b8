"""Networks: which clusters have a gateway, what it exposes, and who may connect to it."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import blueprint, chain, facts, mesh, names, phases, stages
from mcgen.facts import Inputs
from mcgen.manifests import exposure, istio_operator
from mcgen.networks import Callers, network_of
from mcgen.order import finding
from tests.helpers import documents, emitted
from tests.shop import SHOP
from tests.unit.order_mutations.trees import proved

Clusters = list[dict[str, Any]]


def cluster(name: str, network: str = "", primary: str = "", **more: Any) -> dict[str, Any]:
    found = {"name": name, "platform": "generic", "role": "remote" if primary else "primary"} | more
    return found | ({"network": network} if network else {}) | ({"primary": primary} if primary else {})


def converted(clusters: Clusters, **more: Any) -> blueprint.Blueprint:
    several = sum(each["role"] == "primary" for each in clusters) > 1
    data = SHOP | {
        "clusters": clusters,
        "namespaces": [{"name": "cart", "exported": True}],
        "trust": {"mode": "cacerts" if several else "istiod"},
    }
    return blueprint.convert(data | more)


def resolved(clusters: Clusters, **more: Any) -> mesh.Mesh:
    return mesh.resolve(converted(clusters, **more), Inputs())


PAIR = [cluster("east", "lan"), cluster("west", "lan", "east")]
PRIMARIES = [cluster("east", "lan"), cluster("west", "lan")]
SERVING = [*PRIMARIES, cluster("north", "lan", "east")]
MIXED = [*PRIMARIES, cluster("north", "", "east")]


def having(found: mesh.Mesh, stage: str) -> set[str]:
    return {each.name for each, steps in chain.whole(found) if any(step.stage.name == stage for step in steps)}


@pytest.mark.parametrize(
    ("clusters", "gateways", "exposures"),
    [
        # Nobody else yet: a gateway for those that will come.
        ([cluster("east")], {"east"}, {"east"}),
        ([cluster("east"), cluster("west", "", "east")], {"east", "west"}, {"east"}),
        (PAIR, {"east"}, {"east"}),
        (PRIMARIES, set(), set()),
        (SERVING, {"east"}, {"east"}),
        (MIXED, {"east", "west", "north"}, {"east", "west"}),
    ],
)
def test_who_has_a_gateway(clusters: Clusters, gateways: set[str], exposures: set[str]) -> None:
    found = resolved(clusters)
    assert having(found, stages.EAST_WEST_GATEWAY) == gateways
    assert having(found, stages.EXPOSURE) == exposures


def exposed(found: mesh.Mesh) -> set[str]:
    files = [file for file in exposure.bases(found) if file.documents]
    return {document["metadata"]["name"] for file in files for document in file.documents if document.get("spec")}


def test_no_service_is_exposed_on_one_network() -> None:
    istiod = {"istiod-gateway", "istiod-vs"}
    assert exposed(resolved(PAIR)) == istiod
    assert exposed(resolved(PAIR, exposure={"profile": "article"})) == istiod
    assert exposed(resolved(PRIMARIES)) == set()
    assert exposed(resolved(MIXED)) == {*istiod, "cross-network-gateway"}


def mesh_config(found: mesh.Mesh, name: str) -> dict[str, Any]:
    steps = next(steps for each, steps in chain.whole(found) if each.name == name)
    step = next(step for step in steps if step.stage.name == stages.CONTROL_PLANE)
    told: dict[str, Any] = istio_operator.document(found, step)["spec"]["meshConfig"]
    return told


def test_a_gateway_leads_to_the_istiod_of_its_own_cluster() -> None:
    """See `_mesh_config`: only where others on its network have a Service of that name."""
    local = [{"settings": {"clusterLocal": True}, "hosts": ["*.istio-system.svc.cluster.local"]}]
    assert mesh_config(resolved(PAIR), "east")["serviceSettings"] == local
    assert mesh_config(resolved(SERVING), "east")["serviceSettings"] == local
    assert mesh_config(resolved(MIXED), "east")["serviceSettings"] == local
    assert "serviceSettings" not in mesh_config(resolved(SERVING), "west")
    assert "serviceSettings" not in mesh_config(resolved([cluster("east"), cluster("west", "", "east")]), "east")
    own = {"settings": {"clusterLocal": True}, "hosts": ["*.cart.svc.cluster.local"]}
    given = {"version": "1.31.1", "meshConfig": {"serviceSettings": [own]}}
    assert mesh_config(resolved(PAIR, istio=given), "east")["serviceSettings"] == [*local, own]
    assert mesh_config(resolved(PRIMARIES, istio=given), "east")["serviceSettings"] == [own]


RANGES = ["203.0.113.0/28", "198.51.100.7/32", "192.0.2.0/24"]


@st.composite
def meshes(draw: st.DrawFn) -> Clusters:
    count = draw(st.integers(1, 6))
    primaries = draw(st.integers(1, count))
    found = []
    for i in range(count):
        primary = f"c{draw(st.integers(0, primaries - 1))}" if i >= primaries else ""
        more: dict[str, Any] = {
            "egress": draw(
                st.lists(st.sampled_from(["203.0.113.0/28", "198.51.100.7/32", "192.0.2.0/24"]), unique=True)
            ),
            "cidrs": draw(st.lists(st.just(f"10.{i}.0.0/16"), max_size=1)),
        }
        found.append(cluster(f"c{i}", draw(st.sampled_from(["", "lan", "wan"])), primary, **more))
    return found


@settings(deadline=None)
@given(meshes())
def test_who_comes_through_a_gateway(clusters: Clusters) -> None:
    """Those on other networks, and its remotes: counted at once, and here one by one."""
    found = converted(clusters)
    callers = Callers(found)
    for each in found.clusters:
        remotes = [other for other in found.clusters if other.primary == each.name]
        apart = [other for other in found.clusters if network_of(other) != network_of(each)]
        calling = [other for other in found.clusters if other in apart or other in remotes]
        assert sorted(other.name for other in callers.of(each)) == sorted(other.name for other in calling)
        assert callers.number(each) == len(calling)
        ranges = {cidr for other in calling for cidr in other.egress}
        ranges |= {cidr for other in remotes if other not in apart for cidr in other.cidrs}
        known = calling and all(other.egress for other in calling)
        assert callers.source_ranges(each) == (tuple(sorted(ranges)) if known else ())
        assert all(ipaddress.ip_network(cidr) for cidr in callers.source_ranges(each))


def opened(clusters: Clusters) -> mesh.Mesh:
    """Return a mesh in which every remote secret, every CA and every address is known."""
    found = converted(clusters, secrets={"backend": "external-secrets", "store": {"name": "vault"}})
    pushed: dict[str, Any] = {}
    for each in found.clusters:
        for reader in mesh.readers(each, found):
            pushed.setdefault(reader, {})[each.name] = {"number": 1, "token": "1"}
    root = {"number": 1, "root": f"sha256:{'0' * 64}", "expires": "2030-01-01"}
    told = {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Facts",
        "addresses": {each.name: f"203.0.113.{i}" for i, each in enumerate(found.clusters, 1)},
        "pushed": pushed,
        "authorities": dict.fromkeys(found.primaries, root) if len(found.primaries) > 1 else {},
    }
    return mesh.resolve(found, Inputs(facts=facts.convert(told)))


@pytest.mark.parametrize("clusters", [PAIR, PRIMARIES, SERVING, MIXED])
@pytest.mark.parametrize("is_open", [True, False])
def test_the_order_holds(clusters: Clusters, *, is_open: bool) -> None:
    found = opened(clusters) if is_open else resolved(clusters)
    files = {path: documents(text) for path, text in emitted(found).items()}
    assert proved(files) == []


def test_a_remote_reaches_its_istiod_at_the_gateway_on_its_network() -> None:
    files = {path: documents(text) for path, text in emitted(opened(SERVING)).items()}
    (remote,) = files["clusters/north/control-plane/istio-operator.yaml"]
    assert remote["spec"]["values"]["global"]["remotePilotAddress"] == "203.0.113.1"
    (gateway,) = files["clusters/east/east-west-gateway/istio-operator.yaml"]
    (component,) = gateway["spec"]["components"]["ingressGateways"]
    assert component["label"][names.NETWORK] == "lan"
    assert {15012, 15017} <= {port["port"] for port in component["k8s"]["service"]["ports"]}


GOES = {"30-east-west-gateway.yaml", "40-exposure.yaml"}


def files_of(clusters: Clusters) -> dict[str, list[Any]]:
    return {path: documents(text) for path, text in emitted(opened(clusters)).items()}


def deletable(files: dict[str, list[Any]], cluster: str) -> set[str]:
    home = f"clusters/{cluster}/argocd/"
    return {path.removeprefix(home) for path, found in files.items() if path.startswith(home) and finalizers(found)}


def finalizers(found: list[Any]) -> list[str]:
    told: list[str] = found[0]["metadata"].get("finalizers", [])
    return told


@pytest.mark.parametrize(
    ("clusters", "left", "unused"),
    [
        (MIXED, {"north"}, {"east", "west"}),
        (SERVING, {"north"}, {"east"}),
        # Alone again, it keeps its gateway for those that will come.
        (PAIR, {"west"}, set()),
        # Another one still comes through it.
        ([*SERVING, cluster("south", "lan", "east")], {"north"}, set()),
        ([*MIXED, cluster("south")], {"north"}, set()),
        ([*MIXED, cluster("south", "", "west")], {"north", "south"}, {"east", "west"}),
    ],
)
@pytest.mark.parametrize("state", phases.BY_STATE)
def test_a_gateway_goes_with_the_last_who_came_through_it(
    clusters: Clusters, left: set[str], unused: set[str], state: str
) -> None:
    leaving = [each | ({"state": state} if each["name"] in left else {}) for each in clusters]
    files = files_of(leaving)
    assert proved(files) == []
    goes = {each["name"] for each in leaving if each["name"] not in left and deletable(files, each["name"])}
    assert goes == (unused if state == phases.LAST else set())
    assert all(deletable(files, name) <= GOES for name in goes)


def test_the_proof_asks_for_these_finalizers_and_no_others() -> None:
    gone = [each | ({"state": "gone"} if each["name"] == "north" else {}) for each in MIXED]
    files = files_of(gone)
    del files["clusters/west/argocd/30-east-west-gateway.yaml"][0]["metadata"]["finalizers"]
    (one,) = proved(files)
    assert (one.code, one.path) == (finding.PHASE, "clusters/west/argocd/30-east-west-gateway.yaml")
    assert one.message.startswith("nobody comes through this gateway when the lines of who has left go")
    stays = [*gone, cluster("south")]
    files = files_of(stays)
    files["clusters/west/argocd/30-east-west-gateway.yaml"][0]["metadata"]["finalizers"] = [names.FINALIZER]
    assert [one.code for one in proved(files)] == [finding.DELETES]
