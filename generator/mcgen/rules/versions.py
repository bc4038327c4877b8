"""Rules about versions, and about places in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.manifests import setup
from mcgen.rules.finding import Finding, error, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint

# The minors whose istioctl is built in tools/ and against which every golden tree is rendered.
ISTIO_MINORS = ("1.31",)
NEWEST = "1.31.1"


def istio(blueprint: Blueprint) -> Iterator[Finding]:
    """MC209: Istio is of a minor that mcgen was tried with."""
    version = blueprint.istio.version
    if version.rpartition(".")[0] not in ISTIO_MINORS:
        yield error(
            "MC209",
            ("istio", "version"),
            f"Istio {version} is not supported by this version of mcgen",
            f"use a patch release of {one_of(list(ISTIO_MINORS))}",
        )


def argocd(blueprint: Blueprint) -> Iterator[Finding]:
    """MC210: argocd/setup knows the stock settings of this Argo CD."""
    version = blueprint.gitops.argocd.version
    minor = ".".join(version.split(".")[:2])
    if minor not in setup.SUPPORTED:
        yield error(
            "MC210",
            ("gitops", "argocd", "version"),
            f"the stock settings of Argo CD {version} are not known to this version of mcgen",
            f"use one of {one_of(list(setup.SUPPORTED))}",
        )


def repository_paths(blueprint: Blueprint) -> Iterator[Finding]:
    """MC241: paths stay inside the repository."""
    for field, path in (("path", blueprint.gitops.path), ("blueprint", blueprint.gitops.blueprint)):
        if path and {"..", "."} & set(path.split("/")):
            yield error(
                "MC241", ("gitops", field), f'"{path}" is not a plain path in the repository', "leave out the dots"
            )
    revision = blueprint.gitops.revision
    if ".." in revision or revision.endswith(("/", ".lock", ".")):
        yield error(
            "MC241", ("gitops", "revision"), f'"{revision}" is no branch or tag that Git accepts', "write another"
        )


RULES = (istio, argocd, repository_paths)
