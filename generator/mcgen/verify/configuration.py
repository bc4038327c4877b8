"""The Istio configuration that istiod reads in a config cluster: mutual TLS and the policies, as the tree has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names, stages
from mcgen.doctor.compare import differences, shown
from mcgen.doctor.installed import what as title
from mcgen.doctor.verdict import Check, finding, fine, skipped, warning
from mcgen.manifests import policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcgen.mesh import Mesh
    from mcgen.tree import Data

EXCEPTIONS = "no PeerAuthentication makes an exception"


def documents(mesh: Mesh) -> Iterator[Data]:
    """Yield the objects of stage policies, the same in every config cluster."""
    for file in policies.bases(mesh):
        yield from (each for each in file.documents if each["kind"] != "Kustomization")


def what(document: Data) -> str:
    """Return an object's kind, namespace and name."""
    kind, name = title(document).split(" ")
    return f"{kind} {document['metadata']['namespace']}/{name}"


def judge_object(mesh: Mesh, document: Data, live: Data | None) -> Check:
    """Return whether an object of stage policies is there and says what the tree says, no less and no more."""
    if any(patch.stage == stages.POLICIES for patch in mesh.patches):
        return skipped(what(document), "patches of the blueprint change this stage; its effect is tried with --probe")
    advice = "let Argo CD sync stage policies"
    if live is None:
        return finding("MC807", what(document), "it is not there", advice)
    wanted, found = document["spec"], live.get("spec")
    if places := sorted({*differences(wanted, found), *differences(found, wanted)}):
        words = f"its spec differs from the tree's at {shown(places)}"
        return finding("MC807", what(document), words, advice)
    return fine(what(document))


def judge_exceptions(found: Iterable[Data], namespaces: frozenset[str]) -> Check:
    """Return whether any PeerAuthentication of istio-system or of these namespaces lets plain text in."""
    weak = [
        what({"kind": "PeerAuthentication"} | each)
        for each in found
        if each["metadata"]["namespace"] in namespaces | {names.ISTIO_SYSTEM} and _is_weak(each.get("spec") or {})
    ]
    if weak:
        words = f"they let plain text in: {', '.join(sorted(weak))}"
        return warning("MC808", EXCEPTIONS, words, "remove them, unless they are meant")
    return fine(EXCEPTIONS)


def _is_weak(spec: dict[str, Any]) -> bool:
    modes = [spec.get("mtls") or {}, *(spec.get("portLevelMtls") or {}).values()]
    return any(each.get("mode") in ("PERMISSIVE", "DISABLE") for each in modes)
