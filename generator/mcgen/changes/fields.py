"""Everything that no subject has spoken of: each field by itself, with the kind and the risk of its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcgen import layout
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import MISSING, Leaf, differences
from mcgen.changes.say import shift, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.changes.documents import Delta
    from mcgen.changes.leaves import Way

_UNITS = {"m": 1e-3, "": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_UNITS |= {"Ti": 2**40}
_QUANTITY = re.compile(r"([0-9.]+)([A-Za-z]*)")
# Which value of a security setting lets a container do more, and what holds where there is none.
_LOOSE: dict[str, tuple[Any, Any]] = {
    "privileged": (True, False),
    "allowPrivilegeEscalation": (True, True),
    "hostNetwork": (True, False),
    "hostPID": (True, False),
    "hostIPC": (True, False),
    "runAsNonRoot": (False, False),
    "readOnlyRootFilesystem": (False, False),
    "automountServiceAccountToken": (True, True),
}
# Objects that do nothing by themselves, or whose effect others speak of.
_ORDINARY = {
    "", "Kustomization", "IstioOperator", "Facts", "Deployment", "Service", "ServiceAccount", "Job", "ConfigMap",
    "CustomResourceDefinition", "PodDisruptionBudget",
}  # fmt: skip
_PODS = {"minReplicas", "maxReplicas", "replicas", "autoscaleMin", "autoscaleMax", "replicaCount"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A place in documents of some kinds (none: of all), and what a change there is."""

    kinds: frozenset[str]
    place: Way
    kind: str
    risk: Risk
    why: str


def _rule(kinds: str, place: str, kind: str, risk: Risk, why: str = "") -> Rule:
    return Rule(kinds=frozenset(kinds.split()), place=tuple(place.split()), kind=kind, risk=risk, why=why)


_APPLICATIONS = "Application ApplicationSet"
# The first that fits counts. A template's fields are those of its Applications.
_RULES = (
    _rule(
        "ApplicationSet", "spec syncPolicy", "cascade", Risk.HIGH, "a list that goes may take its Applications along"
    ),
    _rule(_APPLICATIONS, "spec source", "source", Risk.HIGH, "who can write there decides what runs"),
    _rule(_APPLICATIONS, "spec sources", "source", Risk.HIGH, "who can write there decides what runs"),
    _rule(_APPLICATIONS, "spec destination", "destination", Risk.HIGH, "it is applied elsewhere"),
    _rule(_APPLICATIONS, "spec project", "project", Risk.HIGH, "another project allows other things"),
    _rule(_APPLICATIONS, "spec syncPolicy", "sync", Risk.HIGH, "chains rest on sync, self-heal and retries"),
    _rule(_APPLICATIONS, "spec ignoreDifferences", "sync", Risk.MEDIUM, "Argo CD overlooks other changes"),
    _rule("IstioOperator", "spec values global externalIstiod", "setting", Risk.LOW, "whether remotes are served"),
    _rule("IstioOperator", "spec values global operatorManageWebhooks", "setting", Risk.LOW, "who injects by itself"),
    _rule(
        "IstioOperator",
        "spec unvalidatedValues sidecarInjectorWebhookAnnotations admissions.enforcer/disabled",
        "setting",
        Risk.LOW,
        "AKS leaves the injector alone, or no longer",
    ),
    _rule("IstioOperator", "spec values", "setting", Risk.MEDIUM, "mcgen does not know what it does"),
    _rule("IstioOperator", "spec meshConfig", "setting", Risk.MEDIUM, "it is for every proxy of the mesh"),
    _rule("IstioOperator", "spec", "setting", Risk.MEDIUM, "mcgen does not know what it does"),
    _rule("VirtualService", "spec", "route", Risk.HIGH, "calls go somewhere else"),
    _rule("Gateway", "spec", "route", Risk.HIGH, "which gateway lets it through, and how"),
    _rule("PeerAuthentication", "spec", "mtls", Risk.HIGH, "for whom mutual TLS holds"),
    _rule("AuthorizationPolicy", "spec", "policy", Risk.HIGH, "who may call what"),
    _rule("NetworkPolicy", "spec", "networkpolicy", Risk.HIGH, "who may connect to pods"),
    _rule("AppProject", "spec description", "field", Risk.LOW),
    _rule("AppProject", "spec", "project", Risk.HIGH, "what Argo CD may do"),
    _rule("RoleBinding ClusterRoleBinding", "roleRef", "rights", Risk.HIGH, "whoever is bound may do other things"),
    _rule("Role ClusterRole", "aggregationRule", "rights", Risk.HIGH, "it takes in the rights of other roles"),
    _rule("SealedSecret", "spec", "sealed", Risk.MEDIUM, "what comes out is another Secret"),
    _rule("ExternalSecret", "spec", "fetched", Risk.HIGH, "whoever can write there says whom istiod trusts"),
    _rule("", "metadata labels", "label", Risk.LOW),
    _rule("", "metadata annotations", "annotation", Risk.LOW),
)


def leftovers(delta: Delta, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a finding for each difference of a document that the given ones do not account for."""
    covered = {way for finding in found for way in finding.covers}
    if () in covered:
        return
    if delta.old is None or delta.new is None:
        yield from _whole(delta)
        return
    for leaf in differences(delta.old, delta.new):
        if not any(leaf.way[:i] in covered for i in range(len(leaf.way) + 1)):
            yield _field(delta, leaf)


def _whole(delta: Delta) -> Iterator[Finding]:
    added = delta.old is None
    by_hand = _by_hand(delta.file)
    why = "an administrator applies it" if by_hand else "" if added else "what it made is deleted"
    if added and not by_hand and delta.kind not in _ORDINARY:
        why = "mcgen does not know what it does"
    risk = Risk.MEDIUM if why else Risk.LOW
    yield Finding(
        kind="setup" if by_hand else "object",
        turn=Turn.ADDED if added else Turn.REMOVED,
        risk=risk,
        what=f"{quote(_named(delta))} is {'new' if added else 'gone'}",
        why=why,
        before="" if added else _named(delta),
        after=_named(delta) if added else "",
        covers=((),),
    )


def _by_hand(file: str) -> bool:
    return file.startswith((f"{layout.SETUP}/", f"{layout.BOOTSTRAP}/"))


def _field(delta: Delta, leaf: Leaf) -> Finding:
    if delta.kind == "Secret" and leaf.way[0] in {"data", "stringData"}:
        # Never shown: this goes into comments and logs.
        what = f"a value of Secret {quote(delta.name)} is another one"
        why = "a secret in plain text is in Git"
        return Finding(kind="token", turn=turn_of(leaf.before, leaf.after), risk=Risk.HIGH, what=what, why=why)
    special = _privilege(leaf) or _egress(leaf) or _number(leaf)
    if special:
        return special
    place = leaf.way[2:] if leaf.way[:2] == ("spec", "template") and delta.kind == "ApplicationSet" else leaf.way
    title = f"{quote('.'.join(leaf.way))} of {quote(_named(delta))}"
    for rule in _RULES:
        if (not rule.kinds or delta.kind in rule.kinds) and place[: len(rule.place)] == rule.place:
            return shift(rule.kind, title, leaf, risk=rule.risk, why=rule.why)
    if _by_hand(delta.file):
        return shift("setup", title, leaf, risk=Risk.MEDIUM, why="an administrator applies it again")
    return shift("field", title, leaf)


def _named(delta: Delta) -> str:
    """Return what the document is called; the same for all clusters, so that they are told of together."""
    if delta.kind == "Application" and delta.file.startswith("clusters/"):
        return "the Applications of the stages"
    if delta.kind == "Kustomization" and delta.file.startswith("clusters/"):
        return f"the kustomization of {delta.file.split('/')[2]}"
    return delta.title


def _privilege(leaf: Leaf) -> Finding | None:
    if leaf.way[-1] not in _LOOSE:
        return None
    loose, default = _LOOSE[leaf.way[-1]]
    before, after = ((default if side is MISSING else side) is loose for side in (leaf.before, leaf.after))
    found = shift("privilege", f"{quote('.'.join(leaf.way))} of containers", leaf, risk=Risk.LOW)
    if before is after:
        return replace(found, turn=Turn.CHANGED)
    why = "whoever breaks out of the container has more of the node" if after else "a container may do less"
    turn, risk = (Turn.WIDENED, Risk.HIGH) if after else (Turn.NARROWED, Risk.MEDIUM)
    return replace(found, turn=turn, risk=risk, why=why)


def _egress(leaf: Leaf) -> Finding | None:
    if leaf.way != ("spec", "meshConfig", "outboundTrafficPolicy", "mode"):
        return None
    before, after = ((side == "REGISTRY_ONLY") for side in (leaf.before, leaf.after))
    found = shift("egress", "what workloads may call outside of the mesh", leaf, risk=Risk.LOW, turn=Turn.CHANGED)
    if before is after:
        return found
    why = "any address of the internet may be called" if before else "calls to what the mesh does not know fail"
    turn, risk = (Turn.WIDENED, Risk.HIGH) if before else (Turn.NARROWED, Risk.MEDIUM)
    return replace(found, turn=turn, risk=risk, why=why)


def _number(leaf: Leaf) -> Finding | None:
    pods = leaf.way[-1] in _PODS
    if not pods and not (len(leaf.way) > 2 and leaf.way[-3] == "resources" and leaf.way[-2] in {"requests", "limits"}):
        return None
    before, after = (_quantity(side) for side in (leaf.before, leaf.after))
    turn, risk, why = turn_of(leaf.before, leaf.after), Risk.LOW, ""
    if before is not None and after is not None and before != after:
        turn = Turn.RAISED if after > before else Turn.LOWERED
    if turn in {Turn.LOWERED, Turn.REMOVED}:
        risk = Risk.MEDIUM
        why = "fewer pods carry the load, and an outage of one weighs more" if pods else "pods may be killed or starved"
    kind, title = ("replicas", leaf.way[-1]) if pods else ("resources", ".".join(leaf.way[-3:]))
    return shift(kind, f"{title} of {quote('.'.join(leaf.way[:-1]))}", leaf, risk=risk, why=why, turn=turn)


def _quantity(value: Any) -> float | None:
    if isinstance(value, bool) or value is MISSING:
        return None
    found = _QUANTITY.fullmatch(str(value))
    try:
        return float(found[1]) * _UNITS[found[2]] if found and found[2] in _UNITS else None
    except ValueError:
        return None
