"""Rules about the bootstrap job: it gets into every cluster, and it pushes where nobody else does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import job, mesh
from mcgen.rules import cron
from mcgen.rules.finding import Finding, error, warning
from mcgen.rules.versions import is_ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Cluster, Identity
    from mcgen.tree import DataPath

_ACCOUNT = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_FIELD = re.compile(r"\{[^{}]*\}|[{}]")
_FIELDS = ("{branch}", "{revision}")
_EXAMPLE = "*/10 * * * *"
_SECRETS_ADVICE = "write `credentials: {argocdSecret: ...}` or `credentials: {kubeconfigSecret: ...}`"


def ways(blueprint: Blueprint) -> Iterator[Finding]:
    """MC260, MC261, MC266, MC267: one way into each cluster that the job has to ask, and none elsewhere."""
    consumers = mesh.consumers(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        path: DataPath = ("clusters", i)
        asked = cluster.role == "remote" or cluster.name in consumers
        if blueprint.bootstrap is None or not asked:
            yield from _useless(cluster, path, "no `bootstrap` job" if asked else "nothing that the job asks")
        else:
            yield from _way(blueprint, cluster, path)


def _useless(cluster: Cluster, path: DataPath, why: str) -> Iterator[Finding]:
    if cluster.bootstrap.credentials is not None:
        place: DataPath = (*path, "bootstrap", "credentials")
        message = f'nobody uses the credentials of "{cluster.name}": there is {why}'
        yield warning("MC267", place, message, "remove them, or add the section `bootstrap`", key=True)


def _way(blueprint: Blueprint, cluster: Cluster, path: DataPath) -> Iterator[Finding]:
    given = cluster.bootstrap.credentials
    place: DataPath = (*path, "bootstrap", "credentials")
    if given and given.argocd_secret and given.kubeconfig_secret:
        message = f'the job would reach "{cluster.name}" with two credentials, a Secret of Argo CD and a kubeconfig'
        yield error("MC261", (*place, "kubeconfigSecret"), message, "leave one of them")
    elif cluster.name != blueprint.gitops.argocd.cluster:
        if not given or not (given.argocd_secret or given.kubeconfig_secret):
            message = f'the bootstrap job has no way into "{cluster.name}", where its own ServiceAccount is unknown'
            at, on_key = (place, True) if given else ((*path, "name"), False)
            yield error("MC260", at, message, f"{_SECRETS_ADVICE} below this cluster's bootstrap", key=on_key)
    elif mesh.readers(cluster, blueprint) and not cluster.bootstrap.server and not (given and given.kubeconfig_secret):
        message = f'the remote secret of "{cluster.name}" would name the address that its API server has for pods'
        advice = "give `bootstrap: {server: https://...}`, the API server's URL as the primary reaches it"
        yield error("MC266", (*path, "name"), message, advice)


def identities(blueprint: Blueprint) -> Iterator[Finding]:
    """MC265: an identity is one that RBAC knows, and the job's own is not given."""
    for i, cluster in enumerate(blueprint.clusters):
        given = cluster.bootstrap.credentials
        if given is None or given.identity is None:
            continue
        place: DataPath = ("clusters", i, "bootstrap", "credentials", "identity")
        if not (given.argocd_secret or given.kubeconfig_secret):
            message = "the job's own ServiceAccount is known, and this identity belongs to no credential"
            yield error("MC265", place, message, "remove the line", key=True)
        else:
            yield from _identity(given.identity, place)


def _identity(identity: Identity, place: DataPath) -> Iterator[Finding]:
    account = identity.kind == "ServiceAccount"
    if account and not identity.namespace:
        advice = "write `namespace: ...` beside its name"
        yield error("MC265", place, "a ServiceAccount has a namespace", advice, key=True)
    if account and _ACCOUNT.fullmatch(identity.name) is None:
        message = f'"{identity.name}" is no name of a ServiceAccount'
        yield error("MC265", (*place, "name"), message, "write its name alone, in lower case")
    if not account and identity.namespace:
        message = f"a {identity.kind} has no namespace"
        yield error("MC265", (*place, "namespace"), message, "remove the line, or write `kind: ServiceAccount`")


def repository(blueprint: Blueprint) -> Iterator[Finding]:
    """MC262, MC263, MC268: the job can push with its key, to a branch of its own, and says where it is."""
    given = blueprint.bootstrap
    found = job.job(blueprint)
    if given is None or found is None:
        return
    if not job.is_ssh(found.url):
        place: DataPath = ("bootstrap", "git", "url") if given.git.url else ("gitops", "repo")
        message = f"the bootstrap job pushes with an SSH key, and {found.url} is not reached over SSH"
        yield error("MC262", place, message, "write `bootstrap: {git: {url: git@host:path}}`, the repository's SSH URL")
    at: DataPath = ("bootstrap", "git", "branch") if given.git.branch else ("bootstrap",)
    if not is_ref(found.branch):
        message = f'"{found.branch}" is no name that Git takes for a branch'
        yield error("MC263", at, message, "write one like mcgen/bootstrap")
    elif _meet(found.branch, blueprint.gitops.revision):
        message = (
            f'the branch "{found.branch}" cannot be the job\'s own beside the branch "{blueprint.gitops.revision}"'
        )
        advice = "name another one: what is pushed there may be overwritten, and a person merges it"
        yield error("MC263", at, message, advice, key=not given.git.branch)
    unknown = [text for text in _FIELD.findall(found.pull_request) if text not in _FIELDS]
    if unknown:
        message = f'"{unknown[0]}" is nothing that can be filled in'
        yield error("MC268", ("bootstrap", "git", "pullRequest"), message, f"use {' and '.join(_FIELDS)}")


def _meet(one: str, other: str) -> bool:
    """Return whether two branches are the same, or one would be a folder that the other needs for a file."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def schedule(blueprint: Blueprint) -> Iterator[Finding]:
    """MC264: the schedule is one that Kubernetes takes."""
    given = blueprint.bootstrap
    wrong = cron.wrong(given.schedule) if given else ""
    if given and wrong:
        place: DataPath = ("bootstrap", "schedule")
        yield error("MC264", place, f'"{given.schedule}" is no schedule: {wrong}', f'write one like "{_EXAMPLE}"')


RULES = (ways, identities, repository, schedule)
