"""Rules about versions, and about places in the repository."""

from __future__ import annotations

import re
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
    """MC241: places in the repository are plain."""
    gitops = blueprint.gitops
    for field, path in (("path", gitops.path), ("blueprint", gitops.blueprint)):
        if path and {"..", ".", ".git"} & set(path.lower().split("/")):
            message = f'"{path}" is no plain path below the top of the repository'
            yield error("MC241", ("gitops", field), message, f"write one like output/{blueprint.metadata.name}")
    if not is_ref(gitops.revision):
        message = f'"{gitops.revision}" is no name that Git takes for a branch'
        yield error("MC241", ("gitops", "revision"), message, "write a branch, such as main")


def urls(blueprint: Blueprint) -> Iterator[Finding]:
    """MC242: no URL holds a secret."""
    if host := _logs_in(blueprint.gitops.repo):
        yield error(
            "MC242",
            ("gitops", "repo"),
            f"the URL of {host} holds credentials, and it stands in every Application",
            "remove what is before the @, and give the credentials to Argo CD as a repository secret",
        )
    for i, cluster in enumerate(blueprint.clusters):
        if host := _logs_in(cluster.bootstrap.certificate or ""):
            yield error(
                "MC242",
                ("clusters", i, "bootstrap", "certificate"),
                f"the URL of {host} holds credentials, and a certificate to seal with is public",
                "remove what is before the @, or put the certificate into a file beside the blueprint",
            )


def _logs_in(url: str) -> str:
    """Return the host of a URL that holds credentials, nothing for others; SSH has a user's name there."""
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0]
    user, at, host = authority.rpartition("@")
    if not at and "@" in rest and re.search(r":(?![0-9]+$)[^\]]*$", authority):
        # A password with a slash in it: what should be a port is none.
        return rest.rpartition("@")[2].partition("/")[0]
    return host if at and (":" in user or scheme in ("http", "https")) else ""


def is_ref(name: str) -> bool:
    """Return whether git-check-ref-format takes a name, as far as the schema has not seen to that."""
    parts = name.split("/")
    return ".." not in name and not any(
        not part or part.startswith(".") or part.endswith((".", ".lock")) for part in parts
    )


RULES = (istio, argocd, repository, urls)
