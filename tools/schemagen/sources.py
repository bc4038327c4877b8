"""The one table of upstream sources, and how each reaches this machine."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from schemagen import Definitions, Schema

STRUCTS = Path(__file__).resolve().parent.parent / "structs"


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Go module: its path, version and the checksum that go.sum would hold."""

    path: str
    version: str
    checksum: str


KUBERNETES_VALIDATE = "1.37.0"
KUBERNETES = "v1.37.0-local-strict"
ISTIO = Module(
    path="istio.io/istio",
    version="v0.0.0-20260827124520-eed52ebb66ad",
    checksum="h1:ui9TJjRMAV/hb5ehQaZDq7IUGxuQP6dra9lapT/VjHI=",
)
ARGOCD = Module(
    path="github.com/argoproj/argo-cd/v3",
    version="v3.5.7",
    checksum="h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0=",
)
SEALED_SECRETS = Module(
    path="github.com/bitnami-labs/sealed-secrets",
    version="v0.36.6",
    checksum="h1:oXj+YUIp/eS8NI81BYLcF8yPwxBf8d+gRpTHJ/Qg/R8=",
)
EXTERNAL_SECRETS = Module(
    path="github.com/external-secrets/external-secrets",
    version="v1.3.2",
    checksum="h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
)
# What tools/structs reflects over; its go.mod has to name the same versions.
REFLECTED = (ISTIO.path, "istio.io/api", "sigs.k8s.io/kustomize/api")

CRDS: tuple[tuple[Module, str], ...] = (
    (ISTIO, "manifests/charts/base/files/crd-all.gen.yaml"),
    (ARGOCD, "manifests/crds/application-crd.yaml"),
    (ARGOCD, "manifests/crds/applicationset-crd.yaml"),
    (ARGOCD, "manifests/crds/appproject-crd.yaml"),
    (SEALED_SECRETS, "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml"),
    (EXTERNAL_SECRETS, "config/crds/bases/external-secrets.io_externalsecrets.yaml"),
)


class SourceError(Exception):
    """A source is not what the table says."""


def kubernetes_definitions() -> Definitions:
    """Return the OpenAPI definitions of Kubernetes in their strict form, from the installed package."""
    package = importlib.metadata.distribution("kubernetes-validate")
    if package.version != KUBERNETES_VALIDATE:
        raise SourceError(f"kubernetes-validate is {package.version}, wanted {KUBERNETES_VALIDATE}")
    path = f"kubernetes_validate/kubernetes-json-schema/{KUBERNETES}/_definitions.json"
    document = json.loads(Path(str(package.locate_file(path))).read_bytes())
    definitions: Definitions = document["$defs"]
    return definitions


def custom_resources() -> list[Schema]:
    """Return every CustomResourceDefinition of the table as a document."""
    documents: list[Schema] = []
    for module, file in CRDS:
        text = (folder(module) / file).read_text(encoding="utf-8")
        documents += [document for document in yaml.safe_load_all(text) if document]
    return documents


def struct_definitions() -> Definitions:
    """Return the definitions that the Go program in tools/structs prints."""
    listing = _go("list", "-m", "-f", "{{.Path}} {{.Version}}", *REFLECTED, cwd=STRUCTS).decode()
    versions = dict(line.split() for line in listing.splitlines())
    if versions[ISTIO.path] != ISTIO.version:
        raise SourceError(f"tools/structs/go.mod has istio {versions[ISTIO.path]}, wanted {ISTIO.version}")
    definitions: Definitions = json.loads(_go("run", ".", cwd=STRUCTS))
    return definitions


def folder(module: Module) -> Path:
    """Return the folder of a module in Go's cache, downloaded when it is not there."""
    answer: dict[str, Any] = json.loads(_go("mod", "download", "-json", f"{module.path}@{module.version}"))
    if answer["Sum"] != module.checksum:
        raise SourceError(f"{module.path} {module.version} is {answer['Sum']}, wanted {module.checksum}")
    return Path(answer["Dir"])


def _go(*arguments: str, cwd: Path | None = None) -> bytes:
    done = subprocess.run(["go", *arguments], cwd=cwd, stdout=subprocess.PIPE, check=True)
    return done.stdout
