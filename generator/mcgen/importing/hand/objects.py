"""What is left: Secrets, which are never imported, other ways to install Istio, and objects that have no place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing import findings
from mcgen.importing.documents import word

if TYPE_CHECKING:
    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context

_SAIL = {"sailoperator.io", "operator.istio.io"}
_BESIDE = "keep it beside the mesh, with an Application of your own, or drop it"
_IN_PRIMARIES = "keep it beside the mesh, with an Application of your own in each primary, or drop it"
# istiod reads it in the cluster that it is in, also in a remote (createWleConfigStore in Istio's
# pilot/pkg/serviceregistry/kube/controller/multicluster.go).
_READ_ANYWHERE = "WorkloadEntry"


def read(context: Context) -> None:
    """Say of each object that nobody has taken why it is left out, and what to do."""
    for document in context.documents:
        if id(document) not in context.used:
            _told(context, document)


def _told(context: Context, document: Document) -> None:
    name = "/".join(filter(None, (document.namespace, document.name)))
    if document.kind in ("Secret", "Config") and not document.group:
        _secret(context, document, name)
    elif document.group in _SAIL:
        context.tell(
            findings.NOT_OFFERED,
            document,
            ("kind",),
            f"{document.kind} {name} of the Sail operator is not read",
            "give the IstioOperator that says the same; the operator has to go before mcgen's tree comes",
        )
    elif document.group == "gateway.networking.k8s.io" and word(document.at("spec", "gatewayClassName")).startswith(
        "istio-"
    ):
        context.tell(
            findings.NOT_OFFERED,
            document,
            ("spec", "gatewayClassName"),
            f"the gateway {name} is that of an ambient mesh, and mcgen builds meshes with sidecars",
            "keep this mesh as it is installed",
        )
    elif document.kind == "SealedSecret":
        context.tell(
            findings.OBJECT,
            document,
            ("metadata", "name"),
            f"SealedSecret {name} is left out: mcgen seals with tokens of its own",
            "`mcgen bootstrap` makes it anew in the tree; delete this one when the mesh has changed over",
        )
    elif not document.kind:
        context.tell(findings.OBJECT, document, (), "this is no object of Kubernetes", "leave the file out")
    else:
        message = document.kind + (f" {name}" if name else "") + " is no part of a blueprint"
        advice = _BESIDE
        if document.group in names.CONFIGURATION_GROUPS and document.kind != _READ_ANYWHERE:
            advice = _IN_PRIMARIES
            owner = context.owner(document)
            if owner and owner.remote:
                message += f', and istiod does not read it in "{owner.name}", which is a remote: it had no effect'
        context.tell(findings.OBJECT, document, ("kind",), message, advice)


def _secret(context: Context, document: Document, name: str) -> None:
    """Name a Secret and say how to move it. Nothing of what is in it is here any more."""
    cluster = word(document.at("metadata", "annotations", names.REMOTE_CLUSTER))
    if document.kind == "Config":
        message, advice = "a kubeconfig is not imported", "take it out of Git, and make its credentials worthless"
    elif cluster or names.MULTI_CLUSTER in (document.at("metadata", "labels") or {}):
        message = f'Secret {name} is the remote secret of "{cluster or "a cluster"}" and is not imported'
        advice = (
            "`mcgen bootstrap` makes a new one with a token of its own, sealed; if this file is in Git, delete the "
            "token of its ServiceAccount (istio-reader-service-account) once the new one works"
        )
    elif document.name == names.AUTHORITY:
        context.draft.put(("trust", "mode"), "cacerts")
        message = f"Secret {name} holds the key of a certificate authority and is not imported"
        advice = "`mcgen bootstrap --ca FOLDER` seals one under the root in FOLDER, which is outside of Git"
    else:
        message, advice = f"Secret {name} is not imported", "seal it with kubeseal and keep it beside the mesh"
    context.tell(findings.SECRET, document, ("kind",), message, advice)
