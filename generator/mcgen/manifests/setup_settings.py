"""What argocd/setup sets in Argo CD, once; patches and Helm values both come from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcgen.manifests import setup_argocd, setup_health, setup_plugin

if TYPE_CHECKING:
    from mcgen.manifests.setup_plugin import Plugin
    from mcgen.tree import Data

CONFIG, PARAMETERS, REPO_SERVER = "argocd-cm", "argocd-cmd-params-cm", "argocd-repo-server"
EXCLUSIONS_KEY = "resource.exclusions"
PATHS_KEY = "reposerver.plugin.use.manifest.generate.paths"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the setup depends on.

    argocd: Argo CD's version; hub: the registry of Istio's images; plugins: one per Istio minor in use, none
    where nothing is rendered in Argo CD; path: of the tree in its repository; parents: the Applications that
    create others (root and chains), application_sets: those that root applies.
    """

    mesh: str
    namespace: str
    argocd: str
    hub: str
    path: str
    plugins: tuple[Plugin, ...] = ()
    parents: tuple[str, ...] = ()
    application_sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of one ConfigMap; `name` is its patch's file name without the ending."""

    name: str
    config_map: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What one plugin adds to the repo-server's pod, and the ConfigMap that it reads.

    patch: its patch's file name without the ending; istioctl: the image that istioctl comes from.
    """

    plugin: Plugin
    patch: str
    istioctl: str
    config_map: Data
    annotations: dict[str, str]
    init_containers: list[Data] = field(default_factory=list)
    containers: list[Data] = field(default_factory=list)
    volumes: list[Data] = field(default_factory=list)


def settings(setup: Setup) -> list[Setting]:
    """Return the keys, in the order in which they are to be applied; KeyError for an unsupported Argo CD."""
    lifted = setup_argocd.release(setup.argocd).lifted
    found = [
        Setting(
            name="health-application",
            config_map=CONFIG,
            key=setup_health.APPLICATION_KEY,
            value=setup_health.application(),
        ),
        Setting(
            name="health-injector-webhook",
            config_map=CONFIG,
            key=setup_health.INJECTOR_KEY,
            value=setup_health.injector_webhook(),
        ),
        Setting(name="resource-exclusions", config_map=CONFIG, key=EXCLUSIONS_KEY, value=lifted),
    ]
    if setup.plugins:
        found.append(Setting(name="plugin-paths", config_map=PARAMETERS, key=PATHS_KEY, value="true"))
    return found


def sidecars(setup: Setup) -> list[Sidecar]:
    """Return one sidecar per plugin."""
    return [
        Sidecar(
            plugin=plugin,
            patch=f"repo-server-{plugin.name}",
            istioctl=setup_plugin.istioctl_image(setup.hub, plugin.version),
            config_map=setup_plugin.config_map(plugin, setup.namespace),
            annotations=setup_plugin.pod_annotations(plugin),
            init_containers=setup_plugin.init_containers(plugin, setup.hub),
            containers=setup_plugin.containers(plugin, setup.argocd),
            volumes=setup_plugin.volumes(plugin),
        )
        for plugin in setup.plugins
    ]
