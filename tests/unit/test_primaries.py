"""Several primaries: who serves whom, who reads whom, and what each of them gets."""

from __future__ import annotations

from typing import Any

import pytest

from mcgen import blueprint, mesh, phases
from mcgen.facts import Authority, Facts, Inputs, Pushed
from tests.helpers import documents, emitted
from tests.shop import SHOP
from tests.unit.order_mutations.trees import primaries as sealed_sample
from tests.unit.order_mutations.trees import proved

SEALED: dict[str, Any] = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"}


def secret(name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    inner = {"name": name, "namespace": "istio-system"}
    return SEALED | {"metadata": inner, "spec": {"encryptedData": {}, "template": {"metadata": inner | metadata}}}


def remote_secret(cluster: str) -> dict[str, Any]:
    annotations = {"networking.istio.io/cluster": cluster}
    labels = {"istio/multiCluster": "true"}
    return secret(f"istio-remote-secret-{cluster}", {"labels": labels, "annotations": annotations})


def data(networks: dict[str, str], **sections: Any) -> dict[str, Any]:
    """Return the blueprint of two primaries, each with a remote of its own."""
    return SHOP | {
        "trust": {"mode": "cacerts"},
        "clusters": [
            {"name": name, "platform": "generic", "role": role, "network": networks[name], "gateway": {"address": ip}}
            | ({"primary": primary} if primary else {})
            for name, role, primary, ip in (
                ("east", "primary", "", "203.0.113.1"),
                ("west", "primary", "", "203.0.113.2"),
                ("far-east", "remote", "east", "203.0.113.3"),
                ("far-west", "remote", "west", "203.0.113.4"),
            )
        ],
        "namespaces": [{"name": "cart", "exported": True}],
        **sections,
    }


def resolved(networks: dict[str, str], *, sealed: bool = True, **sections: Any) -> mesh.Mesh:
    """Return a mesh of two primaries, with everything sealed or nothing."""
    pairs = [(a, b) for a in ("east", "west") for b in networks if a != b]
    secrets = {(a, b): remote_secret(b) for a, b in pairs}
    authorities = {name: secret("cacerts", {}) for name in ("east", "west")}
    given = Inputs(sealed=secrets, authorities=authorities) if sealed else Inputs()
    return mesh.resolve(blueprint.convert(data(networks, **sections)), given)


ONE = dict.fromkeys(("east", "west", "far-east", "far-west"), "flat")
TWO = {"east": "e", "far-east": "e", "west": "w", "far-west": "w"}
FOUR = {name: name for name in ONE}
networks = pytest.mark.parametrize("networks", [ONE, TWO, FOUR], ids=["one", "two", "four"])


def tree(found: mesh.Mesh, *, sealed: bool) -> dict[str, list[Any]]:
    files = {path: documents(text) for path, text in emitted(found).items()}
    for pair in found.all_pairs if sealed else ():
        name = f"clusters/{pair.consumer.name}/remote-secrets/{pair.remote.name}/sealed-secret.yaml"
        files[name] = [remote_secret(pair.remote.id)]
    for primary in found.primaries if sealed else ():
        files[f"clusters/{primary.name}/trust/sealed-secret.yaml"] = [secret("cacerts", {})]
    return files


@networks
@pytest.mark.parametrize("sealed", [True, False])
def test_the_order_holds(networks: dict[str, str], sealed: bool) -> None:
    assert proved(tree(resolved(networks, sealed=sealed), sealed=sealed)) == []


@networks
def test_every_primary_reads_every_other_cluster_once(networks: dict[str, str]) -> None:
    found = resolved(networks)
    pairs = [(pair.consumer.name, pair.remote.name) for pair in found.all_pairs]
    assert sorted(pairs) == sorted((a, b) for a in ("east", "west") for b in ONE if a != b)
    assert {name: pair.consumer.name for name, pair in found.pairs.items()} == {"far-east": "east", "far-west": "west"}
    assert [pair.consumer.name for pair in found.readers("far-west")] == ["west", "east"]


def test_peers_stand_beside_the_chains() -> None:
    files = tree(resolved(FOUR), sealed=True)
    (peers,) = files["argocd/applicationsets/peers.yaml"]
    (generator,) = peers["spec"]["generators"]
    assert generator["list"]["elements"] == [
        {"consumer": "west", "cluster": "east"},
        {"consumer": "east", "cluster": "west"},
        {"consumer": "west", "cluster": "far-east"},
        {"consumer": "east", "cluster": "far-west"},
    ]
    assert not [path for path in files if "/argocd/" in path and "reads" in path]


def test_nothing_waits_for_a_peer() -> None:
    files = tree(resolved(FOUR, sealed=False), sealed=False)
    assert "argocd/applicationsets/peers.yaml" not in files
    assert "clusters/west/remote-secrets/east/kustomization.yaml" not in files
    # The administrator's policy knows the list before there is one.
    policies = str(files["argocd/setup/admission-policy.yaml"])
    assert "shop-peers" in policies


@networks
def test_a_peer_only_reads(networks: dict[str, str]) -> None:
    files = tree(resolved(networks), sealed=True)
    rules = {folder: files[f"bases/{folder}/east/reader.yaml"][0]["rules"] for folder in ("readers", "peers")}
    verbs = {folder: {verb for rule in found for verb in rule["verbs"]} for folder, found in rules.items()}
    assert {"update", "patch"} <= verbs["readers"]
    assert not {"update", "patch"} & verbs["peers"]
    assert "../../../bases/peers/east" in files["clusters/far-west/namespaces/kustomization.yaml"][0]["resources"]
    assert "../../../bases/readers/west" in files["clusters/far-west/namespaces/kustomization.yaml"][0]["resources"]


def test_every_primary_has_the_whole_configuration() -> None:
    policy = {"name": "callers", "namespace": "cart", "rules": [{"from": {"serviceAccounts": ["cart/web"]}}]}
    files = tree(resolved(FOUR, policies=[policy]), sealed=True)
    for name in ("east", "west"):
        for stage in ("exposure", "policies"):
            assert f"../../../bases/{stage}" in files[f"clusters/{name}/{stage}/kustomization.yaml"][0]["resources"]


def test_istiod_is_exposed_where_it_serves_remotes() -> None:
    sample = sealed_sample()
    istiod = "../../../bases/exposure-istiod"
    assert istiod in sample["clusters/gke/exposure/kustomization.yaml"][0]["resources"]
    assert istiod not in sample["clusters/aks/exposure/kustomization.yaml"][0]["resources"]
    ports = {
        name: [port["port"] for port in operator["spec"]["components"]["ingressGateways"][0]["k8s"]["service"]["ports"]]
        for name in ("gke", "aks")
        for operator in sample[f"clusters/{name}/east-west-gateway/istio-operator.yaml"]
    }
    assert ports == {"gke": [15021, 15443, 15012, 15017], "aks": [15021, 15443]}


def test_a_remote_is_led_by_its_own_primary_alone() -> None:
    files = tree(resolved(TWO), sealed=True)
    for name, primary in (("far-east", "east"), ("far-west", "west")):
        (patch, *_) = files[f"clusters/{name}/namespaces/kustomization.yaml"][0]["patches"]
        assert f"topology.istio.io/controlPlaneClusters: {primary}" in patch["patch"]
    (patch, *_) = files["clusters/west/namespaces/kustomization.yaml"][0]["patches"]
    assert "controlPlaneClusters" not in patch["patch"]


PRIMARIES = ("east", "west")
EXTERNAL = {"backend": "external-secrets", "store": {"name": "mesh"}, "prefix": "platform/", "property": "value"}


def fetching(networks: dict[str, str], state: str = "", cluster: int = 3) -> mesh.Mesh:
    """Return the mesh of `resolved` with everything at a provider. state: of the cluster with this number."""
    pushed = {a: {b: Pushed(number=2, token="1") for b in networks if a != b} for a in PRIMARIES}
    authority = Authority(number=3, root="sha256:" + 64 * "0", expires="2028-11-29")
    known = Facts(pushed=pushed, authorities=dict.fromkeys(PRIMARIES, authority))
    written = data(networks, secrets=EXTERNAL)
    if state:
        written["clusters"][cluster]["state"] = state
    return mesh.resolve(blueprint.convert(written), Inputs(facts=known))


@networks
@pytest.mark.parametrize("state", ["", *phases.BY_STATE])
def test_the_order_holds_with_external_secrets(networks: dict[str, str], state: str) -> None:
    assert proved(tree(fetching(networks, state), sealed=False)) == []


def test_peers_fetch_under_keys_of_their_own() -> None:
    found = tree(fetching(FOUR), sealed=False)
    secrets = [documents[0]["spec"] for path, documents in found.items() if path.endswith("/external-secret.yaml")]
    keys = [spec["data"][0]["remoteRef"]["key"] for spec in secrets]
    assert len(keys) == len(set(keys)) == 6 + 2
    assert {"platform/shop-east-reads-far-east-2", "platform/shop-west-cacerts-3"} < set(keys)
    assert {spec["data"][0]["remoteRef"]["property"] for spec in secrets} == {"value"}
    (peers,) = found["argocd/applicationsets/peers.yaml"]
    (ignored,) = peers["spec"]["template"]["spec"]["ignoreDifferences"]
    assert ignored["kind"] == "ExternalSecret"


@pytest.mark.parametrize("step", ["", "both", "switched"])
def test_istiod_starts_anew_in_each_step_of_another_root_and_takes_up_what_comes_later(step: str) -> None:
    trust = {"mode": "cacerts"} | ({"rotation": step} if step else {})
    files = tree(
        resolved(FOUR, trust=trust, istio={"version": "1.31.1", "values": {"pilot": {"env": {"A": "b"}}}}), sealed=True
    )
    for primary in ("east", "west"):
        (operator,) = files[f"clusters/{primary}/control-plane/istio-operator.yaml"]
        pilot = operator["spec"]["values"]["pilot"]
        assert pilot.get("podAnnotations", {}) == ({"mcgen/trust-rotation": step} if step else {})
        assert pilot["env"] == {"A": "b"} | ({"ISTIO_MULTIROOT_MESH": "true"} if step else {})
    (remote,) = files["clusters/far-east/control-plane/istio-operator.yaml"]
    assert "ISTIO_MULTIROOT_MESH" not in str(remote)
