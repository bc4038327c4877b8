"""What may go where: one owner per object, the AppProjects, Istio's configuration, plugins, generate paths."""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING

from mcgen import stages
from mcgen.order import finding, istio, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Parent, Step
    from mcgen.order.istio import Rendered
    from mcgen.order.objects import Obj

_CONFIGURATION = {"networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io"}


def made(step: Step) -> Iterator[tuple[Obj, Rendered]]:
    """Yield each object that comes out of a stage, rendered ones included, with where it stands."""
    for obj in step.built.objects:
        if obj.kind == objects.OPERATOR:
            for key in istio.rendered(obj.facts, obj.namespace or step.app.namespace):
                yield obj, key
        elif obj.kind in objects.CLUSTER_SCOPED:
            yield obj, (obj.kind, "", obj.name)
        else:
            yield obj, (obj.kind, obj.namespace or step.app.namespace, obj.name)


def owners(chains: Iterable[Chain], parents: Iterable[Parent], findings: Findings) -> None:
    """Add a finding for each object of a cluster that two Applications bring, and for each name used twice."""
    by_cluster: dict[str, list[Step]] = {}
    for chain in chains:
        for step in chain.steps:
            by_cluster.setdefault(step.cluster, []).append(step)
    for cluster, steps in by_cluster.items():
        seen: dict[Rendered, Step] = {}
        for step in steps:
            for obj, key in made(step):
                other = seen.setdefault(key, step)
                if other is not step:
                    (_, kind), _, name = key
                    message = (
                        f"{kind} '{name}' in cluster '{cluster}' has two owners, {other.obj.path} and {step.obj.path}"
                    )
                    findings.at(obj, finding.TWO_OWNERS, message)
    _twice(parents, findings)


def _twice(parents: Iterable[Parent], findings: Findings) -> None:
    seen: dict[tuple[str, str], str] = {}
    for parent in parents:
        applied = [(obj, obj.kind[1], obj.name) for obj in parent.built.objects]
        for obj, kind, name in (*applied, (parent.obj, "Application", parent.name)):
            other = seen.setdefault((kind, name), obj.path)
            if other != obj.path:
                findings.at(obj, finding.TWO_OWNERS, f"{kind} '{name}' is in {other} too")


def configuration(
    chains: Iterable[Chain], withheld: Iterable[tuple[Chain, tuple[Obj, ...]]], findings: Findings
) -> None:
    """Add a finding for Istio configuration and remote secrets that go to a cluster in which no istiod reads them."""
    bound = [(step.cluster, obj) for chain in chains for step in chain.steps for obj in step.built.objects]
    bound += [(chain.cluster, obj) for chain, objs in withheld for obj in objs]
    read = {cluster for cluster, obj in bound if obj.kind == objects.OPERATOR and obj.facts.has_istiod}
    for cluster, obj in bound:
        mine = obj.kind[0] in _CONFIGURATION or (obj.kind == objects.SEALED_SECRET and obj.facts)
        if mine and cluster not in read:
            message = f"it goes to cluster '{cluster}', and no istiod reads its configuration there"
            findings.at(obj, finding.UNREAD_CONFIGURATION, message)


def stage(step: Step, plugins: set[str], findings: Findings) -> None:
    """Add what is wrong with one stage: its plugin, its namespaces, its generate paths."""
    operators = [obj for obj in step.built.objects if obj.kind == objects.OPERATOR]
    if bool(operators) != bool(step.app.plugin) or (operators and len(step.built.objects) != 1):
        message = f"{step.folder} holds {len(operators)} IstioOperators among {len(step.built.objects)} objects"
        with_ = f"the plugin '{step.app.plugin}'" if step.app.plugin else "no plugin"
        findings.at(step.obj, finding.RENDERING, f"{message}, and it names {with_}")
    elif operators and step.app.plugin not in plugins:
        findings.at(step.obj, finding.RENDERING, f"argocd/setup brings no plugin '{step.app.plugin}'")
    if step.app.stage != stages.NAMESPACES:
        for obj in step.built.objects:
            if obj.kind == objects.NAMESPACE:
                message = (
                    f"stage {step.app.stage} makes it in cluster '{step.cluster}', and only {stages.NAMESPACES} may"
                )
                findings.at(obj, finding.MAKES_NAMESPACE, message)
    generate_paths(step.obj, step.app.paths, step.folder, step.built.folders, findings)


def generate_paths(obj: Obj, paths: str, folder: str, read: tuple[str, ...], findings: Findings) -> None:
    """Add a finding when manifest-generate-paths leaves out a folder that is read, or lists one that is not."""
    listed = [folder if path == "." else normpath(f"{folder}/{path}") for path in paths.split(";") if path]
    missing = [path for path in read if path not in listed and not any(path.startswith(f"{up}/") for up in listed)]
    needless = [path for path in listed if path not in read]
    for what, found in (("leaves out", missing), ("lists needlessly", needless)):
        if found:
            message = f"manifest-generate-paths {what} {', '.join(dict.fromkeys(found))}"
            findings.at(obj, finding.GENERATE_PATHS, message)
