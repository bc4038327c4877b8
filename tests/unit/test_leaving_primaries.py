"""A cluster leaves a mesh of several primaries: what each phase takes from its peers, and what it needs no more."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from mcgen import blueprint, chain, mesh, names, phases, rules, stages
from mcgen.bootstrap import rotation
from mcgen.bootstrap.outcome import Options
from mcgen.bootstrap.run import needed
from mcgen.facts import Inputs
from mcgen.lifecycle import live, words
from mcgen.source import parse
from tests.helpers import documents, emitted
from tests.shop import SHOP
from tests.unit.order_mutations.trees import proved
from tests.unit.test_primaries import remote_secret, secret

EAST, WEST, FAR = "east", "west", "far-east"
PEERS = "argocd/applicationsets/peers.yaml"
STATES = [phases.MEMBER, *phases.BY_STATE]


def data(**states: str) -> dict[str, Any]:
    """Return a mesh of two primaries, of which one serves a remote; states: by the cluster's name, `_` for `-`."""
    state = {name.replace("_", "-"): value for name, value in states.items() if value}
    clusters = [
        {"name": name, "platform": "generic", "gateway": {"address": f"203.0.113.{i}"}, **more}
        | ({"state": state[name]} if name in state else {})
        for i, (name, more) in enumerate(
            [(EAST, {"role": "primary"}), (WEST, {"role": "primary"}), (FAR, {"role": "remote", "primary": EAST})], 1
        )
    ]
    return SHOP | {
        "trust": {"mode": "cacerts"},
        "clusters": clusters,
        "namespaces": [{"name": "cart", "exported": True}],
        "policies": [{"name": "callers", "namespace": "cart"}],
        "demo": {"enabled": True},
    }


def resolved(addon: str = "existing", **states: str) -> mesh.Mesh:
    found = blueprint.convert(data(**states) | {"addons": {"sealedSecrets": addon}})
    pairs = [(a, b) for a in (EAST, WEST) for b in (EAST, WEST, FAR) if a != b]
    authorities = {name: secret("cacerts", {}) for name in (EAST, WEST)}
    return mesh.resolve(found, Inputs(sealed={pair: remote_secret(pair[1]) for pair in pairs}, authorities=authorities))


def tree(found: mesh.Mesh) -> dict[str, list[Any]]:
    """Return the tree with its inputs, which stay to the end."""
    files = {path: documents(text) for path, text in emitted(found).items()}
    for pair in found.all_pairs:
        path = f"clusters/{pair.consumer.name}/remote-secrets/{pair.remote.name}/sealed-secret.yaml"
        files[path] = [remote_secret(pair.remote.id)]
    for primary in found.primaries:
        files[f"clusters/{primary.name}/trust/sealed-secret.yaml"] = [secret("cacerts", {})]
    return files


def read(found: mesh.Mesh) -> dict[tuple[str, str], bool]:
    """Return who reads whom as a peer, and whether the next phase deletes that."""
    return {(step.destination.name, step.cluster.name): step.deletable for step in chain.peers(found)}


@pytest.mark.parametrize("addon", ["existing", "managed"])
@pytest.mark.parametrize(("west", "far"), list(itertools.product(STATES, STATES)))
def test_the_order_holds_in_every_phase(addon: str, west: str, far: str) -> None:
    assert proved(tree(resolved(addon, west=west, far_east=far))) == []


# The whole of what peers read, phase by phase
ALL = {(EAST, WEST): False, (WEST, EAST): False, (WEST, FAR): False}
REMOTE_LEAVES = {
    "leaving": ALL | {(WEST, FAR): True},
    **{state: {(EAST, WEST): False, (WEST, EAST): False} for state in STATES[2:]},
}
PRIMARY_LEAVES = {
    "leaving": ALL | {(EAST, WEST): True},
    **{state: {(WEST, EAST): False, (WEST, FAR): False} for state in ("secret-gone", "gateways-gone")},
    **{state: {} for state in ("control-plane-gone", "gone")},
}


@pytest.mark.parametrize("state", phases.BY_STATE)
def test_what_peers_hold_goes_with_what_the_primary_holds(state: str) -> None:
    assert read(resolved()) == ALL
    assert read(resolved(far_east=state)) == REMOTE_LEAVES[state]
    assert read(resolved(west=state)) == PRIMARY_LEAVES[state]


def test_only_what_goes_gets_a_finalizer() -> None:
    (member,), (leaving,) = tree(resolved())[PEERS], tree(resolved(far_east="leaving"))[PEERS]
    assert "templatePatch" not in member["spec"]
    elements = leaving["spec"]["generators"][0]["list"]["elements"]
    assert [each for each in elements if "state" in each] == [{"consumer": WEST, "cluster": FAR, "state": "leaving"}]
    assert leaving["spec"].pop("templatePatch") == (
        '{{ if index . "state" }}{"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}}'
        "{{ else }}{}{{ end }}"
    )
    leaving["spec"]["generators"] = member["spec"]["generators"]
    assert leaving == member


def test_a_primary_goes_with_all_that_it_has() -> None:
    last = resolved("managed", west="gone")
    assert [path for path in tree(last) if path.startswith("clusters/west/argocd/")] == [
        "clusters/west/argocd/README.md"
    ]
    # Its policies outlive its istiod, and its sealed files their stages.
    paths = tree(resolved(west="control-plane-gone")).keys()
    assert "clusters/west/argocd/50-policies.yaml" in paths
    assert "clusters/west/argocd/20-control-plane.yaml" not in paths
    kept = {"clusters/west/trust/kustomization.yaml", "clusters/west/remote-secrets/east/kustomization.yaml"}
    assert kept <= tree(last).keys()


def answer(found: mesh.Mesh, cluster: mesh.Cluster) -> list[dict[str, Any]]:
    """Return what a good Argo CD has of a cluster."""
    status = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
    apps = [
        {"metadata": {"name": name, "finalizers": [names.FINALIZER] if deletable else []}}
        for name, deletable in live.wanted(found, cluster).items()
    ]
    return [{"metadata": {"name": names.chain(found.name, cluster.name)}, "status": status}, *apps]


@pytest.mark.parametrize("state", phases.BY_STATE)
@pytest.mark.parametrize("name", [WEST, FAR])
def test_a_phase_waits_for_what_peers_hold(name: str, state: str) -> None:
    found = resolved(**{name.replace("-", "_"): state})
    cluster = found.by_name[name]
    good = answer(found, cluster)
    assert live.waits(found, cluster, good) == []
    for app in words.taken(found, cluster):
        assert live.waits(found, cluster, [*good, {"metadata": {"name": app}}]) == [f"{app} is still there"]
    bare = [{"metadata": {"name": each["metadata"]["name"]}} | each for each in good]
    for each in bare:
        each["metadata"] = {"name": each["metadata"]["name"]}
    waiting = {line.split()[0] for line in live.waits(found, cluster, bare)}
    goes = {app for app, deletable in live.wanted(found, cluster).items() if deletable}
    assert waiting == goes
    peer = {"west": "shop-east-reads-west", "far-east": "shop-west-reads-far-east"}[name]
    assert (peer in goes) == (state == "leaving")


def test_what_is_about_a_cluster_and_what_it_reads() -> None:
    labelled = [
        {"metadata": {"name": name, "labels": {names.CLUSTER: cluster}}}
        for name, cluster in (("shop-west", WEST), ("shop-east-reads-west", WEST), ("shop-west-reads-far-east", FAR))
    ]

    def about(**states: str) -> list[str]:
        found = resolved(**states)
        return [each["metadata"]["name"] for each in live.of(found, found.by_name[WEST], labelled)]

    assert about() == ["shop-west", "shop-east-reads-west"]
    assert about(west="leaving") == ["shop-west", "shop-east-reads-west", "shop-west-reads-far-east"]


def test_an_upgrade_expects_what_peers_hold() -> None:
    found = resolved()
    for cluster in found.clusters:
        assert live.waits(found, cluster, answer(found, cluster)) == []
    assert "shop-east-reads-west" in live.wanted(found, found.by_name[WEST])


def test_who_has_to_confirm_what() -> None:
    def asked(name: str, state: str) -> list[str]:
        found = resolved(**{name.replace("-", "_"): state})
        return [line.split()[5] for line in words.confirmations(found, found.by_name[name])]

    assert asked(FAR, "secret-gone") == ["shop-far-east-remote-secret", "shop-west-reads-far-east"]
    assert asked(WEST, "secret-gone") == ["shop-east-reads-west"]
    assert asked(WEST, "gone") == ["shop-west-namespaces", "shop-west-trust"]
    assert [asked(WEST, state) for state in ("leaving", "gateways-gone", "control-plane-gone")] == [[], [], []]
    # Who has no istiod any more has nothing to be deleted.
    found = resolved(west="control-plane-gone", far_east="secret-gone")
    lines = words.confirmations(found, found.by_name[FAR])
    assert [line.split()[5] for line in lines] == ["shop-far-east-remote-secret"]


@pytest.mark.parametrize("name", [WEST, FAR])
def test_a_bootstrap_leaves_alone_what_leaves_and_who_leaves(name: str) -> None:
    found = resolved(**{name.replace("-", "_"): "leaving"})
    again = Options(reseal=frozenset((EAST, WEST, FAR)))
    rest = {(pair.consumer.name, pair.remote.name) for pair in found.all_pairs if needed(pair, again)}
    assert rest == {pair for pair in [(EAST, WEST), (WEST, EAST), (EAST, FAR), (WEST, FAR)] if name not in pair}
    assert {(pair.consumer.name, pair.remote.name) for pair in rotation.chosen(found, "")} == rest


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ({"west": "leaving"}, ""),
        ({"far_east": "leaving"}, ""),
        ({"east": "leaving"}, "MC270"),
        ({"east": "leaving", "far_east": "leaving"}, "MC270"),
    ],
)
def test_who_may_leave(states: dict[str, str], code: str) -> None:
    found = blueprint.convert(data(**states))
    codes = {problem.code for problem in rules.check(found, Inputs(), parse(b"a: b\n", "b.yaml"))}
    assert codes & {"MC270", "MC271"} == ({code} if code else set())


def test_one_primary_stays() -> None:
    alone = data(east="leaving", west="leaving")
    del alone["clusters"][2]
    found = blueprint.convert(alone)
    problems = rules.check(found, Inputs(), parse(b"a: b\n", "b.yaml"))
    assert [problem.message for problem in problems if problem.code == "MC271"] == [
        f'"{name}" cannot leave: no primary would stay, and a mesh without one is none' for name in (EAST, WEST)
    ]


def test_every_stage_of_a_primary_goes() -> None:
    found = resolved("managed")
    own = {step.stage.name for cluster, steps in chain.whole(found) if cluster.name == WEST for step in steps}
    assert own >= {stages.TRUST, stages.SEALED_SECRETS, stages.EXPOSURE, stages.POLICIES}
    assert own <= phases.gone(phases.LAST)
