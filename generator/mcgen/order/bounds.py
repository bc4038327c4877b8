"""What may go where: one owner per object, Istio's configuration, plugins, namespaces, generate paths."""

from __future__ import annotations

from functools import cache
from posixpath import normpath
from typing import TYPE_CHECKING

from mcgen import layout, names, phases, stages
from mcgen.order import finding, istio, kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Parent, Peer, Step
    from mcgen.order.istio import Rendered
    from mcgen.order.kinds import Kind
    from mcgen.order.kustomize import Built
    from mcgen.order.objects import Obj


def by_cluster(chains: Iterable[Chain], peers: Iterable[Peer]) -> dict[str, list[Step]]:
    """Return the steps of all chains, and what peers are told, by the cluster that their objects go to."""
    found: dict[str, list[Step]] = {}
    for step in (*(step for chain in chains for step in chain.steps), *(peer.step for peer in peers)):
        found.setdefault(step.cluster, []).append(step)
    return found


def made(step: Step) -> list[tuple[Obj, Rendered]]:
    """Return each object that comes out of a stage, rendered ones included, with where it stands."""
    default = step.app.namespace
    found: list[tuple[Obj, Rendered]] = []
    for obj in step.built.objects if step.made is None else step.made:
        kind = obj.kind
        if kind == kinds.OPERATOR:
            found += [(obj, key) for key in istio.rendered(obj.facts, obj.namespace or default)]
        elif kind in kinds.CLUSTER_SCOPED:
            found.append((obj, (kind, "", obj.name)))
        else:
            found.append((obj, (kind, obj.namespace or default, obj.name)))
    return found


class Owners:
    """Finds the objects of one cluster that two Applications bring."""

    def __init__(self, cluster: str, findings: Findings) -> None:
        self._cluster = cluster
        self._findings = findings
        self._seen: dict[Rendered, Step] = {}

    def add(self, step: Step, objs: Iterable[tuple[Obj, Rendered]]) -> None:
        """Take in the objects of one stage; add a finding for each that another stage brings too."""
        for obj, key in objs:
            other = self._seen.setdefault(key, step)
            if other is not step:
                what = f"{kinds.words(key[0])} '{key[2]}' of cluster '{self._cluster}'"
                message = f"{what} has two owners, {other.obj.path} and {step.obj.path}"
                self._findings.at(obj, finding.TWO_OWNERS, message)


def parents(found: Iterable[Parent], peers: Iterable[Peer], findings: Findings) -> None:
    """Add what is wrong with root and chains: a name that is used twice, by peers too, and generate paths."""
    seen: dict[tuple[str, str], str] = {}
    for peer in peers:
        if (kinds.APPLICATION, peer.name) in seen:
            message = f"Application '{peer.name}' is there twice"
            findings.at(peer.step.obj, finding.TWO_OWNERS, message)
        seen[kinds.APPLICATION, peer.name] = peer.step.obj.path
    for parent in found:
        applied = [(obj, obj.kind, obj.name) for obj in parent.built.objects]
        for obj, kind, name in (*applied, (parent.obj, kinds.APPLICATION, parent.name)):
            if (kind, name) in seen:
                message = f"{kinds.words(kind)} '{name}' is there twice, from {seen[kind, name]} and {obj.path}"
                findings.at(obj, finding.TWO_OWNERS, message)
            seen[kind, name] = obj.path
        generate_paths(parent.obj, parent.app.paths, parent.built.folders, findings)


def configuration(
    chains: Sequence[Chain], peers: Iterable[Peer], withheld: Iterable[tuple[Chain, Built]], findings: Findings
) -> None:
    """Add a finding for Istio configuration and remote secrets that go where no istiod reads them."""
    bound = [(step.cluster, step.built) for chain in chains for step in chain.steps]
    bound += [(peer.step.cluster, peer.step.built) for peer in peers]
    bound += [(chain.cluster, built) for chain, built in withheld]
    read = {
        cluster
        for cluster, built in bound
        if kinds.OPERATOR in built.kinds
        if any(obj.kind == kinds.OPERATOR and obj.facts.has_istiod for obj in built.objects)
    }
    # Policies go after the istiod of a primary that leaves; what waits at a gate when it leaves never comes.
    read |= {
        chain.cluster
        for chain in chains
        if stages.CONTROL_PLANE in phases.gone(chain.state) or (chain.state and chain.waits)
    }
    for cluster, built in bound:
        concerned = () if cluster in read else [kind for kind in built.kinds if _is_configuration(kind)]
        for obj in built.objects if concerned else ():
            if obj.kind in concerned and (obj.kind not in kinds.SECRETS or obj.facts):
                message = f"it goes to cluster '{cluster}', and no istiod reads its configuration there"
                findings.at(obj, finding.UNREAD_CONFIGURATION, message)


@cache
def _is_configuration(kind: Kind) -> bool:
    return kind in kinds.SECRETS or kinds.group(kind) in names.CONFIGURATION_GROUPS


def is_rendered(step: Step) -> bool:
    """Return whether the objects of a step come of an IstioOperator, and not of a gate."""
    stage = stages.BY_NAME.get(step.app.stage)
    return bool(stage and stage.rendered and not step.gate)


def stage(step: Step, plugins: set[str], findings: Findings) -> None:
    """Add what is wrong with one stage: its plugin, its namespaces, its generate paths."""
    if step.gate:
        _gate(step, plugins, findings)
    elif step.made is not None:
        _beside(step, step.made, findings)
    elif step.app.charted:
        _charted(step, step.app.charted, findings)
        return
    elif step.app.plugin or kinds.OPERATOR in step.built.kinds:
        _rendering(step, plugins, findings)
    if step.app.stage != stages.NAMESPACES and kinds.NAMESPACE in step.built.kinds:
        for obj in step.built.objects:
            if obj.kind == kinds.NAMESPACE:
                message = f"stage '{step.app.stage}' of cluster '{step.cluster}' makes it"
                findings.at(obj, finding.MAKES_NAMESPACE, message)
    generate_paths(step.obj, step.app.paths, step.built.folders, findings)


def _rendering(step: Step, plugins: set[str], findings: Findings) -> None:
    plugin, number = step.app.plugin, len(step.built.objects)
    operators = sum(obj.kind == kinds.OPERATOR for obj in step.built.objects)
    if operators and not plugin:
        message = f"{step.folder} holds an IstioOperator, which no cluster takes, and no plugin renders it"
        findings.at(step.obj, finding.RENDERING, message)
    elif (operators, number) != (1, 1):
        message = f"its plugin renders one IstioOperator, and {step.folder} holds {operators} among {number} objects"
        findings.at(step.obj, finding.RENDERING, message)
    elif plugin not in plugins:
        findings.at(step.obj, finding.RENDERING, f"argocd/setup brings no plugin '{plugin}'")


def _charted(step: Step, chart: istio.Operator, findings: Findings) -> None:
    """Add a finding when a chart makes something else than the IstioOperator beside the chain says."""
    operators = [obj.facts for obj in step.built.objects if obj.kind == kinds.OPERATOR]
    if len(operators) != 1 or len(step.built.objects) != 1 or not istio.agree(operators[0], chart):
        message = f"its chart and values do not say what the IstioOperator in {step.folder} says"
        findings.at(step.obj, finding.RENDERING, message)


def _beside(step: Step, there: Sequence[Obj], findings: Findings) -> None:
    """Add what speaks against objects being what an IstioOperator beside them makes: edges are proved from that."""
    operators = [obj for obj in step.built.objects if obj.kind == kinds.OPERATOR]
    if step.app.plugin or len(operators) != 1 or len(step.built.objects) != 1:
        message = f"{step.folder} holds objects, so one IstioOperator stands beside it, and no plugin renders it"
        findings.at(step.obj, finding.RENDERING, message)
        return
    (operator,) = operators
    have = {_folded(key) for _, key in made(step)}
    for kind, namespace, name in istio.rendered(operator.facts, operator.namespace or step.app.namespace):
        if (kind, namespace, name) not in have:
            message = f"{kinds.words(kind)} '{name}' of {operator.path} is not in {step.folder}"
            findings.at(step.obj, finding.RENDERING, message)
    for obj in there:
        if obj.aside:
            message = f"{obj.aside} of {step.obj.title}, for which others wait"
            findings.at(obj, finding.MEANINGLESS, message)


def _folded(key: Rendered) -> Rendered:
    """Return an object, all of Istio's CRDs as one."""
    kind, namespace, name = key
    return (kind, namespace, f"*.{istio.FAMILY}") if kind == kinds.CRD and name.endswith(f".{istio.FAMILY}") else key


def _gate(step: Step, plugins: set[str], findings: Findings) -> None:
    """Add a finding when the source of a gate is not what it is once the gate is open."""
    stage = stages.BY_NAME.get(step.app.stage)
    # The other two have folders of their own, in which nothing is that could be applied once the gate is open.
    own = layout.is_manifests(step.folder) or layout.is_gate(step.folder)
    if stage and stage.rendered and not own and step.app.plugin not in plugins:
        message = (
            f"the gate of '{step.app.stage}' is not rendered by a plugin of argocd/setup: a sync that begins when the "
            "gate opens would go on without one for ever"
        )
        findings.at(step.obj, finding.RENDERING, message)


def generate_paths(obj: Obj, paths: str, read: Sequence[str], findings: Findings) -> None:
    """Add a finding when manifest-generate-paths leaves out a folder that is read, or lists one that is not.

    read: the folders, the Application's own first. A path covers what is below it, so a base covers its variants.
    """
    if paths == "." and len(read) == 1:
        return
    listed = [read[0] if path == "." else normpath(f"{read[0]}/{path}") for path in paths.split(";") if path]
    missing = [path for path in read if path not in listed and not any(path.startswith(f"{up}/") for up in listed)]
    needless = [path for path in listed if path not in read]
    for what, found in (("leaves out", missing), ("lists needlessly", needless)):
        if found:
            message = f"manifest-generate-paths {what} {', '.join(dict.fromkeys(found))}"
            findings.at(obj, finding.GENERATE_PATHS, message)
