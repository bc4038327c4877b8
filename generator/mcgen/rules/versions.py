"""Rules about versions, and about places in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.manifests import setup
from mcgen.minors import MINORS
from mcgen.rules.finding import Finding, error, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint


def istio(blueprint: Blueprint) -> Iterator[Finding]:
    """MC209: Istio is of a minor that mcgen was tried with."""
    version = blueprint.istio.version
    if version.rpartition(".")[0] not in MINORS:
        yield error(
            "MC209",
            ("istio", "version"),
            f"Istio {version} is not supported by this version of mcgen",
            f"use a patch release of {one_of(MINORS)}",
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
            f"use one of {one_of(setup.SUPPORTED)}",
        )


def repository(blueprint: Blueprint) -> Iterator[Finding]:
    """MC241, MC242: places in the repository are plain, and its URL holds no secret."""
    gitops = blueprint.gitops
    for field, path in (("path", gitops.path), ("blueprint", gitops.blueprint)):
        if path and {"..", ".", ".git"} & set(path.lower().split("/")):
            message = f'"{path}" is no plain path below the top of the repository'
            yield error("MC241", ("gitops", field), message, f"write one like output/{blueprint.metadata.name}")
    if not is_ref(gitops.revision):
        message = f'"{gitops.revision}" is no name that Git takes for a branch'
        yield error("MC241", ("gitops", "revision"), message, "write a branch, such as main")
    scheme, _, rest = gitops.repo.rpartition("://")
    user, at, host = rest.partition("/")[0].rpartition("@")
    if at and (":" in user or scheme in ("http", "https")) and scheme:
        yield error(
            "MC242",
            ("gitops", "repo"),
            f"the URL of {host} holds credentials, and it stands in every Application",
            "remove what is before the @, and give the credentials to Argo CD as a repository secret",
        )


def is_ref(name: str) -> bool:
    """Return whether git-check-ref-format takes a name, as far as the schema has not seen to that."""
    parts = name.split("/")
    return ".." not in name and not any(
        not part or part.startswith(".") or part.endswith((".", ".lock")) for part in parts
    )


RULES = (istio, argocd, repository)
