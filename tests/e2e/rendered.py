"""What Argo CD would apply: every Application of a tree, rendered by the real programs as Argo CD renders it."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgen.manifests.setup import COMMAND
from mcgen.minors import MINORS
from tests.goyaml import documents
from tests.programs import CHECKOUT, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

NEWEST = list(MINORS)[-1]
KUBERNETES = "1.35.4"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An Application and its objects. cluster: where they go; folder: its source below the tree."""

    application: dict[str, Any]
    cluster: str
    folder: str
    objects: tuple[dict[str, Any], ...]
    text: bytes


@cache
def applications(tree: Path) -> tuple[Rendered, ...]:
    """Render every Application of every chain, and what peers are told beside them."""
    found = [documents(file.read_bytes())[0] for file in sorted(tree.glob("clusters/*/argocd/*.yaml"))]
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda application: _render(tree, application), [*found, *_peers(tree)]))


def _peers(tree: Path) -> Iterator[dict[str, Any]]:
    """Yield the Applications that an ApplicationSet makes of stages without a chain."""
    file = tree / "argocd/applicationsets/peers.yaml"
    for application_set in documents(file.read_bytes()) if file.exists() else ():
        template = json.dumps(application_set["spec"]["template"])
        for element in application_set["spec"]["generators"][0]["list"]["elements"]:
            text = template
            for field, value in element.items():
                text = text.replace(f"{{{{ .{field} }}}}", value)
            assert "{{" not in text
            yield json.loads(text)


def _render(tree: Path, application: dict[str, Any]) -> Rendered:
    source = application["spec"]["source"]
    if "chart" in source:
        return _charted(application)
    folder = _below(tree, source["path"])
    minor = source["plugin"]["name"].rpartition("-")[2] if "plugin" in source else ""
    text = plugin(tree / folder, minor) if minor else kustomize(tree / folder)
    cluster = application["spec"]["destination"]["name"]
    return Rendered(application=application, cluster=cluster, folder=folder, objects=tuple(documents(text)), text=text)


def _charted(application: dict[str, Any]) -> Rendered:
    """Render a chart as Argo CD does (util/helm/cmd.go): `helm template` with the release, namespace and values."""
    spec = application["spec"]
    source, destination = spec["source"], spec["destination"]
    argv = [program("helm"), "template", str(chart(source["chart"], source["targetRevision"]))]
    argv += ["--name-template", source["helm"]["releaseName"], "--namespace", destination["namespace"]]
    argv += ["--kube-version", KUBERNETES, "--values", "-", "--include-crds"]
    text = run(argv, stdin=json.dumps(source["helm"]["valuesObject"]).encode())
    labels = application["metadata"]["labels"]
    folder = f"{labels['mcgen/cluster']}/{labels['mcgen/stage']}"
    objects = tuple(documents(text))
    return Rendered(application=application, cluster=destination["name"], folder=folder, objects=objects, text=text)


@cache
def chart(name: str, version: str) -> Path:
    """Return the folder of one of Istio's charts, as it lies in the module that istioctl is built from."""
    minor = version.rpartition(".")[0]
    tool = CHECKOUT / "tools" / ("istioctl" if minor == NEWEST else f"istioctl-{minor}")
    # Where the program was built elsewhere, its sources are not here yet.
    module = json.loads(run(["go", "mod", "download", "-json", "istio.io/istio"], cwd=tool))
    return Path(module["Dir"]) / "manifests/charts" / {"istiod": "istio-control/istio-discovery"}.get(name, name)


def _below(tree: Path, path: str) -> str:
    (root,) = documents((tree / "argocd/install/root.yaml").read_bytes())
    return path.removeprefix(root["spec"]["source"]["path"].removesuffix("argocd/applicationsets"))


def kustomize(folder: Path) -> bytes:
    return run([program("kustomize"), "build", "."], cwd=folder)


def plugin(folder: Path, minor: str = "") -> bytes:
    """Run the very command of the render plugin of an Istio minor, which has one istioctl (default: the newest)."""
    return run(["env", f"PATH={_programs(minor or NEWEST)}", *COMMAND], cwd=folder)


@cache
def _programs(minor: str) -> str:
    """Return a PATH on which istioctl is of a minor."""
    folder = Path(tempfile.mkdtemp(prefix="mcgen-plugin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    istioctl = program("istioctl" if minor == NEWEST else f"istioctl-{minor}")
    for name, path in (("istioctl", istioctl), ("kustomize", program("kustomize"))):
        (folder / name).symlink_to(path)
    return f"{folder}:/usr/bin:/bin"


def key(thing: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return what makes an object one object: group, kind, namespace, name."""
    metadata = thing["metadata"]
    return thing["apiVersion"].rpartition("/")[0], thing["kind"], metadata.get("namespace", ""), metadata["name"]


def rights(rules: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Return what RBAC rules allow: API group, resource and verb."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
