"""The clusters of a tree: who they are, what their gateways were told, and how the bootstrap reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.importing import platform
from mcgen.importing.documents import items, mapping, texts, word
from mcgen.job import Kind
from mcgen.platforms import PLATFORMS
from mcgen.stages import INGRESS_GATEWAY

if TYPE_CHECKING:
    from mcgen.importing.draft import Draft
    from mcgen.importing.own.pages import Pages, Row
    from mcgen.importing.own.tree import Tree
    from mcgen.tree import Data

_BY_TITLE = {module.TITLE: name for name, module in PLATFORMS.items()}
_SETS = (names.PRIMARIES, names.REMOTES)
_NO_RIGHTS = "; it must have these rights already"
# Of a cluster that has left, the tree only says that the job's credential had rights there, not whose it was.
_SOMEBODY: Data = {"kind": "User", "name": "mcgen-bootstrap"}


def read(tree: Tree, draft: Draft, pages: Pages) -> list[Data]:
    """Read the clusters, in the order in which the pages have them, into the draft; return them."""
    serving = {row.primary for row in pages.rows if row.primary}
    states = _states(tree)
    known = texts(tree.at(layout.FACTS, "addresses"))
    clusters = [
        _cluster(tree, row, pages, serving) | ({"state": states[row.name]} if row.name in states else {})
        for row in pages.rows
    ]
    for row, cluster in zip(pages.rows, clusters, strict=True):
        if row.address and known.get(row.name) != row.address:
            cluster["gateway"] = {"address": row.address} | cluster.get("gateway", {})
    draft.put(("clusters",), clusters)
    return clusters


def _states(tree: Tree) -> dict[str, str]:
    """Return how far each cluster that leaves has left."""
    found: dict[str, str] = {}
    for role in _SETS:
        for generator in items(tree.at(layout.application_set(role), "spec", "generators")):
            for element in items(mapping(generator.get("list")).get("elements")):
                if names.STATE in element:
                    found[word(element.get("cluster"))] = word(element[names.STATE])
    return found


def _cluster(tree: Tree, row: Row, pages: Pages, serving: set[str]) -> Data:
    primaries = [each for each in pages.rows if not each.primary]
    found: Data = {"name": row.name}
    if row.id != row.name:
        found["id"] = row.id
    found |= {"platform": _BY_TITLE.get(row.platform, row.platform), "role": "remote" if row.primary else "primary"}
    if row.primary and len(primaries) > 1:
        found["primary"] = row.primary
    if row.network != names.network(row.name):
        found["network"] = row.network
    optional: Data = {
        "cidrs": list(row.cidrs),
        "egress": list(row.egress),
        "gateway": _gateway(tree, row, found["platform"], serves_remotes=row.name in serving),
        "ingressGateway": _has_ingress(tree, row.name),
        "bootstrap": _bootstrap(tree, row, pages),
    }
    return found | {key: value for key, value in optional.items() if value}


def _has_ingress(tree: Tree, cluster: str) -> bool:
    """Return whether a cluster has an ingress gateway; while it leaves, the README alone may say that it had one."""
    mesh = word(tree.at(f"{layout.INSTALL}/root.yaml", "metadata", "labels", names.PART_OF))
    going = f"`{names.application(mesh, cluster, INGRESS_GATEWAY)}`"
    return any(tree.below(f"clusters/{cluster}/{INGRESS_GATEWAY}")) or going in tree.text(layout.README)


def _gateway(tree: Tree, row: Row, runs: str, *, serves_remotes: bool) -> Data:
    found: Data = {}
    operator = tree.document(f"clusters/{row.name}/east-west-gateway/{layout.ISTIO_OPERATOR}")
    kubernetes = mapping(operator.at("spec", "components", "ingressGateways", 0, "k8s")) if operator else {}
    annotations = texts(kubernetes.get("serviceAnnotations"))
    if runs in PLATFORMS:
        found |= platform.gateway(runs, annotations, serves_remotes=serves_remotes)
    if row.lets_in:
        found["sourceRanges"] = list(row.lets_in)
    bounds = mapping(kubernetes.get("hpaSpec"))
    replicas = {"min": bounds.get("minReplicas", 2), "max": bounds.get("maxReplicas", 5)}
    if replicas != {"min": 2, "max": 5}:
        found["replicas"] = replicas
    if kubernetes.get("resources"):
        found["resources"] = kubernetes["resources"]
    return found


def _bootstrap(tree: Tree, row: Row, pages: Pages) -> Data:
    found: Data = {}
    if row.context and row.context != row.name:
        found["context"] = row.context
    if row.server:
        found["server"] = row.server
    credentials = _credentials(tree, row.name, pages)
    return found | ({"credentials": credentials} if credentials else {})


def _credentials(tree: Tree, cluster: str, pages: Pages) -> Data:
    """Return with what the bootstrap job reaches a cluster, nothing where it goes as itself."""
    row = next(
        (
            line
            for line in tree.text(f"{layout.BOOTSTRAP}/{layout.README}").splitlines()
            if line.startswith(f"| {cluster} | ")
        ),
        "",
    )
    how = row.partition(" | ")[2].partition(" | ")[0]
    secret = how.partition("`")[2].partition("`")[0].rpartition("/")[2]
    if how.startswith("Argo CD's cluster Secret"):
        kind, found = Kind.ARGOCD, {"argocdSecret": secret}
    elif how.startswith("the Secret"):
        kind, found = Kind.KUBECONFIG, {"kubeconfigSecret": secret}
    else:
        return {}
    subject = _subject(tree, cluster) or ({} if row.rstrip(" |").endswith(_NO_RIGHTS) else dict(_SOMEBODY))
    # What the job is by itself, where Argo CD's Secret leads to Argo CD's own cluster.
    account = tree.document(f"{layout.BOOTSTRAP}/service-account.yaml")
    own = {"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace} if account else {}
    implied = kind is Kind.ARGOCD and cluster == pages.argocd_cluster and subject in (own, _SOMEBODY)
    return found | ({"identity": subject} if subject and not implied else {})


def _subject(tree: Tree, cluster: str) -> Data:
    rights = tree.document(f"clusters/{cluster}/namespaces/bootstrap-rights.yaml", "RoleBinding")
    subjects = items(rights.at("subjects")) if rights else []
    return {key: subjects[0][key] for key in ("kind", "name", "namespace") if subjects and key in subjects[0]}
