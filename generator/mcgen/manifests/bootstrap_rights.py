"""What the bootstrap job may read: in each cluster what it seals or notes, beside it the credentials for that.

No right here is wider than named objects of one namespace, and none but `get`. The sealing certificate needs no
Role: upstream's `sealed-secrets-service-proxier` gives it to everybody who is known to the cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.job import Kind
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.chain import Step
    from mcgen.job import Job
    from mcgen.mesh import Cluster, Mesh

FILE = "bootstrap-rights"


def in_cluster(mesh: Mesh, step: Step) -> list[File]:
    """Return the file of stage namespaces that lets the job read in a cluster; none where nobody is to be let in."""
    documents = tuple(of_cluster(mesh, step.cluster))
    return [File(path=f"{step.path}/{FILE}.yaml", documents=documents, origin=step.origin)] if documents else []


def of_cluster(mesh: Mesh, cluster: Cluster) -> Iterator[Data]:
    """Yield the Role and the binding that let the job read in a cluster, where somebody is to be let in."""
    credentials = cluster.credentials
    if credentials and credentials.subject:
        rules = _read_rules(mesh, cluster.name)
        if cluster.is_primary:
            rules.append(_rule("services", [names.EAST_WEST_GATEWAY]))
        yield from _granted(names.BOOTSTRAP_ROLE, names.ISTIO_SYSTEM, rules, credentials.subject)


def of_credentials(mesh: Mesh, job: Job) -> Iterator[Data]:
    """Yield what lets the job's ServiceAccount read its credentials: a Role and a binding per namespace."""
    secrets: dict[str, list[str]] = {}
    for cluster in mesh.clusters:
        if cluster.credentials and cluster.credentials.kind is not Kind.OWN:
            namespace = job.argocd if cluster.credentials.kind is Kind.ARGOCD else job.namespace
            secrets.setdefault(namespace, []).append(cluster.credentials.secret)
    account: Data = {"kind": "ServiceAccount", "name": job.name, "namespace": job.namespace}
    for namespace, found in secrets.items():
        yield from _granted(job.name, namespace, [_rule("secrets", sorted(set(found)))], account)


def _read_rules(mesh: Mesh, cluster: str) -> list[Data]:
    tokens = [(pair.consumer.name, suffix) for pair in mesh.readers(cluster) for suffix in pair.tokens]
    if not tokens:
        return []
    return [
        # istioctl asks for the account before it takes the token.
        _rule("serviceaccounts", [names.reader(*token) for token in tokens]),
        _rule("secrets", [names.reader_token(*token) for token in tokens]),
    ]


def _rule(resource: str, named: Sequence[str]) -> Data:
    return {"apiGroups": [""], "resources": [resource], "resourceNames": list(named), "verbs": ["get"]}


def _granted(name: str, namespace: str, rules: list[Data], subject: Data) -> Iterator[Data]:
    metadata: Data = {"name": name, "namespace": namespace}
    yield {"apiVersion": names.RBAC, "kind": "Role", "metadata": metadata, "rules": rules}
    yield {
        "apiVersion": names.RBAC,
        "kind": "RoleBinding",
        "metadata": dict(metadata),
        "roleRef": {"apiGroup": names.RBAC_GROUP, "kind": "Role", "name": name},
        "subjects": [subject],
    }
