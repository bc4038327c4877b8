"""The ways of the bootstrap job into its clusters: credentials from Secrets, as kubeconfigs that are in memory only.

A kubeconfig is an anonymous file (memfd), which the programs inherit and open by its number, as often as they
like; it has no name in any folder, and goes with the last process that holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.bootstrap import credentials
from mcgen.bootstrap.access import Access
from mcgen.bootstrap.kube import kubectl
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each
from mcgen.job import Kind
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import ExitStack

    from mcgen.bootstrap.outcome import Options
    from mcgen.job import Credentials, Job
    from mcgen.mesh import Mesh
    from mcgen.tree import Data

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """What a pod knows of the cluster that it runs in. server: its API server; folder: of its ServiceAccount."""

    server: str
    folder: str = names.ACCOUNT_FOLDER


def pod(environment: Mapping[str, str]) -> Pod:
    """Return the pod that this is, from the environment that Kubernetes gives it; raise ToolError when it is none."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port:
        raise ToolError("this is no pod (KUBERNETES_SERVICE_HOST is not set): --clone is for the bootstrap job")
    return Pod(server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}")


def ways(mesh: Mesh, job: Job, here: Pod, options: Options, stack: ExitStack) -> dict[str, Access]:
    """Return the way into each cluster that the job has to ask; one that is barred says why when it is taken.

    stack: holds the kubeconfigs, which are gone when it is closed.
    """
    own = _open(stack, "this cluster", "the job's own ServiceAccount", credentials.own(here.server, here.folder))
    retry = Retry(options.retries)
    asked = {cluster.name: cluster.credentials for cluster in mesh.clusters if cluster.credentials}

    def read(cluster: str) -> Data | str | None:
        """Return a kubeconfig, None for the job's own, or why there is none."""
        given = asked[cluster]
        if given.kind is Kind.OWN:
            return None
        try:
            secret = retry(lambda: _secret(own, _namespace(job, given), given.secret, timeout=options.timeout))
        except ToolError as error:
            return f"cannot be read: {error}"
        try:
            return _kubeconfig(given.kind, secret, cluster)
        except ToolError as error:
            return f"cannot be used: {error}"

    found = {}
    for cluster, made in each(read, asked, options.jobs, retry):
        title = f"Secret {_namespace(job, asked[cluster])}/{asked[cluster].secret}"
        if isinstance(made, str):
            found[cluster] = Access(cluster=cluster, barred=f"{cluster}: {title} {made}")
        else:
            found[cluster] = _open(stack, cluster, title, made) if made else replace(own, cluster=cluster)
    return found


@contextmanager
def in_memory(content: bytes) -> Iterator[int]:
    """Yield the descriptor of an anonymous file with this content, which nobody can change any more."""
    descriptor = os.memfd_create("kubeconfig", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(content)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        yield descriptor
    finally:
        os.close(descriptor)


def _open(stack: ExitStack, cluster: str, title: str, kubeconfig: Data) -> Access:
    # JSON is YAML, and has no ways of quoting.
    descriptor = stack.enter_context(in_memory(json.dumps(kubeconfig).encode()))
    return Access(cluster=cluster, kubeconfig=f"/dev/fd/{descriptor}", descriptors=(descriptor,), title=title)


def _namespace(job: Job, given: Credentials) -> str:
    return job.argocd if given.kind is Kind.ARGOCD else job.namespace


def _secret(own: Access, namespace: str, name: str, *, timeout: float) -> dict[str, Any]:
    where = (f"--namespace={namespace}", "--output=json")
    said = kubectl(own, "get", "secret", name, *where, timeout=timeout)
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        # The cause holds the whole text.
        raise ToolError("kubectl did not print it as JSON") from None
    return found


def _kubeconfig(kind: Kind, secret: dict[str, Any], cluster: str) -> Data | None:
    return credentials.from_argocd(secret, cluster) if kind is Kind.ARGOCD else credentials.from_kubeconfig(secret)
