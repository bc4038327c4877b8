"""Which clusters there are: each has an IstioOperator with a control plane, or with a way to one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing import findings, platform
from mcgen.importing.documents import Document, items, mapping, word
from mcgen.importing.hand.belongs import owner, said_id, said_network
from mcgen.importing.hand.context import Context, Seen
from mcgen.tree import at

if TYPE_CHECKING:
    from mcgen.tree import Data

OPERATOR, GROUP = "IstioOperator", "install.istio.io"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
_EGRESS = "egress: [203.0.113.64/29]   # from where its nodes and API server call; the gateways of others let it in"


def find(context: Context) -> None:
    """Find the clusters, and give each its IstioOperators."""
    others = []
    for document in context.take(OPERATOR, GROUP):
        if _has_plane(document):
            _plane(context, document)
        else:
            others.append(document)
    context.clusters = dict(sorted(context.clusters.items(), key=lambda item: item[1].remote))
    for document in others:
        seen = owner(document, context.clusters)
        if seen:
            seen.gateways.append(document)
            seen.network = seen.network or said_network(document)
        elif context.clusters:
            context.tell(
                findings.OBJECT,
                document,
                ("kind",),
                "it is not said which cluster this IstioOperator is for",
                "put it into the folder of its cluster, or name the cluster in its file's name, and import again",
            )


def _has_plane(operator: Document) -> bool:
    """Return whether an IstioOperator installs istiod, or leads a cluster to one elsewhere."""
    enabled = operator.at("spec", "components", "pilot", "enabled")
    return bool(enabled) if isinstance(enabled, bool) else operator.at("spec", "profile") != "empty"


def _is_remote(operator: Document) -> bool:
    values = mapping(operator.at("spec", "values"))
    return (
        "remote" in (operator.at("spec", "profile"), values.get("profile"))
        or bool(at(values, "istiodRemote", "injectionPath"))
        or bool(at(values, "global", "remotePilotAddress"))
    )


def _plane(context: Context, document: Document) -> None:
    given = said_id(document)
    identity = given or _from_path(document.file)
    seen = next((each for each in context.clusters.values() if each.id == identity), None)
    if seen is None:
        name = label(identity)
        while name in context.clusters:
            name = f"{name[:36]}-2"
        seen = context.clusters[name] = Seen(name=name, id=identity, remote=_is_remote(document))
        if not given:
            context.tell(
                findings.DIFFERS,
                document,
                ("spec",),
                f'this cluster has no clusterName; it is called "{name}" after its file',
                "write the name under which Argo CD knows it; if a mesh runs already, its ID there is Kubernetes, and "
                "`clusters[].id` must say so",
            )
        elif name != identity:
            context.tell(
                findings.SETTING,
                document,
                ("spec", "values", "global", "multiCluster", "clusterName"),
                f'"{identity}" can be no name in a blueprint, and becomes "{name}"',
                "names and IDs have lower-case letters, digits and dashes, at most 40: workloads of a running mesh "
                "have to be restarted under the new one",
            )
    seen.planes.append(document)
    seen.network = seen.network or said_network(document)
    seen.remote = seen.remote or _is_remote(document)
    address = document.at("spec", "values", "global", "remotePilotAddress")
    seen.pilot_address = seen.pilot_address or word(address)


def label(text: str) -> str:
    """Return a text as a name that a blueprint takes, the same where it is one."""
    if _LABEL.fullmatch(text):
        return text
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "cluster"


def _from_path(path: str) -> str:
    """Return what a cluster without a name is called: as its folder, or its file where there is none."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    plain = stem.lower() in ("istio", "istio-operator", "istiooperator", "operator", "control-plane", "iop", "istiod")
    return folders[-1] if folders and plain and folders[-1] not in (".", "..") else stem


def write(context: Context) -> None:
    """Write the clusters into the draft, primaries first, with questions where nothing says who runs one."""
    found = sorted(context.clusters.values(), key=lambda each: each.remote)
    data: list[Data] = []
    for seen in found:
        cluster: Data = {"name": seen.name}
        if seen.id != seen.name and _LABEL.fullmatch(seen.id):
            cluster["id"] = seen.id
        cluster |= {"platform": _platform(context, seen, len(data)), "role": "remote" if seen.remote else "primary"}
        if seen.remote and len(context.primaries) > 1:
            cluster["primary"] = _primary(context, seen, len(data))
        if seen.network and seen.network != names.network(seen.name):
            cluster["network"] = seen.network
        serves = not seen.remote and any(_serves(context, seen, each) for each in found if each.remote)
        gateway = platform.gateway(cluster["platform"], seen.annotations, serves_remotes=serves)
        _too_late(context, seen, platform.too_late(cluster["platform"], gateway, seen.annotations))
        gateway = {**({"address": seen.address} if seen.address else {}), **gateway, **seen.gateway}
        cluster |= {"gateway": gateway} if gateway else {}
        if seen.ingress:
            cluster["ingressGateway"] = True
            _ingress(context, seen, cluster["platform"])
        data.append(cluster)
    context.draft.put(("clusters",), data)
    if len(data) > 1:
        for i in range(len(data)):
            context.draft.ask(("clusters", i, "role"), _EGRESS)


def _too_late(context: Context, seen: Seen, annotations: list[str]) -> None:
    """Say that the platform takes annotations of the gateway off again, which Argo CD would put back for ever."""
    for key in annotations if seen.gateways else ():
        context.tell(
            findings.DIFFERS,
            seen.gateways[0],
            ("spec",),
            f'the east-west gateway of "{seen.name}" gets {key}, which its load balancer was made without',
            "leave it out with the patch in docs/import.md, or make the Service anew",
        )


def _ingress(context: Context, seen: Seen, name: str) -> None:
    """Say that an ingress gateway whose load balancer was told nothing gets a public one now."""
    if seen.ingress_told or not platform.opens_ingress(name):
        return
    context.tell(
        findings.DIFFERS,
        (seen.gateways or seen.planes)[0],
        ("spec",),
        f'the ingress gateway of "{seen.name}" asks for a public load balancer on {name}, and asks for none now',
        "where it is to be internal, say so in a patch of stage ingress-gateway: docs/networks.md has one",
    )


def _serves(context: Context, primary: Seen, remote: Seen) -> bool:
    return len(context.primaries) == 1 or remote.primary in (primary.id, primary.name)


def _primary(context: Context, seen: Seen, index: int) -> str:
    """Return whose istiod serves a remote, of several: as its istio-system says, or as its address does."""
    for primary in context.primaries:
        if seen.primary == primary.id or (seen.pilot_address and seen.pilot_address == primary.address):
            seen.primary = primary.id
            return primary.name
    context.draft.ask(("clusters", index, "primary"), "whose istiod serves this cluster?")
    context.tell(
        findings.QUESTION,
        seen.planes[0],
        ("spec",),
        f'it is not said which primary serves "{seen.name}"',
        "write it at the mark in the blueprint; Istio says it in the annotation topology.istio.io/controlPlaneClusters "
        "of the namespace istio-system",
    )
    seen.primary = context.primaries[0].id
    return context.primaries[0].name


def _platform(context: Context, seen: Seen, index: int) -> str:
    if seen.name in context.told.platforms:
        return context.told.platforms[seen.name]
    found = platform.detected(seen.annotations)
    if len(found) == 1:
        return found.pop()
    context.draft.ask(("clusters", index, "platform"), "who runs this cluster: aks, eks, gke, or generic?")
    where = (seen.gateways or seen.planes)[0]
    why = "the annotations of its gateway are those of several" if found else "no annotation of its gateway tells"
    context.tell(
        findings.QUESTION,
        where,
        ("spec",),
        f'who runs "{seen.name}" is not said: {why}',
        f"say --platform {seen.name}=PLATFORM, or write it at the mark in the blueprint",
    )
    return "generic"


def east_west(component: Data) -> bool:
    """Return whether a gateway of an IstioOperator is the one to which other networks come."""
    labels = mapping(component.get("label"))
    ports = [each.get("port") for each in items(at(component, "k8s", "service", "ports"))]
    return (
        labels.get("istio") == names.EAST_WEST_SELECTOR["istio"]
        or "eastwest" in word(component.get("name")).replace("-", "")
        or names.MTLS_PORT in ports
    )
