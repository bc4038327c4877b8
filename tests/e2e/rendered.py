"""What Argo CD would apply: every Application of a tree, rendered by the real programs as Argo CD renders it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mcgen.manifests.setup import COMMAND
from tests.goyaml import documents
from tests.programs import CHECKOUT, program, run

if TYPE_CHECKING:
    from pathlib import Path


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
    """Render every Application of every chain."""
    files = sorted(tree.glob("clusters/*/argocd/*.yaml"))
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda file: _render(tree, file), files))


def _render(tree: Path, file: Path) -> Rendered:
    (application,) = documents(file.read_bytes())
    source = application["spec"]["source"]
    folder = _below(tree, source["path"])
    text = plugin(tree / folder) if "plugin" in source else kustomize(tree / folder)
    cluster = application["spec"]["destination"]["name"]
    return Rendered(application=application, cluster=cluster, folder=folder, objects=tuple(documents(text)), text=text)


def _below(tree: Path, path: str) -> str:
    (root,) = documents((tree / "argocd/install/root.yaml").read_bytes())
    return path.removeprefix(root["spec"]["source"]["path"].removesuffix("argocd/applicationsets"))


def kustomize(folder: Path) -> bytes:
    return run([program("kustomize"), "build", "."], cwd=folder)


def plugin(folder: Path) -> bytes:
    """Run the very command of the render plugin."""
    assert program("kustomize")
    assert program("istioctl")
    path = f"{CHECKOUT / '.tools'}:/usr/bin:/bin"
    return run(["env", f"PATH={path}", *COMMAND], cwd=folder)


def key(thing: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return what makes an object one object: group, kind, namespace, name."""
    metadata = thing["metadata"]
    return thing["apiVersion"].rpartition("/")[0], thing["kind"], metadata.get("namespace", ""), metadata["name"]
