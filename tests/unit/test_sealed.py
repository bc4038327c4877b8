"""What stands beside the sealed values of a SealedSecret is closed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mcgen import layout, sealed
from tests.samples import BY_TREE

SAMPLE = BY_TREE["multi-primary-sealed"].folder
REMOTE = layout.sealed_secret("gke", "eks")


def document(path: str) -> Any:
    return yaml.safe_load((SAMPLE / path).read_text())


def differences(path: str, found: Any) -> list[str]:
    if path == REMOTE:
        (cluster_id,) = found["spec"]["encryptedData"]
        return [*sealed.differences(found, cluster_id)]
    return [*sealed.authority_differences(found)]


@pytest.mark.parametrize("path", [REMOTE, layout.sealed_authority("gke")])
@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ((), "status", {}),
        ((), "data", {"a": "b"}),
        (("metadata",), "finalizers", ["example.com/stay"]),
        (("metadata",), "ownerReferences", [{"kind": "Pod", "name": "a"}]),
        (("metadata",), "generateName", "a-"),
        (("metadata",), "labels", {"app": "a"}),
        (("metadata", "annotations"), "argocd.argoproj.io/sync-options", "Prune=false"),
        (("spec",), "data", "c2VjcmV0"),
        (("spec", "template"), "immutable", True),
        (("spec", "template"), "data", {"a": "b"}),
        (("spec", "template", "metadata"), "finalizers", ["example.com/stay"]),
        (("spec", "template", "metadata", "labels"), "replicate", "true"),
        (("spec", "template", "metadata", "annotations"), "replicator.example.com/replicate-to", "*"),
    ],
)
def test_nothing_else_stands_in_it(path: str, place: tuple[str, ...], key: str, value: Any) -> None:
    found = document(path)
    assert differences(path, found) == []
    inside = found
    for step in place:
        inside = inside.setdefault(step, {})
    inside[key] = value
    assert differences(path, found) == [f"{'.'.join((*place, key))} is not sealed, and has no place in it"]


@pytest.mark.parametrize("path", [REMOTE, layout.sealed_authority("gke")])
def test_its_secret_is_of_no_type_that_others_fill(path: str) -> None:
    found = document(path)
    found["spec"]["template"]["type"] = "Opaque"
    assert differences(path, found) == []
    found["spec"]["template"]["type"] = "kubernetes.io/service-account-token"
    words = 'spec.template.type is "kubernetes.io/service-account-token", and must be "Opaque"'
    assert differences(path, found) == [words]
