"""AuthorizationPolicies, and PeerAuthentications, of which mcgen makes one: mutual TLS for the whole mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing import findings
from mcgen.importing import policies as policy
from mcgen.importing.documents import word

if TYPE_CHECKING:
    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context
    from mcgen.tree import Data

_MEANS = "keep it beside the mesh, with an Application of your own in each primary"


def read(context: Context) -> None:
    """Read them into the draft."""
    _authorization(context)
    _peers(context)


def _authorization(context: Context) -> None:
    found: dict[tuple[str, str], tuple[Data, Document, set[str]]] = {}
    trust = context.draft.data.get("mesh", {}).get("trustDomain", "cluster.local")
    primaries = {each.name for each in context.primaries}
    for document in context.take("AuthorizationPolicy", names.SECURITY_GROUP):
        owner = context.owner(document)
        said, rest = policy.read(document, trust)
        if owner and owner.remote:
            context.tell(
                findings.OBJECT,
                document,
                ("metadata", "name"),
                f'istiod does not read policies in "{owner.name}", which is a remote: it had no effect',
                "import it with the files of a primary, if it is meant",
            )
        elif not document.namespace or document.namespace == names.ISTIO_SYSTEM:
            context.tell(
                findings.OBJECT,
                document,
                ("metadata", "name"),
                "a policy of a blueprint is for one namespace, and this one is for the whole mesh, or names none",
                _MEANS,
            )
        elif rest:
            for one in rest:
                context.tell(
                    findings.SETTING, document, one.path, f"{one.why}; the policy is left out as a whole", _MEANS
                )
        else:
            where = {owner.name} if owner else primaries
            first, other, clusters = found.setdefault((document.namespace, document.name), (said, document, set()))
            clusters |= where
            if first != said:
                context.tell(
                    findings.DIFFERS,
                    document,
                    ("metadata", "name"),
                    f"this policy is another one in {other.file}, which counts",
                    "a policy of a blueprint is the same in all primaries",
                )
    for _, document, clusters in found.values():
        if clusters < primaries:
            context.tell(
                findings.DIFFERS,
                document,
                ("metadata", "name"),
                f"this policy is in {', '.join(sorted(clusters))} alone, and will be in every primary",
                "look whether it means the right thing there",
            )
    context.draft.put(("policies",), [said for said, _, _ in found.values()])
    _declare(context, [namespace for namespace, _ in found])


def _declare(context: Context, namespaces: list[str]) -> None:
    """Declare the namespaces of the policies, which a blueprint asks for."""
    spaces = list(context.draft.data.get("namespaces", []))
    known = {each["name"] for each in spaces}
    spaces += [{"name": name} for name in dict.fromkeys(namespaces) if name not in known]
    context.draft.put(("namespaces",), spaces)


def _peers(context: Context) -> None:
    strict = False
    for document in context.take("PeerAuthentication", names.SECURITY_GROUP):
        mode = word(document.at("spec", "mtls", "mode"))
        whole = document.namespace == names.ISTIO_SYSTEM and not document.at("spec", "selector")
        if whole and mode == "STRICT" and not document.at("spec", "portLevelMtls"):
            strict = True
            continue
        context.tell(
            findings.SETTING,
            document,
            ("spec",),
            f"PeerAuthentication {document.namespace}/{document.name} is not mcgen's: STRICT for the whole mesh",
            "keep an exception beside the mesh, in each primary, or drop it; `mcgen verify` lists exceptions (MC808)",
        )
    if not strict:
        first = next(iter(context.clusters.values())).planes[0]
        context.tell(
            findings.STRICTER,
            first,
            (),
            "mutual TLS is nowhere made STRICT for the whole mesh, and mcgen's tree will",
            "see which workloads are called in plain text before you apply it (the metric istio_requests_total with "
            "connection_security_policy none)",
        )
