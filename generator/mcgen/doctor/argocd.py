"""What is asked of the cluster that Argo CD runs in."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from mcgen.doctor import installed, registered, repo_server, settings
from mcgen.doctor.ask import Client, Question
from mcgen.doctor.compare import judge_object
from mcgen.manifests import argocd, setup, setup_admission, setup_settings
from mcgen.manifests.setup_settings import CONFIG, PARAMETERS, REPO_SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcgen.doctor.verdict import Check
    from mcgen.mesh import Mesh
    from mcgen.tree import Data

_Config: TypeAlias = "Callable[[], dict[str, str]]"
_Deployment: TypeAlias = "Callable[[], Data | None]"

_REPO_SERVER_LABEL = f"app.kubernetes.io/name={REPO_SERVER}"
_INSTALL = "kubectl apply -f argocd/install"


def questions(mesh: Mesh, client: Client) -> Iterator[Question]:
    """Yield the questions to a reachable Argo CD; nothing is fetched twice."""
    namespace = mesh.gitops.argocd.namespace
    # What was fetched once is not fetched again; what failed is.
    config = cache(lambda: _data(client.get("configmap", CONFIG, namespace)))
    deployment = cache(lambda: _repo_server(client, namespace))
    yield from _settings(mesh, client, config, deployment)
    for file in argocd.install(mesh):
        for document in file.documents:
            yield Question(whats=(installed.what(document),), ask=partial(_installed, client, document))
    yield from _policies(mesh, client, config)
    clusters = tuple(cluster.name for cluster in mesh.clusters)
    yield Question(whats=tuple(map(registered.what, clusters)), ask=partial(_registered, mesh, client, clusters))


def _settings(mesh: Mesh, client: Client, config: _Config, deployment: _Deployment) -> Iterator[Question]:
    made, namespace = setup.of(mesh), mesh.gitops.argocd.namespace
    wanted = [each for each in setup_settings.settings(made) if each.config_map == CONFIG]
    yield Question(
        whats=tuple(settings.TITLES[each.key] for each in wanted),
        ask=lambda: settings.judge_settings(wanted, config()),
    )
    yield Question(
        whats=(repo_server.VERSION,),
        ask=lambda: [repo_server.judge_version(deployment(), mesh.gitops.argocd.version)],
    )
    sidecars = setup_settings.sidecars(made)
    if sidecars:
        yield Question(
            whats=(settings.TITLES[setup_settings.PATHS_KEY],),
            ask=lambda: [settings.judge_paths(_data(client.get("configmap", PARAMETERS, namespace)), deployment())],
        )
    for sidecar in sidecars:
        yield Question(
            whats=repo_server.plugin_whats(sidecar),
            ask=lambda sidecar=sidecar: repo_server.judge_plugin(  # type: ignore[misc]
                sidecar, deployment(), client.get("configmap", sidecar.plugin.name, namespace)
            ),
        )


def _policies(mesh: Mesh, client: Client, config: _Config) -> Iterator[Question]:
    documents = setup_admission.policy(setup.of(mesh)).documents
    for pair in zip(documents[::2], documents[1::2], strict=True):
        yield Question(
            whats=(installed.what(pair[0]),),
            ask=lambda pair=pair: [  # type: ignore[misc]
                installed.judge_policy(pair, [_live(client, each) for each in pair], config())
            ],
        )


def _installed(client: Client, document: Data) -> Iterator[Check]:
    absent, changed = f"{_INSTALL}, after argocd/setup", f"{_INSTALL} again, as it is in the tree now"
    yield judge_object(
        "MC706", installed.what(document), document, _live(client, document), absent=absent, changed=changed
    )


def _registered(mesh: Mesh, client: Client, clusters: tuple[str, ...]) -> Iterator[Check]:
    where = (f"--namespace={mesh.gitops.argocd.namespace}", f"--selector={registered.SELECTOR}")
    said = client.text("get", "secrets", *where, f"--output=go-template={registered.TEMPLATE}")
    return registered.judge(clusters, mesh.gitops.argocd.cluster or "", registered.parse(said))


def _live(client: Client, document: Data) -> Data | None:
    group = document["apiVersion"].rpartition("/")[0]
    kind = f"{document['kind'].lower()}.{group}"
    return client.get(kind, document["metadata"]["name"], document["metadata"].get("namespace", ""))


def _repo_server(client: Client, namespace: str) -> Data | None:
    """Return the repo-server's Deployment; the chart puts the release's name in front of it."""
    if found := client.get("deployment", REPO_SERVER, namespace):
        return found
    labelled = client.all("deployments", _REPO_SERVER_LABEL, namespace)
    return labelled[0] if labelled else None


def _data(config_map: Data | None) -> dict[str, str]:
    return (config_map or {}).get("data") or {}
