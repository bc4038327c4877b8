"""What is asked about the bootstrap job: its objects, its Secrets, and its rights in every cluster."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from mcgen.bootstrap import credentials, kube
from mcgen.bootstrap.kube import NoAnswer, Why
from mcgen.doctor.ask import Client, Question
from mcgen.doctor.compare import judge_object
from mcgen.doctor.installed import what
from mcgen.doctor.verdict import Check, finding, fine
from mcgen.job import Kind
from mcgen.manifests import bootstrap, bootstrap_rights
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.job import Credentials, Job
    from mcgen.mesh import Cluster, Mesh
    from mcgen.tree import Data

_APPLY = "kubectl apply -k bootstrap (its README says how)"
_APPLIED = {"ServiceAccount", "Role", "RoleBinding", "CronJob"}
_GIT_KEYS = {"identity", "known_hosts"}
_KEYS = '{{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}'


def questions(mesh: Mesh, client: Client) -> Iterator[Question]:
    """Yield the questions to the cluster that the job runs in, which is Argo CD's; none where there is no job."""
    job = mesh.job
    if job is None:
        return
    for file in bootstrap.files(mesh):
        for document in file.documents:
            if document["kind"] in _APPLIED:
                yield Question(whats=(_title(document),), ask=partial(_object, client, document, _APPLY))
    yield Question(whats=(_secret(job.namespace, job.git_secret),), ask=partial(_git, client, job))
    for cluster in mesh.clusters:
        if cluster.credentials and cluster.credentials.kind is not Kind.OWN:
            title = _secret(_namespace(job, cluster.credentials), cluster.credentials.secret)
            yield Question(whats=(title,), ask=partial(_credentials, client, job, cluster, cluster.credentials))


def rights(mesh: Mesh, cluster: Cluster, client: Client) -> Iterator[Question]:
    """Yield the questions to a cluster about what the job may read in it."""
    remedy = f"let Argo CD sync stage namespaces of {cluster.name}"
    for document in bootstrap_rights.of_cluster(mesh, cluster):
        yield Question(whats=(_title(document),), ask=partial(_object, client, document, remedy))


def judge_git(title: str, keys: set[str]) -> Check:
    """Return whether the Secret for Git has what the job mounts. keys: of its data."""
    missing = sorted(_GIT_KEYS - keys)
    if missing:
        return finding("MC741", title, f"it has no key {' and no key '.join(missing)}", _APPLY)
    return fine(title)


def judge_credentials(title: str, cluster: str, kind: Kind, secret: Data) -> Check:
    """Return whether the job can use a credential; what it is is told to nobody."""
    try:
        if kind is Kind.ARGOCD:
            credentials.from_argocd(secret, cluster)
        else:
            credentials.from_kubeconfig(secret)
    except ToolError as error:
        return finding("MC742", title, str(error), f"the job reaches {cluster} with it: {_APPLY}")
    return fine(title)


def _title(document: Data) -> str:
    return f"bootstrap job: {what(document)}"


def _secret(namespace: str, name: str) -> str:
    return f"bootstrap job: Secret {namespace}/{name}"


def _namespace(job: Job, given: Credentials) -> str:
    return job.argocd if given.kind is Kind.ARGOCD else job.namespace


def _object(client: Client, document: Data, remedy: str) -> Iterator[Check]:
    metadata, group = document["metadata"], document["apiVersion"].rpartition("/")[0]
    kind = f"{document['kind'].lower()}{'.' if group else ''}{group}"
    live = client.get(kind, metadata["name"], metadata["namespace"])
    yield judge_object("MC740", _title(document), document, live, absent=remedy, changed=f"{remedy}, as it is now")


def _git(client: Client, job: Job) -> Iterator[Check]:
    title, where = _secret(job.namespace, job.git_secret), f"--namespace={job.namespace}"
    said = _asked(client, "get", "secret", job.git_secret, where, f"--output=go-template={_KEYS}")
    if said is None:
        yield finding("MC741", title, "it is not there", _APPLY)
    else:
        yield judge_git(title, set(said.split()))


def _credentials(client: Client, job: Job, cluster: Cluster, given: Credentials) -> Iterator[Check]:
    namespace = _namespace(job, given)
    title = _secret(namespace, given.secret)
    # Whether it can be used is only to be seen in it. It stays in memory, as in the job itself.
    said = _asked(client, "get", "secret", given.secret, f"--namespace={namespace}", "--output=json")
    if said is None:
        yield finding("MC742", title, "it is not there", f"the job reaches {cluster.name} with it: {_APPLY}")
        return
    try:
        secret: Any = json.loads(said)
    except ValueError:
        # The cause holds the whole text.
        raise ToolError(f"{client.access.cluster}: kubectl answered with something else than JSON") from None
    yield judge_credentials(title, cluster.name, given.kind, secret if isinstance(secret, dict) else {})


def _asked(client: Client, *arguments: str) -> str | None:
    try:
        return kube.kubectl(client.access, *arguments, timeout=client.timeout)
    except NoAnswer as error:
        if error.why is not Why.NOT_FOUND:
            raise
        return None
