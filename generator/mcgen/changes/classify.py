"""Two trees become findings: every subject is asked about every document, and what nobody speaks of is a field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from mcgen.changes import (
    clusters,
    delivery,
    exposure,
    fetched,
    fields,
    files,
    namespaces,
    network_policies,
    order,
    patches,
    policies,
    rights,
    secrets,
    upgrades,
    versions,
)
from mcgen.changes.blame import blame
from mcgen.changes.context import Context
from mcgen.changes.documents import deltas
from mcgen.changes.finding import RISKS, Finding, Risk, Turn, quote
from mcgen.changes.kinds import KINDS
from mcgen.changes.leaves import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcgen.changes.documents import Delta
    from mcgen.changes.rendered import Rendering
    from mcgen.changes.trees import Trees


class Subject(Protocol):
    """What the mesh can be asked about: a pure function."""

    def __call__(self, delta: Delta, context: Context, /) -> Iterator[Finding]:
        """Yield what a document that differs says about this subject."""


# Of a document that comes or goes with its cluster only these speak: the rest is clear.
ALWAYS: tuple[Subject, ...] = (
    clusters.whole, exposure.gateways, exposure.hosts, policies.authorization, policies.peer, rights.rules,
)  # fmt: skip
SUBJECTS: tuple[Subject, ...] = (
    *ALWAYS,
    clusters.identities,
    network_policies.network_policies,
    rights.bindings,
    rights.projects,
    namespaces.namespaces,
    secrets.tokens,
    secrets.sealed,
    secrets.authority,
    fetched.fetched,
    secrets.facts,
    delivery.sources,
    order.stages,
    order.waves,
    order.gates,
    patches.patches,
    patches.contents,
    upgrades.steps,
    upgrades.followers,
    versions.operators,
    versions.images,
)
_ORDER = {kind: i for i, kind in enumerate(KINDS)}


def findings(trees: Trees, rendering: Rendering | None = None) -> list[Finding]:
    """Return what differs between two trees: the risky first, the same in many clusters once.

    rendering: what differs in the objects that will reach the clusters.
    """
    context = Context(trees)
    found = [*_all(context), *(_rendered(rendering, context) if rendering else ())]
    return group(blame(finding, trees) for finding in found)


def _rendered(rendering: Rendering, context: Context) -> Iterator[Finding]:
    yield from rendering.failed
    for delta in rendering.deltas:
        for finding in _document(delta, context):
            what = finding.what if quote(delta.title) in finding.what else f"{quote(delta.title)}: {finding.what}"
            yield replace(finding, rendered=True, what=what)


def _all(context: Context) -> Iterator[Finding]:
    for delta in deltas(context):
        if isinstance(delta, str):
            for found in files.prose(delta, context):
                yield replace(found, files=(delta,), clusters=context.touched(delta))
        else:
            yield from _document(delta, context)
    yield from files.by_hand(context)
    yield from files.manifests(context)


def _document(delta: Delta, context: Context) -> Iterator[Finding]:
    switch = delivery.switched(delta, context)
    if delta.new is None and not switch and not context.whole(delta.file):
        stays, waited = (find(delta.file, delta.clusters) for find in (context.orphans, context.unapplied))
        if stays:
            yield order.left_behind(delta, stays)
        if waited:
            yield order.never_applied(delta, waited)
        rest = tuple(name for name in delta.clusters if name not in (*stays, *waited))
        if delta.clusters and not rest:
            return
        delta = replace(delta, clusters=rest)
    found = _said(delta, context, switch)
    for finding in [*found, *fields.leftovers(delta, found)]:
        yield replace(finding, files=delta.files, clusters=finding.clusters or delta.clusters)


def _said(delta: Delta, context: Context, switch: Finding | None) -> list[Finding]:
    """Return what the subjects say of a document. switch: what its delivery says, None where that stays."""
    if delta.old is not None and delta.new is not None and same(delta.old, delta.new):
        what = f"{quote(delta.title)} stands in another file"
        return [Finding(kind="moved", turn=Turn.CHANGED, risk=Risk.LOW, what=what, covers=((),))]
    if switch:
        return [switch]
    subjects = SUBJECTS
    if context.whole(delta.file):
        never = delta.new is None and context.unapplied(delta.file, delta.clusters)
        subjects = (clusters.whole,) if never else ALWAYS
    return [finding for subject in subjects for finding in subject(delta, context)]


def group(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings in the order in which they are read, those that say the same as one."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in found:
        key = (one.kind, one.turn, one.risk, one.what, one.why, one.before, one.after, str(one.rendered))
        groups.setdefault(key, []).append(one)
    return sorted((_merged(same_) for same_ in groups.values()), key=_rank)


def _merged(found: list[Finding]) -> Finding:
    if len(found) == 1:
        return replace(found[0], files=tuple(dict.fromkeys(found[0].files)))
    return replace(
        found[0],
        clusters=tuple(sorted({name for one in found for name in one.clusters})),
        files=tuple(sorted({path for one in found for path in one.files})),
        pos=min((one.pos for one in found if one.pos), default=None),
    )


def _rank(finding: Finding) -> tuple[int, bool, int, str, tuple[str, ...]]:
    return RISKS.index(finding.risk), finding.rendered, _ORDER[finding.kind], finding.what, finding.clusters
