"""Blueprints in which no rule finds an error, drawn from every field that there is, with inputs that fit them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mcgen import layout, upgrades
from mcgen.emit import emit
from mcgen.minors import MINORS
from mcgen.phases import PHASES
from mcgen.scalars import unportable
from tests.bench import fleet
from tests.fuzz.parts import (
    ADDRESSES,
    ANNOTATIONS,
    HOSTS,
    IMAGES,
    LABEL_KEYS,
    LABELS,
    MESH_CONFIGS,
    NAMES,
    OPERATIONS,
    PATCHES,
    RESOURCES,
    VALUES,
)
from tests.nasty import NASTY

DESCRIPTIONS = st.one_of(st.sampled_from(NASTY), st.text(max_size=40)).filter(
    lambda text: not unportable(text) and len(text) <= 1000
)
FLAGS = st.booleans()
RANGES = st.lists(st.sampled_from(["203.0.113.0/28", "198.51.100.7/32", "2001:db8::/64", "0.0.0.0/0"]), unique=True)


def sections(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings in which each field may be missing."""
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def blueprints(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the data of a blueprint."""
    mesh = draw(NAMES)
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    primary = draw(st.sampled_from(names))
    argocd = draw(st.none() | st.sampled_from(names))
    job = draw(st.none() | _jobs())
    istio = draw(_istio())
    clusters = [
        draw(_clusters(name, i, primary if name != primary else "", serves=len(names) > 1))
        for i, name in enumerate(names)
    ]
    for cluster in clusters:
        cluster |= draw(_ways(cluster, asked=len(names) > 1, job=job is not None, here=cluster["name"] == argocd))
        if cluster["role"] == "remote" and "upgrade" not in istio and draw(st.integers(0, 5)) == 0:
            cluster["state"] = draw(st.sampled_from([phase.state for phase in PHASES]))
    spaces = draw(_namespaces(names))
    demo = draw(sections(enabled=FLAGS))
    patches = [patch for patch in PATCHES if draw(st.integers(0, 3)) == 0 and (demo.get("enabled") or not patch[0])]
    found = {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": mesh, "description": draw(DESCRIPTIONS)},
        "gitops": draw(_gitops(argocd, istio)),
        "istio": istio,
        "clusters": clusters,
        "namespaces": spaces,
        "policies": draw(_policies(spaces)),
        "demo": demo,
        "mesh": draw(sections(id=NAMES, trustDomain=st.sampled_from(["cluster.local", "a", "mesh.example.com"]))),
        "exposure": draw(sections(profile=st.sampled_from(["hardened", "article"]))),
        "addons": draw(_addons()),
        "patches": [patch for _, patch in patches],
    }
    if job is None and draw(FLAGS):
        found |= draw(_fetched(clusters))
    return {key: value for key, value in found.items() if value != {} and value != []} | (
        {"bootstrap": job} if job is not None else {}
    )


@st.composite
def _fetched(draw: st.DrawFn, clusters: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw the sections of a mesh whose secrets are fetched, and take out of its clusters what is for sealing."""
    for cluster in clusters:
        cluster.get("bootstrap", {}).pop("certificate", None)
    store = st.fixed_dictionaries(
        {"name": st.sampled_from(["mesh", "no", "a.b"])},
        optional={"kind": st.sampled_from(["ClusterSecretStore", "SecretStore"])},
    )
    more = draw(sections(prefix=st.sampled_from(["platform/", "1"]), property=st.sampled_from(["value", "on"])))
    return {"secrets": {"backend": "external-secrets", "store": draw(store)} | more, "addons": {}}


@st.composite
def _istio(draw: st.DrawFn) -> dict[str, Any]:
    minors = list(MINORS)
    minor = draw(st.sampled_from(minors))
    found = {"version": f"{minor}.{draw(st.integers(0, 12))}"} | draw(
        sections(
            revision=st.sampled_from(["old", "r1", "canary-2", "1-29", "1e400", "2026-11-23"]),
            hub=st.sampled_from(["docker.io/istio", "registry.example.com:5000/a/b"]),
            proxy=sections(privileged=FLAGS),
            meshConfig=st.sampled_from(MESH_CONFIGS),
            values=st.sampled_from(VALUES),
        )
    )
    if minor != minors[-1] and draw(FLAGS):
        step = draw(st.sampled_from(list(upgrades.BY_NAME)))
        found["upgrade"] = {"to": f"{minors[-1]}.{draw(st.integers(0, 9))}", "step": step}
    return found


@st.composite
def _clusters(draw: st.DrawFn, name: str, i: int, primary: str, *, serves: bool) -> dict[str, Any]:
    platform = draw(st.sampled_from(fleet.PLATFORMS))
    found = {"name": name, "platform": platform, "role": "remote" if primary else "primary"}
    if primary and draw(FLAGS):
        found["primary"] = primary
    return (
        found
        | draw(
            sections(
                id=st.sampled_from([f"id-{i}", f"{i}0000000", f"{i}e000000"]),
                network=st.sampled_from(["one", "two", name]),
                cidrs=st.just([f"10.{i}.0.0/16", f"2001:db8:{i}::/48"]),
                egress=RANGES,
                ingressGateway=FLAGS,
                owners=st.lists(st.sampled_from(["@org/team", "a@example.com"])),
            )
        )
        | {"gateway": draw(_gateways(platform, i, serves=serves and not primary))}
    )


@st.composite
def _gateways(draw: st.DrawFn, platform: str, i: int, *, serves: bool) -> dict[str, Any]:
    low = draw(st.integers(1, 4))
    found: dict[str, Any] = draw(
        sections(
            address=st.sampled_from([text.format(i) for text in (ADDRESSES if serves else ADDRESSES + HOSTS)]),
            sourceRanges=RANGES,
            annotations=st.dictionaries(ANNOTATIONS, DESCRIPTIONS, max_size=2),
            replicas=st.just({"min": low, "max": low + draw(st.integers(0, 5)) + 5}),
            resources=st.sampled_from(RESOURCES),
        )
    )
    internal = platform != "generic" and draw(FLAGS)
    if internal or draw(FLAGS):
        found["scheme"] = "internal" if internal else "public"
    entries = {
        "gke": ["mesh-east-west", "b"],
        "aks": ["10.0.0.9"] if internal else ["mesh_pip.1"],
        "eks": ["10.0.0.9", "10.0.1.9"] if internal else ["eipalloc-0a", "eipalloc-0b"],
        "generic": [],
    }[platform]
    reserves: bool = draw(FLAGS) or (serves and platform == "eks")
    if entries and reserves:
        found["reserved"] = entries
        if platform == "aks" and not internal and draw(FLAGS):
            found["resourceGroup"] = "mesh-(net)"
    return found


@st.composite
def _ways(draw: st.DrawFn, cluster: dict[str, Any], *, asked: bool, job: bool, here: bool) -> dict[str, Any]:
    """Draw how the bootstrap reaches a cluster."""
    bootstrap = draw(
        sections(
            context=st.sampled_from(["aks-admin", "gke_project_europe-west3_mesh", "a/b@c:1"]),
            tlsServerName=st.just("api.example.com"),
            certificate=st.sampled_from(["certificates/gke.pem", "https://example.com/cert.pem"]),
            server=st.just("https://api.example.com:6443"),
        )
    )
    if job and asked:
        if here and cluster["role"] == "remote":
            bootstrap["server"] = "https://[2001:db8::1]:6443"
        if not here or draw(FLAGS):
            bootstrap["credentials"] = draw(
                st.sampled_from(
                    [
                        {"argocdSecret": "cluster-a"},
                        {"kubeconfigSecret": "k.1", "identity": {"kind": "Group", "name": "mesh:admins"}},
                        {"argocdSecret": "x", "identity": {"kind": "ServiceAccount", "name": "m", "namespace": "n"}},
                    ]
                )
            )
    return {"bootstrap": bootstrap} if bootstrap else {}


def _jobs() -> st.SearchStrategy[dict[str, Any]]:
    git = {
        "secret": st.sampled_from(["git", "infra-push"]),
        "branch": st.sampled_from(["sealed/mesh", "b"]),
        "pullRequest": st.just("https://git.example.com/new?a={branch}&b={revision}"),
        "user": st.just("mesh bot"),
        "email": st.just("mesh-bot@example.com"),
    }
    return st.fixed_dictionaries(
        {
            "image": st.sampled_from(IMAGES),
            "git": st.fixed_dictionaries({"url": st.just("ssh://git@git.example.com/m.git")}, optional=git),
        },
        optional={"schedule": st.sampled_from(["@hourly", "15 6-20/2 * * mon-fri"]), "namespace": st.just("sealing")},
    )


@st.composite
def _gitops(draw: st.DrawFn, argocd: str | None, istio: dict[str, Any]) -> dict[str, Any]:
    repos = ["https://git.example.com/m.git", "git@git.example.com:a/b.git", "file:///srv/m.git"]
    server = draw(sections(version=st.sampled_from(["3.5", "3.4", "3.6.1"]), namespace=st.just("argo-system")))
    if argocd:
        server["cluster"] = argocd
    if draw(FLAGS):
        server["pluginImage"] = draw(st.sampled_from(IMAGES))
        if "upgrade" in istio:
            istio["upgrade"]["pluginImage"] = draw(st.sampled_from(IMAGES))
    found = {"repo": draw(st.sampled_from(repos))} | draw(
        sections(
            revision=st.sampled_from(["main", "a/b-c", "v1.0"]),
            path=st.sampled_from(["tree", "a/b/c", "on", "1.20"]),
            blueprint=st.sampled_from(["m.yaml", "a/no.yaml"]),
        )
    )
    return found | ({"argocd": server} if server else {})


@st.composite
def _namespaces(draw: st.DrawFn, clusters: list[str]) -> list[dict[str, Any]]:
    names = draw(st.lists(NAMES.map("n{}".format), max_size=4, unique=True))
    return [
        {"name": name}
        | draw(
            sections(
                clusters=st.lists(st.sampled_from(clusters), min_size=1, unique=True),
                injection=FLAGS,
                exported=FLAGS,
                podSecurity=st.sampled_from(["privileged", "baseline", "restricted"]),
                labels=st.dictionaries(LABEL_KEYS, LABELS, max_size=3),
                annotations=st.dictionaries(ANNOTATIONS, DESCRIPTIONS, max_size=3),
            )
        )
        | ({"serviceAccounts": ["cart", "a.b"]} if draw(FLAGS) else {})
        for name in names
    ]


@st.composite
def _policies(draw: st.DrawFn, spaces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not spaces:
        return []
    callers = [f"{space['name']}/cart" for space in spaces] + ["istio-system/istiod"]
    rules = st.one_of(
        st.fixed_dictionaries({"to": st.sampled_from(OPERATIONS)}),
        st.fixed_dictionaries(
            {"from": st.fixed_dictionaries({"serviceAccounts": st.lists(st.sampled_from(callers), min_size=1)})},
            optional={"to": st.sampled_from(OPERATIONS)},
        ),
        st.just({"from": {"namespaces": [spaces[0]["name"]], "ipBlocks": ["10.0.0.0/8", "::1/128"]}}),
    )
    return [
        {"name": f"p-{i}", "namespace": draw(st.sampled_from(spaces))["name"]}
        | draw(sections(description=DESCRIPTIONS, selector=st.dictionaries(LABEL_KEYS, LABELS, max_size=2)))
        | draw(
            st.fixed_dictionaries(
                {"rules": st.lists(rules, min_size=1, max_size=3)}, optional={"action": st.just("DENY")}
            )
        )
        for i in range(draw(st.integers(0, 3)))
    ]


def _addons() -> st.SearchStrategy[dict[str, Any]]:
    # Namespaces of the mesh begin with an n here, and the controller has its own.
    controller = {"namespace": st.sampled_from(["sealing", "on"]), "controller": st.just("sealed")}
    section = st.fixed_dictionaries({"install": st.sampled_from(["existing", "managed"])}, optional=controller)
    return sections(sealedSecrets=st.one_of(st.sampled_from(["existing", "managed"]), section))


@st.composite
def inputs(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, bytes]:
    """Draw the inputs of a blueprint by path: facts, and sealed secrets of some of its remotes."""
    files = {}
    primary = next(cluster["name"] for cluster in data["clusters"] if cluster["role"] == "primary")
    known = {
        cluster["name"]: draw(st.sampled_from(ADDRESSES)).format(i)
        for i, cluster in enumerate(data["clusters"]) if draw(FLAGS)
    }  # fmt: skip
    ready = [cluster for cluster in data["clusters"] if cluster["role"] == "remote" and draw(FLAGS)]
    external = "secrets" in data
    pushed = {c["name"]: {"number": draw(st.integers(1, 99)), "token": "1"} for c in ready if external}
    sections_of = {"addresses": known} | ({"pushed": {primary: pushed}} if pushed else {})
    if known or pushed:
        facts = {"apiVersion": "mcgen/v1alpha1", "kind": "Facts"} | sections_of
        files[layout.FACTS] = emit([facts]).encode()
    for cluster in ready:
        if not external:
            document = fleet.sealed_secret_of(cluster.get("id", cluster["name"]))
            files[layout.sealed_secret(primary, cluster["name"])] = emit([document]).encode()
    return files


@st.composite
def meshes(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, bytes], int]:
    """Draw a blueprint, its inputs, and the number of a layout (0: the plainest)."""
    data = draw(blueprints())
    return data, draw(inputs(data)), draw(st.integers(0, 2**32 - 1))
