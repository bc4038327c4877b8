"""The static proof on trees that nobody wrote down: any blueprint, any waves, any damage."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import blueprint, mesh, phases
from mcgen.facts import Facts, Inputs
from mcgen.order import OrderFinding
from tests.bench import fleet
from tests.helpers import documents, emitted
from tests.unit.order_mutations.trees import managed, opened, proved, set_wave, waiting
from tests.unit.test_primaries import secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.order_mutations.trees import Tree


def _cluster(name: str, primary: str) -> dict[str, Any]:
    role = {"role": "remote", "primary": primary} if primary else {"role": "primary"}
    return {"name": name, "platform": "generic", **role}


@st.composite
def blueprints(draw: st.DrawFn) -> dict[str, Any]:
    primaries = [f"p{i}" for i in range(draw(st.integers(1, 3)))]
    remotes = [_cluster(f"r{i}", draw(st.sampled_from(primaries))) for i in range(draw(st.integers(0, 4)))]
    clusters = [_cluster(name, "") for name in primaries] + remotes
    served = {cluster["primary"] for cluster in remotes}
    for cluster in clusters:
        cluster["ingressGateway"] = draw(st.booleans())
        # The first primary stays, and whoever serves somebody; the others are anywhere on their way.
        if cluster["name"] not in {primaries[0], *served} and draw(st.booleans()):
            cluster["state"] = draw(st.sampled_from(list(phases.BY_STATE)))
    where = st.none() | st.lists(st.sampled_from([c["name"] for c in clusters]), min_size=1, unique=True)
    flags = st.booleans()
    spaces = [
        {"name": f"n{i}", "clusters": draw(where), "exported": draw(flags), "injection": draw(flags)}
        for i in range(draw(st.integers(1, 3)))
    ]
    policies = [{"name": "p", "namespace": ns["name"]} for ns in spaces if draw(flags)]
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": "mesh"},
        "gitops": {"repo": "https://git.example.com/mesh.git", "path": draw(st.sampled_from(["tree", "a/b/c"]))},
        "istio": {"version": "1.31.1"},
        "clusters": clusters,
        "trust": {"mode": "cacerts" if len(primaries) > 1 else draw(st.sampled_from(["istiod", "cacerts"]))},
        "namespaces": spaces,
        "policies": policies,
        "demo": {"enabled": draw(flags)},
        "addons": {"sealedSecrets": draw(st.sampled_from(["existing", "managed", {"install": "managed"}]))},
        "patches": [{"stage": "workloads", "target": {"kind": "Deployment"}, "patch": PATCH}] if draw(flags) else [],
    }


PATCH = [{"op": "add", "path": "/spec/template/metadata/labels/sidecar.istio.io~1inject", "value": "true"}]


@settings(max_examples=100, deadline=None)
@given(data=blueprints(), sealed=st.sets(st.integers(0, 3)), known=st.sets(st.integers(0, 2)), signed=st.booleans())
def test_whatever_is_built_holds(data: dict[str, Any], sealed: set[int], known: set[int], signed: bool) -> None:
    found = blueprint.convert(data)
    bare = mesh.resolve(found, Inputs())
    secrets = {
        (pair.consumer.name, pair.remote.name): _sealed(pair.remote.id)
        for pair in bare.all_pairs
        if int(pair.remote.name[1:]) in sealed
    }
    addresses = {f"p{i}": f"192.0.2.{i}" for i in known}
    authorities = {c.name: secret("cacerts", {}) for c in bare.primaries if signed and bare.shares_root}
    given_inputs = Inputs(facts=Facts(addresses=addresses), sealed=secrets, authorities=authorities)
    files = {path: documents(text) for path, text in emitted(mesh.resolve(found, given_inputs)).items()}
    files |= {f"clusters/{c}/remote-secrets/{r}/sealed-secret.yaml": [one] for (c, r), one in secrets.items()}
    files |= {f"clusters/{name}/trust/sealed-secret.yaml": [one] for name, one in authorities.items()}
    assert proved(files) == []


def _sealed(cluster_id: str) -> dict[str, Any]:
    document = fleet.sealed_secret(cluster_id)
    document["spec"]["template"]["metadata"]["annotations"]["networking.istio.io/cluster"] = cluster_id
    return document


# A property of the whole: the needed edges, written down a second time, decide.
STAGES = {
    "gke": [
        "namespaces",
        "base",
        "control-plane",
        "east-west-gateway",
        "ingress-gateway",
        "exposure",
        "policies",
        "workloads",
    ],
    "aks": ["namespaces", "remote-secret", "base", "control-plane", "east-west-gateway", "workloads"],
}
NEEDED = [
    *(("namespaces", stage) for stage in (*STAGES["gke"][1:], "sealed-secrets")),
    ("namespaces", "remote-secret"),
    ("remote-secret", "control-plane"),
    ("base", "control-plane"),
    ("base", "exposure"),
    ("base", "policies"),
    ("control-plane", "east-west-gateway"),
    ("control-plane", "ingress-gateway"),
    ("control-plane", "workloads"),
    ("east-west-gateway", "exposure"),
    ("policies", "workloads"),
]


@pytest.mark.parametrize(("form", "cluster"), [(opened, "gke"), (opened, "aks"), (managed, "gke"), (managed, "aks")])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_waves_hold_exactly_where_the_needed_edges_do(
    form: Callable[[], Tree], cluster: str, data: st.DataObject
) -> None:
    files = form()
    stages = list(STAGES[cluster])
    if form is managed and cluster == "gke":
        stages.insert(1, "sealed-secrets")
    numbers = data.draw(st.lists(st.integers(-3, 9), min_size=len(stages), max_size=len(stages)))
    if data.draw(st.booleans()):
        # Chance alone hardly ever keeps an order of eight.
        numbers.sort()
    waves = dict(zip(stages, numbers, strict=True))
    for stage, number in waves.items():
        set_wave(files, cluster, stage, number)
    broken = [edge for edge in NEEDED if set(edge) <= waves.keys() and waves[edge[0]] >= waves[edge[1]]]
    assert bool(proved(files)) == bool(broken)


JUNK: list[Any] = [
    None,
    7,
    1.5,
    True,
    "",
    "x",
    "{{ .y }}",
    [],
    [None],
    ["x"],
    {},
    {"x": None},
    {"name": 1},
    [[]],
    "../../..",
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in _places(item, (*path, key)))]


@pytest.mark.parametrize("form", [waiting, managed])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_tree_makes_it_fail(form: Callable[[], Tree], data: st.DataObject) -> None:
    files = form()
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(sorted(files)))
        place = data.draw(st.sampled_from(_places(files[path])[1:] or [()]))
        if not place:
            continue
        target: Any = files[path]
        for key in place[:-1]:
            target = target[key]
        if isinstance(target, dict) and data.draw(st.booleans()):
            del target[place[-1]]
        else:
            target[place[-1]] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    assert all(isinstance(one, OrderFinding) for one in proved(files))
