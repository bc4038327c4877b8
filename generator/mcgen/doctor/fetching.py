"""What is asked of a cluster that fetches secrets from a provider: its store, and each ExternalSecret."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.backends import external_secrets
from mcgen.doctor.ask import Client, Question
from mcgen.doctor.verdict import Check, finding, fine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.load import Loaded
    from mcgen.mesh import Cluster, Mesh
    from mcgen.tree import Data

_GROUP = external_secrets.KIND[0]


def questions(loaded: Loaded, cluster: Cluster, client: Client) -> Iterator[Question]:
    """Yield the questions to a cluster whose secrets are fetched."""
    mesh = loaded.mesh
    yield Question(whats=(store_what(mesh),), ask=partial(_store, client, mesh))
    for name, key in _expected(mesh, cluster):
        yield Question(whats=(external_what(name),), ask=partial(_external, client, name, key))


def _expected(mesh: Mesh, cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield the ExternalSecrets of a cluster: name and key."""
    if cluster.authority:
        yield names.AUTHORITY, external_secrets.authority_key(mesh, cluster.name, cluster.authority.number)
    for pair in mesh.all_pairs:
        if pair.consumer.name == cluster.name and pair.held and pair.is_read:
            key = external_secrets.remote_key(mesh, cluster.name, pair.remote.name, pair.held.number)
            yield names.remote_secret(pair.remote.id), key


def store_what(mesh: Mesh) -> str:
    """Return the name of the check of the store."""
    return f"{mesh.secrets.store_kind} {mesh.secrets.store}"


def external_what(name: str) -> str:
    """Return the name of the check of an ExternalSecret."""
    return f"ExternalSecret {name}"


def judge_store(mesh: Mesh, found: Data | None) -> Check:
    """Return whether the store is there and has reached its provider."""
    what = store_what(mesh)
    if found is None:
        advice = "install them, or correct secrets.store"
        return finding("MC713", what, "it is not there, or External Secrets is not", advice)
    ready, message = _ready(found)
    if ready == "True":
        return fine(what)
    words = f"it is not ready: {message}" if ready else "External Secrets has not looked at it yet"
    return finding("MC713", what, words, "look at its credentials, and at the log of External Secrets")


def judge_external(name: str, key: str, found: Data | None) -> Check:
    """Return whether an ExternalSecret has the key of the facts, and was fetched since it has."""
    what = external_what(name)
    if found is None:
        return finding("MC714", what, "it is not there", "commit the tree, and let Argo CD sync it")
    data = (found.get("spec") or {}).get("data") or [{}]
    actual = (data[0].get("remoteRef") or {}).get("key", "")
    if actual != key:
        words = f"it fetches key '{actual}', and the facts say '{key}'"
        return finding("MC714", what, words, "commit the tree, and let Argo CD sync it")
    ready, message = _ready(found)
    seen = str((found.get("status") or {}).get("syncedResourceVersion") or "").partition("-")[0]
    if ready == "True" and seen == str((found.get("metadata") or {}).get("generation")):
        return fine(what, key)
    words = f"it was not fetched: {message}" if ready == "False" else "External Secrets has not fetched it yet"
    advice = f"look whether the provider has key '{key}', and whether the store may read it; its events say more"
    return finding("MC714", what, words, advice)


def _ready(found: Data) -> tuple[str, str]:
    """Return the status of the condition Ready, empty when there is none yet, and its message."""
    conditions: list[Any] = (found.get("status") or {}).get("conditions") or []
    for condition in conditions:
        if condition.get("type") == "Ready":
            return str(condition.get("status", "")), str(condition.get("message") or "no reason is given")
    return "", ""


def _store(client: Client, mesh: Mesh) -> Iterator[Check]:
    secrets = mesh.secrets
    cluster_wide = secrets.store_kind == "ClusterSecretStore"
    kind = f"{secrets.store_kind.lower()}s.{_GROUP}"
    found = client.get(kind, secrets.store, "" if cluster_wide else names.ISTIO_SYSTEM)
    yield judge_store(mesh, found)


def _external(client: Client, name: str, key: str) -> Iterator[Check]:
    found = client.get(f"externalsecrets.{_GROUP}", name, names.ISTIO_SYSTEM)
    yield judge_external(name, key, found)
