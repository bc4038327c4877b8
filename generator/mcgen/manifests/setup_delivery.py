"""The two ways in which the settings reach an Argo CD: patches of a stock install, values of the Helm chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout
from mcgen.manifests.setup_settings import CONFIG, PARAMETERS, REPO_SERVER
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.manifests.setup_settings import Setting, Sidecar

PATCHES = f"{layout.SETUP}/patches"
PLUGIN = f"{layout.SETUP}/plugin"
HELM_VALUES = f"{layout.SETUP}/helm-values.yaml"

# The chart does not hand this setting of argocd-cmd-params-cm to the repo-server in every version.
PATHS_FLAG = "--plugin-use-manifest-generate-paths"


def patches(settings: list[Setting], sidecars: list[Sidecar]) -> Iterator[File]:
    """Yield a patch per key and per sidecar, the ConfigMaps, and the Component that applies all of them."""
    targets: list[Data] = []
    for setting in settings:
        document = _object("v1", "ConfigMap", setting.config_map) | {"data": {setting.key: setting.value}}
        yield _patch(setting.name, document)
        targets.append(_reference(setting.name, "ConfigMap", setting.config_map))
    for sidecar in sidecars:
        yield _patch(sidecar.patch, _deployment(sidecar))
        yield File(path=f"{PLUGIN}/{sidecar.plugin.name}.yaml", documents=(sidecar.config_map,))
        targets.append(_reference(sidecar.patch, "Deployment", REPO_SERVER))
    component: Data = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    if sidecars:
        component["resources"] = [f"plugin/{sidecar.plugin.name}.yaml" for sidecar in sidecars]
    component["patches"] = targets
    yield File(path=f"{layout.SETUP}/{layout.KUSTOMIZATION}", documents=(component,))


def helm_values(settings: list[Setting], sidecars: list[Sidecar]) -> File:
    """Return the same as values of the chart argo-cd of argo-helm."""
    configs = {
        section: {setting.key: setting.value for setting in settings if setting.config_map == config_map}
        for section, config_map in (("cm", CONFIG), ("params", PARAMETERS))
    }
    values: Data = {"configs": {section: keys for section, keys in configs.items() if keys}}
    if sidecars:
        values["repoServer"] = _chart(sidecars)
        values["extraObjects"] = [sidecar.config_map for sidecar in sidecars]
    return File(path=HELM_VALUES, documents=(values,))


def _chart(sidecars: list[Sidecar]) -> Data:
    lists = {
        "initContainers": [item for sidecar in sidecars for item in sidecar.init_containers],
        "extraContainers": [item for sidecar in sidecars for item in sidecar.containers],
        "volumes": [item for sidecar in sidecars for item in sidecar.volumes],
    }
    annotations = {key: value for sidecar in sidecars for key, value in sidecar.annotations.items()}
    return {
        "extraArgs": [PATHS_FLAG],
        "podAnnotations": annotations,
        **{key: items for key, items in lists.items() if items},
    }


def _deployment(sidecar: Sidecar) -> Data:
    pod: Data = {"initContainers": sidecar.init_containers} if sidecar.init_containers else {}
    pod |= {"containers": sidecar.containers, "volumes": sidecar.volumes}
    template = {"metadata": {"annotations": sidecar.annotations}, "spec": pod}
    return _object("apps/v1", "Deployment", REPO_SERVER) | {"spec": {"template": template}}


def _object(version: str, kind: str, name: str) -> Data:
    # No namespace: kubectl is told which, and kustomize finds the object by the patch's target.
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _patch(name: str, document: Data) -> File:
    return File(path=f"{PATCHES}/{name}.yaml", documents=(document,))


def _reference(name: str, kind: str, target: str) -> Data:
    return {"path": f"patches/{name}.yaml", "target": {"kind": kind, "name": target}}
