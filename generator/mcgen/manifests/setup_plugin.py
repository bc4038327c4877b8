"""The render plugin: one sidecar of Argo CD's repo-server for each Istio minor in use.

As docs/operator-manual/config-management-plugins.md of Argo CD describes it. It has no discovery: only an
Application that names it gets it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.emit import emit
from mcgen.manifests import setup_argocd

if TYPE_CHECKING:
    from mcgen.tree import Data

# No `pipefail`: not every sh has it. Without an IstioOperator on its input, or with nothing at all, istioctl
# renders its default profile, with an istiod in it. A gate is an object of Kubernetes as it is.
SCRIPT = f"""\
set -eu
objects=$(kustomize build .)
if printf '%s\\n' "$objects" | grep -qx 'kind: IstioOperator'; then
  printf '%s\\n' "$objects" | istioctl manifest generate -f -
elif printf '%s\\n' "$objects" | grep -q '^    {names.WAITS_FOR}: '; then
  printf '%s\\n' "$objects"
else
  echo 'kustomize built no IstioOperator, istioctl would render its default profile' >&2
  exit 1
fi
"""
COMMAND = ("sh", "-c", SCRIPT)

_USER = 999
_SOCKETS, _BINARIES = "plugins", "var-files"
_SECURITY: Data = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": _USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
# One rendering takes 115 MiB (measured), and Argo CD runs as many at once as it has processors: 20 and 10.
_RESOURCES: Data = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "4Gi"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin. version: Istio's, such as 1.31.1; image: your own one, empty for the makers' images."""

    version: str
    image: str = ""

    @property
    def minor(self) -> str:
        """Return Istio's minor version."""
        return ".".join(self.version.split(".")[:2])

    @property
    def name(self) -> str:
        """Return the name by which Applications ask for it."""
        return plugin_name(self.minor)

    @property
    def container(self) -> str:
        """Return the sidecar's name; container and volume names may hold no dots."""
        return self.name.replace(".", "-")


def plugin_name(minor: str) -> str:
    """Return the plugin's name for an Istio minor: `spec.source.plugin.name` of an Application.

    The plugin's configuration sets no version, otherwise Argo CD would append it to the name.
    """
    return f"mcgen-istio-{minor}"


def config_map(plugin: Plugin, namespace: str) -> Data:
    """Return the ConfigMap with the plugin's configuration."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": plugin.name, "namespace": namespace},
        "data": {"plugin.yaml": _config(plugin)},
    }


def pod_annotations(plugin: Plugin) -> dict[str, str]:
    """Return the pod annotations: a changed configuration must restart the repo-server."""
    digest = hashlib.sha256(_config(plugin).encode()).hexdigest()
    return {f"mcgen/{plugin.name}": digest[:16]}


def containers(plugin: Plugin, argocd: str) -> list[Data]:
    """Return the sidecar. argocd: the version of Argo CD, whose image has kustomize and a shell."""
    mounts: list[Data] = [
        {"name": _BINARIES, "mountPath": "/var/run/argocd", "readOnly": True},
        {"name": _SOCKETS, "mountPath": "/home/argocd/cmp-server/plugins"},
        {
            "name": f"{plugin.container}-config",
            "mountPath": "/home/argocd/cmp-server/config/plugin.yaml",
            "subPath": "plugin.yaml",
            "readOnly": True,
        },
        # Its own: a volume shared with the repo-server would let a path out of the plugin's folder.
        {"name": f"{plugin.container}-tmp", "mountPath": "/tmp"},
    ]
    if not plugin.image:
        mounts.append(
            {
                "name": f"{plugin.container}-bin",
                "mountPath": "/usr/local/bin/istioctl",
                "subPath": "istioctl",
                "readOnly": True,
            }
        )
    sidecar: Data = {
        "name": plugin.container,
        "image": plugin.image or setup_argocd.image(argocd),
        "command": ["/var/run/argocd/argocd-cmp-server"],
        "resources": _RESOURCES,
        "securityContext": _SECURITY,
        "volumeMounts": mounts,
    }
    return [sidecar]


def init_containers(plugin: Plugin, hub: str) -> list[Data]:
    """Return what fetches istioctl from Istio's own image; nothing where you have an image of your own."""
    if plugin.image:
        return []
    copy: Data = {
        "name": f"{plugin.container}-istioctl",
        "image": istioctl_image(hub, plugin.version),
        "command": ["cp", "/usr/local/bin/istioctl", "/mcgen/istioctl"],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": _SECURITY,
        "volumeMounts": [{"name": f"{plugin.container}-bin", "mountPath": "/mcgen"}],
    }
    return [copy]


def volumes(plugin: Plugin) -> list[Data]:
    """Return the sidecar's volumes."""
    found: list[Data] = [
        {"name": f"{plugin.container}-config", "configMap": {"name": plugin.name}},
        {"name": f"{plugin.container}-tmp", "emptyDir": {}},
    ]
    if not plugin.image:
        found.append({"name": f"{plugin.container}-bin", "emptyDir": {}})
    return found


def istioctl_image(hub: str, version: str) -> str:
    """Return Istio's image of istioctl."""
    return f"{hub}/istioctl:{version}"


def _config(plugin: Plugin) -> str:
    config: Data = {
        "apiVersion": names.ARGO,
        "kind": "ConfigManagementPlugin",
        "metadata": {"name": plugin.name},
        "spec": {"generate": {"command": list(COMMAND[:2]), "args": [SCRIPT]}},
    }
    return emit([config])
