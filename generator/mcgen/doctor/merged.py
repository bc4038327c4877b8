"""What argocd/setup sets, merged into what is live: for a person who applies it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.doctor import exclusions
from mcgen.doctor.settings import same_script
from mcgen.emit import emit
from mcgen.manifests import setup, setup_settings
from mcgen.manifests.setup_settings import EXCLUSIONS_KEY
from mcgen.problems import ToolError
from mcgen.tree import Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.doctor.ask import Client
    from mcgen.manifests.setup_settings import Setting
    from mcgen.mesh import Mesh

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HEADER = """\
The live settings of Argo CD with those of argocd/setup merged in; all other keys are as they were.
kubectl apply --server-side --force-conflicts --filename FILE"""


def fetch(mesh: Mesh, client: Client) -> tuple[str, list[str]]:
    """Return the merged ConfigMaps as YAML, and notes about what they would replace; raise ToolError."""
    settings = setup_settings.settings(setup.of(mesh))
    namespace, documents, notes = mesh.gitops.argocd.namespace, list[Data](), list[str]()
    for name in dict.fromkeys(setting.config_map for setting in settings):
        live = client.get("configmap", name, namespace)
        if live is None:
            raise ToolError(f"there is no ConfigMap {namespace}/{name}: is Argo CD installed there?")
        document, told = merge(live, [setting for setting in settings if setting.config_map == name])
        documents.append(document)
        notes += told
    try:
        return emit(documents, _HEADER), notes
    except (TypeError, ValueError) as error:
        raise ToolError(f"the live settings cannot be written as YAML that every tool reads: {error}") from error


def merge(live: Data, settings: Sequence[Setting]) -> tuple[Data, list[str]]:
    """Return a live ConfigMap with the settings in it, and notes about what a person had set otherwise.

    Whole, because server-side apply takes away what its manager applied before and now leaves out. Where there is no
    resource.exclusions nothing is excluded, and none is made. Raises ToolError when a value cannot be merged.
    """
    metadata, data, notes = live["metadata"], dict(live.get("data") or {}), list[str]()
    for setting in settings:
        before = data.get(setting.key)
        if setting.key == EXCLUSIONS_KEY:
            if before is not None:
                data[setting.key] = _lifted(before)
            continue
        if before is not None and setting.key.startswith("resource.") and not same_script(setting.value, before):
            notes.append(f"'{setting.key}' had another value, which this replaces: compare them first")
        data[setting.key] = setting.value
    kept: Data = {"name": metadata["name"], "namespace": metadata["namespace"]}
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != _LAST_APPLIED}
    for key, value in (("labels", metadata.get("labels")), ("annotations", annotations)):
        if value:
            kept[key] = value
    document: Data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": kept, "data": data}
    if binary := live.get("binaryData"):
        document["binaryData"] = binary
    return document, notes


def _lifted(value: str) -> str:
    try:
        return exclusions.lifted(value)
    except exclusions.Unreadable as error:
        raise ToolError(f"'{EXCLUSIONS_KEY}' cannot be changed for you: {error}") from error
