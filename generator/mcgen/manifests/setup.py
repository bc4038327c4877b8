"""argocd/setup: what Argo CD itself needs before it can sync the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.delivery import PLUGIN
from mcgen.manifests import setup_admission, setup_argocd, setup_delivery, setup_settings
from mcgen.manifests.setup_argocd import SUPPORTED
from mcgen.manifests.setup_plugin import COMMAND, Plugin, plugin_name
from mcgen.manifests.setup_settings import Setup
from mcgen.prose import render
from mcgen.tree import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.mesh import Mesh

__all__ = ["COMMAND", "SUPPORTED", "Plugin", "Setup", "files", "for_setup", "of", "plugin_name"]

# The base of Argo CD 3.6.1's own image, as its Dockerfile pins it.
BASE_IMAGE = "docker.io/library/ubuntu:26.04@sha256:2260313b31c8c011cd2eebe728008efac1b3982be73eb71348ea2648d2c0e09b"


def files(mesh: Mesh) -> Iterator[File]:
    """Yield the files of argocd/setup; raise KeyError for an Argo CD that is not in SUPPORTED."""
    return for_setup(of(mesh))


def of(mesh: Mesh) -> Setup:
    """Return what the setup needs to know of a mesh."""
    argocd = mesh.gitops.argocd
    # The list of peers may come and go; the policy, which a person applies, knows it from the beginning.
    roles = [(names.PRIMARIES, mesh.primaries), (names.REMOTES, mesh.remotes), (names.PEERS, mesh.peers)]
    return Setup(
        mesh=mesh.name,
        namespace=argocd.namespace,
        argocd=argocd.version,
        hub=mesh.istio.hub,
        path=mesh.path,
        plugins=tuple(_plugins(mesh)),
        parents=(names.root(mesh.name), *(names.chain(mesh.name, cluster.name) for cluster in mesh.clusters)),
        application_sets=tuple(names.application_set(mesh.name, role) for role, members in roles if members),
    )


def _plugins(mesh: Mesh) -> Iterator[Plugin]:
    if mesh.istio.delivery != PLUGIN:
        return
    images = {mesh.minor: mesh.gitops.argocd.plugin_image}
    if mesh.istio.upgrade and mesh.rollout.new:
        images[mesh.rollout.new.minor] = mesh.istio.upgrade.plugin_image
    for revision in mesh.rollout.minors:
        yield Plugin(version=revision.version, image=images[revision.minor] or "")


def for_setup(setup: Setup) -> Iterator[File]:
    """Yield the files: README, patches and Component, Helm values, plugin recipe, admission policy."""
    settings, sidecars = setup_settings.settings(setup), setup_settings.sidecars(setup)
    context = {
        "setup": setup,
        "settings": settings,
        "sidecars": sidecars,
        "folder": f"{setup.path}/{layout.SETUP}",
        "argocd_image": setup_argocd.image(setup.argocd),
        "base_image": BASE_IMAGE,
    }
    yield File(path=f"{layout.SETUP}/{layout.README}", text=render("setup-README.md.j2", **context))
    yield from setup_delivery.patches(settings, sidecars)
    yield setup_delivery.helm_values(settings, sidecars)
    if sidecars:
        yield File(path=f"{setup_delivery.PLUGIN}/Dockerfile", text=render("plugin-Dockerfile.j2", **context))
    yield setup_admission.policy(setup)
