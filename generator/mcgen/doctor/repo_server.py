"""Argo CD's repo-server: its version, and the render plugin in its pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import images
from mcgen.doctor.compare import differences, shown
from mcgen.doctor.settings import APPLY
from mcgen.doctor.verdict import Check, finding, fine, unknown
from mcgen.manifests.setup_argocd import SUPPORTED
from mcgen.manifests.setup_settings import REPO_SERVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.manifests.setup_settings import Sidecar
    from mcgen.tree import Data

VERSION = "Argo CD's version"
_MAIN = ("argocd-repo-server", "repo-server")
# Its image may come from a mirror and its resources may be tuned; what it runs, may do and sees may not differ.
_COMPARED = ("command", "securityContext")


def plugin_whats(sidecar: Sidecar) -> tuple[str, str, str]:
    """Return the names of a plugin's three checks."""
    name = sidecar.plugin.name
    return f"plugin {name}: configuration", f"plugin {name}: sidecar", f"plugin {name}: istioctl"


def judge_version(deployment: Data | None, wanted: str) -> Check:
    """Return whether Argo CD is of a supported minor version, and of the one that argocd/setup was made for."""
    if deployment is None:
        return _no_deployment(VERSION, "MC705")
    containers: list[Data] = _pod(deployment).get("containers") or []
    image = next((str(each.get("image", "")) for each in containers if each.get("name") in _MAIN), "")
    version = images.version(image)
    if not version:
        return unknown(VERSION, f"the image '{image}' of {REPO_SERVER} has no version for a tag")
    minor = images.minor(version)
    if minor not in SUPPORTED:
        known = ", ".join(SUPPORTED)
        words = f"it is {version}, whose settings this version of mcgen does not know"
        return finding("MC705", VERSION, words, f"run one of {known}")
    if minor != images.minor(wanted):
        words = f"it is {version}, and the blueprint says {wanted}"
        advice = f'set gitops.argocd.version to "{version}", build, and apply argocd/setup again'
        return finding("MC705", VERSION, words, advice)
    return fine(VERSION, version)


def judge_plugin(sidecar: Sidecar, deployment: Data | None, config_map: Data | None) -> Iterator[Check]:
    """Yield the checks of one render plugin: its configuration, its sidecar, the istioctl that it gets."""
    configuration, container, istioctl = plugin_whats(sidecar)
    yield _configuration(configuration, sidecar, deployment, config_map)
    if deployment is None:
        yield from (_no_deployment(what, "MC704") for what in (container, istioctl))
        return
    yield _sidecar(container, sidecar, deployment)
    yield _istioctl(istioctl, sidecar, deployment)


def _configuration(what: str, sidecar: Sidecar, deployment: Data | None, config_map: Data | None) -> Check:
    name = sidecar.plugin.name
    if config_map is None:
        return finding("MC704", what, f"ConfigMap {name} is not there", APPLY)
    if list(differences(sidecar.config_map["data"], config_map.get("data"))):
        return finding("MC704", what, f"ConfigMap {name} is not the generated one", APPLY)
    live = ((deployment or {}).get("spec", {}).get("template", {}).get("metadata") or {}).get("annotations") or {}
    if deployment is not None and list(differences(sidecar.annotations, live)):
        words = f"the pod's annotation mcgen/{name} is not of this configuration, so the repo-server may run an old one"
        return finding("MC704", what, words, APPLY)
    return fine(what)


def _sidecar(what: str, sidecar: Sidecar, deployment: Data) -> Check:
    pod = _pod(deployment)
    places: list[str] = []
    for wanted in sidecar.containers:
        live = _named(pod, "containers", wanted["name"])
        if live is None:
            return finding("MC704", what, f"{REPO_SERVER} has no container {wanted['name']}", APPLY)
        places += differences({key: wanted[key] for key in _COMPARED}, live)
        mounts: list[Data] = live.get("volumeMounts") or []
        for mount in wanted["volumeMounts"]:
            found = next((each for each in mounts if each.get("mountPath") == mount["mountPath"]), None)
            places += differences(mount, found, f"volumeMounts of {mount['mountPath']}")
        if sidecar.plugin.image and live.get("image") != wanted["image"]:
            places.append("image")
    for volume in sidecar.volumes:
        places += differences(volume, _named(pod, "volumes", volume["name"]), f"volume {volume['name']}")
    if places:
        return finding("MC704", what, f"it differs from the generated one at {shown(places)}", APPLY)
    return fine(what)


def _istioctl(what: str, sidecar: Sidecar, deployment: Data) -> Check:
    if sidecar.plugin.image:
        return fine(what, f"it comes with the image {sidecar.plugin.image}")
    wanted = sidecar.plugin.version
    for container in sidecar.init_containers:
        live = _named(_pod(deployment), "initContainers", container["name"])
        if live is None:
            return finding("MC704", what, f"{REPO_SERVER} has no init container {container['name']}", APPLY)
        image = str(live.get("image", ""))
        version = images.version(image)
        if not version:
            return unknown(what, f"the image '{image}' has no version for a tag")
        if version != wanted:
            return finding("MC704", what, f"it is of Istio {version}, and the mesh runs {wanted}", APPLY)
        if list(differences(container["command"], live.get("command"))):
            return finding("MC704", what, f"the command of {container['name']} is not the generated one", APPLY)
    return fine(what, wanted)


def _no_deployment(what: str, code: str) -> Check:
    advice = "name the namespace of Argo CD in gitops.argocd.namespace, or its cluster with --argocd-context"
    return finding(code, what, f"there is no Deployment {REPO_SERVER}", advice)


def _pod(deployment: Data) -> Data:
    found: Data = ((deployment.get("spec") or {}).get("template") or {}).get("spec") or {}
    return found


def _named(pod: Data, key: str, name: str) -> Data | None:
    found: list[Any] = pod.get(key) or []
    return next((each for each in found if each.get("name") == name), None)
