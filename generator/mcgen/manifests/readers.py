"""The identities with which a consumer's istiod reads a remote: one role, and for each suffix an account and its token.

A token is revoked by deleting its account. Argo CD prunes that, but never the Secret of a token by itself: it takes
such Secrets for children of their account (isServiceAccountTokenSecret in pkg/cache/references.go of its
gitops-engine). The cluster's token controller deletes the Secret with the account.

The rules are those of the reader role in Istio's istiod chart, rendered with `istiodRemote.enabled` where the
consumer serves the cluster, and without it where it is a peer
(manifests/charts/istio-control/istio-discovery/templates/reader-clusterrole.yaml); a test compares them.
The charts' own reader is switched off everywhere (`global.enableReaderRBAC: false`), so that each object
has one owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.manifests import kustomize
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.pairs import Pair

_READ = ["get", "list", "watch"]


def rules(*, serves: bool) -> list[Data]:
    """Return the rules of the reader's ClusterRole. serves: whether its istiod writes in the cluster as well."""
    istio = ["config", "security", "networking", "authentication", "rbac", "telemetry", "extensions"]
    core = ["endpoints", "pods", "services", "nodes", "replicationcontrollers", "namespaces", "secrets", "configmaps"]
    found = [
        _rule([f"{group}.istio.io" for group in istio], ["*"], _READ),
        _rule([""], core, _READ),
        _rule(["networking.istio.io"], ["workloadentries"], _READ),
        _rule(["networking.x-k8s.io", "gateway.networking.k8s.io"], ["gateways"], _READ),
        _rule(["apiextensions.k8s.io"], ["customresourcedefinitions"], _READ),
        _rule(["discovery.k8s.io"], ["endpointslices"], _READ),
        _rule(["multicluster.x-k8s.io"], ["serviceexports"], [*_READ, "create", "delete"]),
        _rule(["multicluster.x-k8s.io"], ["serviceimports"], _READ),
        _rule(["apps"], ["replicasets"], _READ),
        _rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
        _rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
    ]
    written = [
        _rule([""], ["configmaps"], ["create", *_READ, "update"]),
        _rule(["admissionregistration.k8s.io"], ["mutatingwebhookconfigurations"], [*_READ, "update", "patch"]),
        _rule(["admissionregistration.k8s.io"], ["validatingwebhookconfigurations"], [*_READ, "update"]),
    ]
    return found + written if serves else found


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield a base for each consumer: what all its remotes hold alike, and what all its peers do."""
    for folder, pair in {base(pair): pair for pair in mesh.all_pairs}.items():
        yield kustomize.kustomization(folder, ["reader.yaml"])
        yield File(path=f"{folder}/reader.yaml", documents=(role(pair),))


def overlay(mesh: Mesh, step: Step) -> tuple[list[str], list[File]]:
    """Return the bases and the files of a cluster's readers: accounts and tokens are its own."""
    pairs = mesh.readers(step.cluster.name)
    tokens = tuple(
        each for pair in pairs for suffix in pair.tokens for each in (*identity(pair, suffix), _token(pair, suffix))
    )
    files = [File(path=f"{step.path}/tokens.yaml", documents=tokens, origin=step.origin)] if pairs else []
    return [base(pair) for pair in pairs], files


def base(pair: Pair) -> str:
    """Return the folder of the role with which a consumer reads its remotes, or its peers."""
    return layout.base(f"{'readers' if pair.serves else 'peers'}/{pair.consumer.name}")


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Data:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def objects(pair: Pair) -> Iterator[Data]:
    """Yield everything that a remote has of its readers, but their tokens."""
    yield role(pair)
    for suffix in pair.tokens:
        yield from identity(pair, suffix)


def role(pair: Pair) -> Data:
    """Return the ClusterRole of a consumer's readers in its remotes, or in its peers."""
    return {
        "apiVersion": names.RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": names.reader_role(pair.consumer.name)},
        "rules": rules(serves=pair.serves),
    }


def identity(pair: Pair, suffix: str) -> Iterator[Data]:
    """Yield the ServiceAccount and the ClusterRoleBinding of a pair's reader."""
    name = names.reader(pair.consumer.name, suffix)
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": names.ISTIO_SYSTEM},
    }
    yield {
        "apiVersion": names.RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": names.RBAC_GROUP, "kind": "ClusterRole", "name": names.reader_role(pair.consumer.name)},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": names.ISTIO_SYSTEM}],
    }


def _token(pair: Pair, suffix: str) -> Data:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": names.reader_token(pair.consumer.name, suffix),
            "namespace": names.ISTIO_SYSTEM,
            "annotations": {
                names.SERVICE_ACCOUNT_NAME: names.reader(pair.consumer.name, suffix),
                # All remotes of a consumer have a Secret of this name: the bootstrap asks whose it found.
                names.CLUSTER: pair.remote.name,
            },
        },
        "type": "kubernetes.io/service-account-token",
    }
