"""The versions of istiod and of gateways' proxies, from the images of the pods that run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcgen import images
from mcgen.doctor.verdict import Check, finding, fine, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

ISTIOD, GATEWAY = "istiod's version", "version of the east-west gateway"
ISTIOD_PODS, GATEWAY_PODS = "app=istiod", "istio=eastwestgateway"
# Names and images, and nothing else of a pod.
IMAGES = "{{range .items}}{{.metadata.name}}{{range .spec.containers}} {{.name}}={{.image}}{{end}}\n{{end}}"
_CONTAINERS = {ISTIOD: "discovery", GATEWAY: "istio-proxy"}


class Pod(NamedTuple):
    """A running pod: the image of each container by its name."""

    name: str
    images: dict[str, str]


def parse(lines: str) -> list[Pod]:
    """Return what the template printed: a pod per line, then its containers."""
    found = []
    for line in lines.splitlines():
        name, *containers = line.split()
        found.append(Pod(name, dict(each.split("=", 1) for each in containers)))
    return found


def judge_istiod(wanted: Sequence[str], pods: list[Pod]) -> Check:
    """Return whether every istiod that runs is of the blueprint's version; during an upgrade it has two."""
    if not pods:
        return finding("MC731", ISTIOD, "no istiod runs", "let Argo CD sync stage control-plane, and look at its pods")
    versions = _versions(ISTIOD, pods)
    if "" in versions:
        return unknown(ISTIOD, f"the image of {versions['']} has no version for a tag")
    for version, pod in versions.items():
        if version not in wanted:
            words = f"{pod} is of Istio {version}, and the blueprint says {' and '.join(wanted)}"
            return finding("MC731", ISTIOD, words, "build, commit, and let Argo CD sync stage control-plane")
    if missing := [version for version in wanted if version not in versions]:
        words = f"no istiod of Istio {missing[0]} runs"
        return finding("MC731", ISTIOD, words, "let Argo CD sync its stage control-plane, and look at its pods")
    return fine(ISTIOD, f"{' and '.join(wanted)}, {len(pods)} running")


def judge_gateway(wanted: str, pods: list[Pod]) -> Check:
    """Return whether the gateway's proxies may be used with an istiod of the blueprint's version.

    A proxy may be one minor behind its istiod, and never ahead of it (istio.io, Supported Releases, Control
    Plane/Data Plane Skew).
    """
    if not pods:
        advice = "let Argo CD sync stage east-west-gateway, and look at its pods"
        return finding("MC731", GATEWAY, "no pod of it runs", advice)
    versions = _versions(GATEWAY, pods)
    if "" in versions:
        return unknown(GATEWAY, f"the image of {versions['']} has no version for a tag")
    for version, pod in versions.items():
        ahead = images.number(version) - images.number(wanted)
        if ahead > 0 or ahead < -1:
            words = f"{pod} is of Istio {version}, too far from istiod's {wanted}"
            return finding("MC731", GATEWAY, words, "let Argo CD sync stage east-west-gateway, or restart its pods")
    return fine(GATEWAY, f"{', '.join(sorted(versions))}, {len(pods)} running")


def _versions(kind: str, pods: list[Pod]) -> dict[str, str]:
    """Return a pod of each version; empty for an image that says none."""
    return {images.version(pod.images.get(_CONTAINERS[kind], "")): pod.name for pod in pods}
