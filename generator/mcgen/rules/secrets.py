"""Rules about the backend for secrets: that it has what it needs, and that nothing is said for the other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import addons
from mcgen.backends import EXTERNAL_SECRETS
from mcgen.rules.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

_OF_EXTERNAL = ("store", "prefix", "property")


def store(blueprint: Blueprint) -> Iterator[Finding]:
    """MC255: External Secrets has a store, and without it nobody speaks of keys in one."""
    given = blueprint.secrets
    if given.backend == EXTERNAL_SECRETS:
        if given.store is None:
            message = "External Secrets reads a provider through a store, and none is named"
            advice = "write `store: {name: ...}`, the ClusterSecretStore in each cluster that reads secrets"
            yield error("MC255", ("secrets", "backend"), message, advice)
        return
    for field in _OF_EXTERNAL:
        if getattr(given, field) is not None:
            message = f"`{field}` is for External Secrets, and the backend is {given.backend}"
            advice = f"remove it, or write `backend: {EXTERNAL_SECRETS}`"
            yield error(
                "MC255", ("secrets", field), message, f"remove it, or write `backend: {EXTERNAL_SECRETS}`", key=True
            )


def one_backend(blueprint: Blueprint) -> Iterator[Finding]:
    """MC256: with External Secrets nothing is sealed: by no controller, with no certificate, in no job."""
    if blueprint.secrets.backend != EXTERNAL_SECRETS:
        return
    for path, what, advice in _of_sealed_secrets(blueprint):
        message = f"{what}, and the backend for secrets is {EXTERNAL_SECRETS}"
        yield error("MC256", path, message, advice, key=True)


def _of_sealed_secrets(blueprint: Blueprint) -> Iterator[tuple[DataPath, str, str]]:
    if blueprint.addons.sealed_secrets != "existing":
        yield addons.SEALED_SECRETS, "this is the controller of Sealed Secrets", "remove it"
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.bootstrap.certificate is not None:
            path: DataPath = ("clusters", i, "bootstrap", "certificate")
            yield path, "this is a certificate to seal with", "remove the line"
    if blueprint.bootstrap is not None:
        advice = "remove the section: a person runs `mcgen bootstrap --push COMMAND`"
        yield ("bootstrap",), "the job of this section seals", advice


RULES = (store, one_backend)
