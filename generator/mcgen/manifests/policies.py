"""Stage policies: mutual TLS for the whole mesh, and the blueprint's AuthorizationPolicies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, stages
from mcgen.manifests import kustomize
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import From, Policy, To
    from mcgen.chain import Step
    from mcgen.mesh import Mesh

BASE = layout.base(stages.POLICIES)


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield the policies, the same in every config cluster."""
    files = [File(path=f"{BASE}/peer-authentication.yaml", documents=(_strict(),))]
    files += [
        File(
            path=f"{BASE}/{policy.namespace}.{policy.name}.yaml",
            documents=(document,),
            origin=("policies", i),
        )
        for i, (policy, document) in enumerate(zip(mesh.policies, authorization(mesh), strict=True))
    ]
    yield kustomize.kustomization(BASE, [file.path.rpartition("/")[2] for file in files])
    yield from files


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the overlay of a config cluster."""
    yield kustomize.overlay(mesh, step, [layout.up(step.path, BASE)])


def authorization(mesh: Mesh) -> Iterator[Data]:
    """Yield the AuthorizationPolicy of each policy of the blueprint."""
    for policy in mesh.policies:
        yield _policy(policy, mesh.trust_domain)


def _strict() -> Data:
    return {
        "apiVersion": names.ISTIO_SECURITY,
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": names.ISTIO_SYSTEM},
        "spec": {"mtls": {"mode": "STRICT"}},
    }


def _policy(policy: Policy, trust_domain: str) -> Data:
    metadata: Data = {"name": policy.name, "namespace": policy.namespace}
    if policy.description:
        metadata["annotations"] = {names.DESCRIPTION: policy.description}
    spec: Data = {"selector": {"matchLabels": policy.selector}} if policy.selector else {}
    spec["action"] = policy.action
    rules = [_rule(rule.from_, rule.to, trust_domain) for rule in policy.rules]
    if rules:
        spec["rules"] = rules
    return {"apiVersion": names.ISTIO_SECURITY, "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}


def _rule(caller: From | None, operation: To | None, trust_domain: str) -> Data:
    rule: Data = {}
    if caller:
        principals = [_principal(account, trust_domain) for account in caller.service_accounts]
        rule["from"] = [
            {"source": _given(principals=principals, namespaces=caller.namespaces, ipBlocks=caller.ip_blocks)}
        ]
    if operation:
        found = _given(
            methods=operation.methods,
            notMethods=operation.not_methods,
            paths=operation.paths,
            notPaths=operation.not_paths,
            hosts=operation.hosts,
            ports=[str(port) for port in operation.ports],
        )
        rule["to"] = [{"operation": found}]
    return rule


def _given(**lists: list[str]) -> dict[str, list[str]]:
    return {key: value for key, value in lists.items() if value}


def _principal(account: str, trust_domain: str) -> str:
    namespace, name = account.split("/")
    return f"{trust_domain}/ns/{namespace}/sa/{name}"
