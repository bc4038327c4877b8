"""Who the mesh is, which Argo CD syncs it from where, and which Istio it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.backends import EXTERNAL_SECRETS
from mcgen.blueprint import CHARTS
from mcgen.delivery import HELM, MANIFESTS, PLUGIN
from mcgen.importing.documents import items, mapping, word, words
from mcgen.job import is_ssh
from mcgen.manifests.setup_plugin import Plugin
from mcgen.stages import BASE

if TYPE_CHECKING:
    from mcgen.importing.draft import Draft
    from mcgen.importing.own.pages import Pages
    from mcgen.importing.own.tree import Tree

_ROOT = f"{layout.INSTALL}/root.yaml"
_PROJECTS = f"{layout.INSTALL}/projects.yaml"
_SYSTEM = f"{layout.base('namespaces')}/{names.ISTIO_SYSTEM}.yaml"
_CRON_JOB = f"{layout.BOOTSTRAP}/cron-job.yaml"


def metadata(tree: Tree, draft: Draft, pages: Pages) -> None:
    """Read the mesh's name and description, and where the tree lives."""
    root = tree.document(_ROOT)
    mesh = word(root.at("metadata", "labels", names.PART_OF)) if root else ""
    draft.put(("apiVersion",), "mcgen/v1alpha1")
    draft.put(("kind",), "Mesh")
    draft.put(("metadata", "name"), mesh)
    draft.put(("metadata", "description"), pages.description)
    if root is None:
        return
    draft.put(("gitops", "repo"), root.at("spec", "source", "repoURL"))
    draft.put(("gitops", "revision"), root.at("spec", "source", "targetRevision"), default="main")
    path = word(root.at("spec", "source", "path")).removesuffix(f"/{layout.APPLICATION_SETS}")
    draft.put(("gitops", "path"), path, default=f"output/{mesh}")
    draft.put(("gitops", "blueprint"), tree.blueprint(), default=f"blueprints/{mesh}.yaml")
    draft.put(("gitops", "argocd", "namespace"), root.namespace, default="argocd")
    draft.put(("gitops", "argocd", "cluster"), pages.argocd_cluster)
    draft.put(("gitops", "argocd", "version"), pages.argocd_version, default="3.5")


def istio(tree: Tree, draft: Draft, pages: Pages) -> None:
    """Read Istio's version, hub and delivery, and how far an upgrade is; values and meshConfig come later."""
    operators = tree.operators()
    draft.put(("istio", "version"), pages.version)
    hubs = [word(each.at("spec", "hub")) for each in operators.values()]
    draft.put(("istio", "hub"), next(iter(hubs), ""), default="docker.io/istio")
    delivery = _delivery(tree)
    draft.put(("istio", "delivery"), delivery, default=PLUGIN)
    if delivery == HELM:
        projects = [words(each.at("spec", "sourceRepos")) for each in tree.documents(_PROJECTS)]
        charts = next((found[1] for found in projects if len(found) > 1), "")
        draft.put(("istio", "charts"), charts, default=CHARTS)
    level = tree.at(_SYSTEM, "metadata", "labels", f"{names.POD_SECURITY}enforce")
    draft.put(("istio", "proxy", "privileged"), level == "privileged", default=False)
    annotations = mapping(tree.at(layout.application_set(names.PRIMARIES), "metadata", "annotations"))
    to, step = pages.upgrade
    revision = annotations.get(names.UPGRADE_FROM) if step else _revision(tree)
    draft.put(("istio", "revision"), revision, default="default")
    if step:
        draft.put(("istio", "upgrade"), {"to": to, "step": step})
    if delivery == PLUGIN:
        draft.put(("gitops", "argocd", "pluginImage"), _image(tree, pages.version))
        if step:
            draft.put(("istio", "upgrade", "pluginImage"), _image(tree, to))


def _delivery(tree: Tree) -> str:
    """Return how the objects of the stages that istioctl renders reach Argo CD, as the folders of the CRDs show."""
    for path in tree.below("clusters"):
        _, _, stage, *rest = path.split("/", 3)
        if stage == BASE and rest == [f"{layout.MANIFESTS}/{layout.KUSTOMIZATION}"]:
            return MANIFESTS
        if stage == BASE and rest == [layout.KUSTOMIZATION]:
            return PLUGIN
    return HELM


def _revision(tree: Tree) -> str:
    found = [word(each.at("spec", "revision")) for each in tree.operators().values()]
    return next(filter(None, found), "")


def _image(tree: Tree, version: str) -> str:
    """Return the image of the render plugin of a minor, where it is the team's own: then nothing fetches istioctl."""
    plugin = Plugin(version=version)
    pod = tree.at(f"{layout.PATCHES}/repo-server-{plugin.name}.yaml", "spec", "template", "spec")
    if mapping(pod).get("initContainers"):
        return ""
    sidecars = [each for each in items(mapping(pod).get("containers")) if each.get("name") == plugin.container]
    return next((word(each.get("image")) for each in sidecars), "")


def mesh(tree: Tree, draft: Draft, primaries: list[str]) -> None:
    """Read what the control planes of the primaries say of the mesh."""
    name = draft.data["metadata"].get("name", "")
    for primary in primaries:
        for folder in tree.control_planes(primary):
            found = tree.document(f"{folder}/{layout.ISTIO_OPERATOR}")
            if found:
                draft.put(("mesh", "id"), found.at("spec", "values", "global", "meshID"), default=name)
                trust = found.at("spec", "meshConfig", "trustDomain")
                draft.put(("mesh", "trustDomain"), trust, default="cluster.local")
                step = found.at("spec", "values", "pilot", "podAnnotations", names.ROTATION)
                draft.put(("trust", "rotation"), step)
        if any(tree.below(f"clusters/{primary}/trust")):
            draft.put(("trust", "mode"), "cacerts")


def addons(tree: Tree, draft: Draft, pages: Pages) -> None:
    """Read who installs the sealed-secrets controller, and where it is."""
    service = tree.document(layout.SEALED_SECRETS_CONTROLLER, "Service")
    if service:
        given = {"install": "managed"}
        given |= {"namespace": service.namespace} if service.namespace != names.SEALED_SECRETS else {}
        given |= {"controller": service.name} if service.name != names.SEALED_SECRETS_CONTROLLER else {}
        draft.put(("addons", "sealedSecrets"), given if len(given) > 1 else "managed")
        return
    controller, namespace = pages.sealer
    if controller:
        found = {"namespace": namespace} if namespace != names.KUBE_SYSTEM else {}
        found |= {"controller": controller} if controller != names.SEALED_SECRETS_CONTROLLER else {}
        draft.put(("addons", "sealedSecrets"), {"install": "existing"} | found)


def secrets(draft: Draft, pages: Pages) -> None:
    """Read the backend, its store and how keys are made; a chain that waits at its gate has no ExternalSecret yet."""
    store = pages.store
    if store is None:
        return
    draft.put(("secrets", "backend"), EXTERNAL_SECRETS)
    named = {"name": store.name} | ({} if store.kind == "ClusterSecretStore" else {"kind": store.kind})
    draft.put(("secrets", "store"), named)
    draft.put(("secrets", "property"), store.property)
    draft.put(("secrets", "prefix"), store.keys.removesuffix(word(draft.data["metadata"].get("name"))))


def exposure(tree: Tree, draft: Draft) -> list[str]:
    """Read the profile of the exposure; return the namespaces that it exports, in their order."""
    servers = items(tree.at(f"{layout.base('exposure')}/expose-services.yaml", "spec", "servers"))
    hosts = [host for server in servers for host in words(server.get("hosts"))]
    planes = [each for each in tree.operators().values() if each.at("spec", "profile") == "minimal"]
    guarded = any(each.at("spec", "values", "global", "networkPolicy", "enabled") is True for each in planes)
    # On one network no Service is exposed, and the NetworkPolicies alone show the profile.
    if hosts == ["*.local"] or (planes and not hosts and not guarded):
        draft.put(("exposure", "profile"), "article")
        return []
    return [host.removeprefix("*.").removesuffix(".svc.cluster.local") for host in hosts]


def demo(tree: Tree, draft: Draft) -> str:
    """Read whether the demo is installed; return its namespace, empty when it is not."""
    namespace = word(tree.at(f"{layout.base('workloads')}/sleep.yaml", "metadata", "namespace"))
    if namespace:
        draft.put(("demo", "enabled"), value=True)
        draft.put(("demo", "namespace"), namespace, default="multi-cluster")
    return namespace


def job(tree: Tree, draft: Draft) -> None:
    """Read the bootstrap job; who commits, and where pull requests are opened, is in no file of the tree."""
    found = tree.document(_CRON_JOB)
    if found is None:
        return
    pod = ("spec", "jobTemplate", "spec", "template", "spec")
    command = words(found.at(*pod, "containers", 0, "command"))
    argocd = draft.data["gitops"].get("argocd", {}).get("namespace", "argocd")
    repo, url = draft.data["gitops"].get("repo", ""), command[4] if len(command) > 4 else ""
    volumes = [mapping(each.get("secret")) for each in items(found.at(*pod, "volumes"))]
    secret = next((word(each["secretName"]) for each in volumes if "secretName" in each), "")
    draft.put(("bootstrap", "image"), found.at(*pod, "containers", 0, "image"))
    draft.put(("bootstrap", "schedule"), found.at("spec", "schedule"), default="*/10 * * * *")
    draft.put(("bootstrap", "namespace"), found.namespace, default=argocd)
    draft.put(("bootstrap", "git", "secret"), secret, default="mcgen-bootstrap-git")
    draft.put(("bootstrap", "git", "url"), url, default=repo if is_ssh(repo) else None)
    branch = tree.text(f"{layout.BOOTSTRAP}/{layout.README}").partition("pushes one commit to the branch `")[2]
    default = names.bootstrap_branch(draft.data["metadata"].get("name", ""))
    draft.put(("bootstrap", "git", "branch"), branch.partition("`")[0], default=default)
