"""Whether each cluster is known to Argo CD under the name that the Applications use.

Argo CD keeps a cluster in a Secret with a label; its data are `name`, `server` and `config`, and `config` holds the
credentials: it is never asked for (docs/operator-manual/declarative-setup.md of Argo CD).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from mcgen import names
from mcgen.doctor.verdict import Check, finding, fine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SELECTOR = f"{names.ARGOCD_SECRET_TYPE}=cluster"
TEMPLATE = (
    "{{range .items}}{{with .data.name}}{{base64decode .}}{{end}}\t"
    '{{with .data.server}}{{base64decode .}}{{end}}{{"\\n"}}{{end}}'
)
_MOST = 10


class Registration(NamedTuple):
    """One cluster that Argo CD knows; without a name of its own it goes by its server."""

    name: str
    server: str


def what(cluster: str) -> str:
    """Return the name of the check."""
    return f"cluster '{cluster}' is registered"


def parse(lines: str) -> list[Registration]:
    """Return what the template printed: a name and a server per line."""
    found = []
    for line in lines.splitlines():
        name, tab, server = line.partition("\t")
        if tab:
            found.append(Registration(name.strip() or server.strip(), server.strip().rstrip("/")))
    return found


def judge(clusters: Sequence[str], own: str, registered: Sequence[Registration]) -> Iterator[Check]:
    """Yield a check per cluster. own: the one that Argo CD runs in, empty for none of the mesh."""
    known = Counter(each.name for each in registered)
    for cluster in clusters:
        servers = {each.server for each in registered if each.name == cluster}
        yield _judge(cluster, own, servers, known, registered)


def _judge(cluster: str, own: str, servers: set[str], known: Counter[str], registered: Sequence[Registration]) -> Check:
    title, in_cluster = what(cluster), names.IN_CLUSTER_SERVER
    # Without a Secret for it, Argo CD calls the cluster that it runs in so.
    if cluster == own == names.IN_CLUSTER and in_cluster not in {each.server for each in registered}:
        return fine(title, "by itself")
    if not servers:
        return finding("MC708", title, _absent(known), _register(cluster, own))
    if known[cluster] > 1:
        advice = "remove all but one of its Secrets"
        return finding("MC708", title, f"{known[cluster]} clusters are registered under this name", advice)
    server = next(iter(servers))
    if cluster == own and server == in_cluster:
        return fine(title, server)
    if cluster == own:
        words = f"it is registered as {server}, and Argo CD runs in it"
        return finding("MC708", title, words, f"register it with the server {in_cluster}")
    if server == in_cluster:
        words = f"the name leads to {in_cluster}, which is the cluster that Argo CD runs in"
        return finding("MC708", title, words, f"set gitops.argocd.cluster to '{cluster}', or register its own server")
    others = [each.name for each in registered if each.server == server and each.name != cluster]
    if others:
        words = f"{server} is registered as '{others[0]}' too: one of the names leads to the wrong cluster"
        return finding("MC708", title, words, "register each cluster with its own server")
    return fine(title, server)


def _absent(known: Counter[str]) -> str:
    some = ", ".join(sorted(known)[:_MOST]) or "none but its own"
    return f"Argo CD knows no cluster of this name; it knows {some}"


def _register(cluster: str, own: str) -> str:
    if cluster == own:
        return f"argocd cluster add CONTEXT --in-cluster --name {cluster}"
    return f"argocd cluster add CONTEXT --name {cluster}"
