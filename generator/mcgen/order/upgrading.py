"""Upgrades: whether the tree is what its step makes of it: which istiods there are, and who follows which.

The annotations of the ApplicationSets say how far an upgrade is; the rest of the tree is compared with that. Where
there is no upgrade, each cluster has one control plane, and all that follows an istiod follows that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcgen import images, stages, upgrades
from mcgen.order import finding, kinds
from mcgen.upgrades import Revision, Rollout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mcgen.order.argocd import ApplicationSet
    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Step
    from mcgen.order.istio import Operator
    from mcgen.order.objects import Obj


class Upgrade(NamedTuple):
    """What an ApplicationSet says of an upgrade; all of it empty where there is none."""

    step: str = upgrades.NONE
    old: str = ""
    new: str = ""


def same(sets: Iterable[Obj], findings: Findings) -> Upgrade:
    """Return what all ApplicationSets say; add a finding where they differ, or where a step is none."""
    found: dict[Upgrade, Obj] = {}
    for obj in sets:
        facts: ApplicationSet = obj.facts
        said = Upgrade(*facts.upgrade)
        if not upgrades.is_known(said.step) or any(said) != all(said):
            findings.at(obj, finding.UNREADABLE, f"'{' '.join(said)}' says of no upgrade how far it is")
            said = Upgrade()
        found.setdefault(said, obj)
    if len(found) > 1:
        findings.at(list(found.values())[-1], finding.STEP, "another ApplicationSet is at another step of the upgrade")
    return next(iter(found), Upgrade())


def check(chains: Sequence[Chain], said: Upgrade, findings: Findings) -> Rollout | None:
    """Add what differs from the upgrade's step; return what the chains make of it, None where there is no istiod."""
    versions = _versions(chains)
    if not versions:
        return None
    rollout = _rollout(said, versions)
    if rollout is None:
        obj, message = next(iter(versions.values()))[1], f"there are control planes of {', '.join(sorted(versions))}"
        findings.at(obj, finding.STEP, f"{message}, and no upgrade is said to be under way from one to the other")
        return None
    planes = {primary: rollout.control_planes(primary=primary) for primary in (True, False)}
    for chain in chains:
        _chain(chain, rollout, planes, findings)
    return rollout


def deletable(step: Step, rollout: Rollout | None) -> bool:
    """Return whether the next step of an upgrade, or one back, deletes what an Application brings."""
    if rollout is None or not rollout.step:
        return False
    if step.app.stage == stages.REVISION_TAG:
        return rollout.tag_deletable
    operator = _operator(step)
    if operator is None or step.app.stage != stages.CONTROL_PLANE:
        return False
    both = (rollout.old, rollout.new)
    return any(rollout.deletable(one) for one in both if one and one.name == operator.revision)


def waits(step: Step, rollout: Rollout | None) -> bool:
    """Return whether a control plane waits at its gate during an upgrade.

    It does not say of which revision it will be, and its finalizer takes nothing but the Job of the gate.
    """
    in_between = rollout is not None and bool(rollout.step)
    return in_between and step.app.stage == stages.CONTROL_PLANE and _operator(step) is None


def _versions(chains: Iterable[Chain]) -> dict[str, tuple[str, Obj]]:
    """Return the version of each revision that has a control plane, by its label."""
    found: dict[str, tuple[str, Obj]] = {}
    for chain in chains:
        for step in chain.steps:
            operator = _operator(step) if step.app.stage == stages.CONTROL_PLANE else None
            if operator is not None:
                found.setdefault(operator.revision or upgrades.DEFAULT, (operator.version, step.obj))
    return found


def _rollout(said: Upgrade, versions: dict[str, tuple[str, Obj]]) -> Rollout | None:
    def revision(label: str) -> Revision:
        return Revision(name="" if label == upgrades.DEFAULT else label, version=versions.get(label, ("",))[0])

    if said.step:
        new, old = revision(said.new), revision(said.old)
        return Rollout(old=old, new=new, step=said.step) if versions.keys() <= {said.old, said.new} else None
    return Rollout(old=revision(next(iter(versions)))) if len(versions) == 1 else None


def _chain(chain: Chain, rollout: Rollout, wanted: dict[bool, tuple[Revision, ...]], findings: Findings) -> None:
    gateways = rollout.gateways
    operators = [(step, operator) for step in chain.steps if (operator := _operator(step)) is not None]
    planes = [(step, operator) for step, operator in operators if step.app.stage == stages.CONTROL_PLANE]
    if planes and not chain.state:
        primary = any(operator.has_istiod for _, operator in planes)
        have = {operator.revision for _, operator in planes}
        for revision in wanted[primary]:
            if revision.name not in have:
                message = f"'{chain.cluster}' has no control plane of revision {revision.label}"
                findings.at(planes[0][0].obj, finding.STEP, f"{message}, {_words(rollout)}")
        for step, operator in planes:
            _plane(step, operator, rollout, primary=primary, findings=findings)
    for step, operator in operators:
        if operator.gateways and operator.revision != gateways.name:
            message = f"it follows revision {operator.revision or upgrades.DEFAULT} and not {gateways.label}"
            findings.at(step.obj, finding.STEP, f"{message}, {_words(rollout)}")
    for step, obj in _tags(chain):
        tag = rollout.tag
        if tag is None or obj.facts != tag.label:
            message = f"the tag leads to revision {obj.facts} and not {tag.label if tag else 'anywhere'}"
            findings.at(step.obj, finding.STEP, f"{message}, {_words(rollout)}")


def _plane(step: Step, operator: Operator, rollout: Rollout, *, primary: bool, findings: Findings) -> None:
    wanted = {revision.name: revision for revision in rollout.control_planes(primary=primary)}
    revision = wanted.get(operator.revision)
    if revision is None:
        label = operator.revision or upgrades.DEFAULT
        findings.at(step.obj, finding.STEP, f"it is a control plane of revision {label}, {_words(rollout)}")
    elif operator.injects is rollout.tagged(revision, primary=primary):
        verb = "injects by itself" if operator.injects else "leaves the injection to the tag"
        findings.at(step.obj, finding.STEP, f"its control plane {verb}, {_words(rollout)}")
    minor = step.app.plugin.rpartition("-")[2]
    if step.app.plugin and minor != images.minor(operator.version):
        findings.at(step.obj, finding.RENDERING, f"plugin {step.app.plugin} renders Istio {operator.version}")


def _tags(chain: Chain) -> Iterator[tuple[Step, Obj]]:
    for step in chain.steps:
        if kinds.MUTATING_WEBHOOK in step.built.kinds:
            yield from ((step, obj) for obj in step.built.objects if obj.kind == kinds.MUTATING_WEBHOOK and obj.facts)


def _operator(step: Step) -> Operator | None:
    if kinds.OPERATOR not in step.built.kinds:
        return None
    return next((obj.facts for obj in step.built.objects if obj.kind == kinds.OPERATOR), None)


def _words(rollout: Rollout) -> str:
    return f"and the upgrade is at step '{rollout.step}'" if rollout.step else "and no upgrade is under way"
