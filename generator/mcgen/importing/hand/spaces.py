"""Namespaces: injection, pod security, labels; and what istio-system says of its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing import findings
from mcgen.importing.documents import mapping, texts, word

if TYPE_CHECKING:
    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context
    from mcgen.tree import Data

_RESERVED = ("default", names.KUBE_SYSTEM, "kube-public", "kube-node-lease", "argocd")
_IGNORED = ("kubectl.kubernetes.io/", "argocd.argoproj.io/")


def read(context: Context) -> None:
    """Read all namespaces into the draft; one that several clusters have comes once."""
    found: dict[str, tuple[Data, Document, list[str]]] = {}
    for document in context.take("Namespace", ""):
        if document.name == names.ISTIO_SYSTEM:
            _istio_system(context, document)
            continue
        if document.name in _RESERVED:
            context.tell(
                findings.OBJECT,
                document,
                ("metadata", "name"),
                f'the namespace "{document.name}" cannot be mcgen\'s own',
                "label it by hand, or keep it beside the mesh",
            )
            continue
        said = _namespace(context, document)
        owner = context.owner(document)
        first, where, clusters = found.setdefault(document.name, (said, document, []))
        clusters += [owner.name] if owner else list(context.clusters)
        if first != said:
            context.tell(
                findings.DIFFERS,
                document,
                ("metadata", "labels"),
                f'the namespace "{document.name}" is another one in {where.file}, which counts',
                "a namespace of a blueprint is the same in all clusters: make two of it, or patch stage namespaces",
            )
    data = []
    for said, _, clusters in found.values():
        everywhere = set(clusters) >= set(context.clusters)
        some = {} if everywhere else {"clusters": [name for name in context.clusters if name in clusters]}
        data.append({"name": said["name"], **some, **said})
    context.draft.put(("namespaces",), data)


def _namespace(context: Context, document: Document) -> Data:
    labels = texts(document.at("metadata", "labels"))
    labels.pop(names.NAMESPACE_NAME, None)
    injection = _injection(context, document, labels)
    level = labels.pop(f"{names.POD_SECURITY}enforce", "privileged")
    annotations = {
        key: value
        for key, value in texts(document.at("metadata", "annotations")).items()
        if not key.startswith(_IGNORED)
    }
    found: Data = {"name": document.name}
    if not injection:
        found["injection"] = False
    # Nothing enforced is what it was; mcgen's own default is stricter where there are no sidecars.
    if level != ("privileged" if injection else "restricted"):
        found["podSecurity"] = level
    return found | {key: value for key, value in (("labels", labels), ("annotations", annotations)) if value}


def _injection(context: Context, document: Document, labels: dict[str, str]) -> bool:
    enabled, revision = labels.pop(names.INJECTION, ""), labels.pop(names.REVISION, "")
    mode = labels.pop("istio.io/dataplane-mode", "")
    if mode == "ambient":
        context.tell(
            findings.NOT_OFFERED,
            document,
            ("metadata", "labels", "istio.io/dataplane-mode"),
            "mcgen builds meshes with sidecars, not ambient ones",
            "its pods get sidecars when `injection` is true",
        )
    known = ("", "default", context.draft.data.get("istio", {}).get("revision", "default"))
    if revision not in known and enabled != "enabled":
        context.tell(
            findings.DIFFERS,
            document,
            ("metadata", "labels", names.REVISION),
            f'its pods are injected by the revision "{revision}", and will be by that of the tag default',
            "nothing to do where both are the same istiod",
        )
    return enabled == "enabled" or (bool(revision) and enabled != "disabled")


def _istio_system(context: Context, document: Document) -> None:
    cluster = context.owner(document)
    labels = texts(document.at("metadata", "labels"))
    network = labels.pop(names.NETWORK, "")
    annotations = mapping(document.at("metadata", "annotations"))
    if cluster is None:
        if network:
            context.tell(
                findings.OBJECT,
                document,
                ("metadata", "labels", names.NETWORK),
                "it is not said which cluster this istio-system is of",
                "put it into the folder of its cluster, and import again",
            )
    elif network and cluster.network not in ("", network):
        context.tell(
            findings.DIFFERS,
            document,
            ("metadata", "labels", names.NETWORK),
            f'the network of "{cluster.name}" is "{network}" here, and "{cluster.network}" in its IstioOperator',
            "write the right one into the blueprint",
        )
    elif network:
        cluster.network = network
    if cluster:
        served = word(annotations.get(names.CONTROL_PLANE_CLUSTERS))
        cluster.primary = served if served in {each.id for each in context.primaries} else cluster.primary
    for key in labels:
        if key != names.NAMESPACE_NAME and not key.startswith(names.POD_SECURITY):
            context.tell(
                findings.SETTING,
                document,
                ("metadata", "labels", key),
                f"the label {key} of istio-system has no field",
                "put it under `patches` for stage namespaces, or drop it",
            )
