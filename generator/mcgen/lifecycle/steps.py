"""What may happen to clusters between two commits: one phase at a time, and nobody leaves without them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import layout, names, phases, stages
from mcgen.lifecycle import tree
from mcgen.problems import Pos, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from mcgen.manifest import Manifest

# See layout.application.
APPLICATION = re.compile(r"clusters/([^/]+)/argocd/\d+-([^/]+)\.yaml")
_READS = re.compile(rf"{layout.overlay('([^/]+)', stages.REMOTE_SECRET, '([^/]+)')}/{re.escape(layout.KUSTOMIZATION)}")
# What goes with a field of the blueprint. Upgrades have finalizers, and the controller with the sealing keys has MC654.
_BY_FIELD = frozenset((stages.TRUST, stages.INGRESS_GATEWAY, stages.EXPOSURE, stages.POLICIES, stages.WORKLOADS))
# What every cluster has as long as it is a member.
_NEEDED = frozenset((stages.NAMESPACES, stages.BASE, stages.CONTROL_PLANE, stages.EAST_WEST_GATEWAY))


def compare(
    folder: Path,
    old: tuple[Manifest, Mapping[str, str]],
    new: tuple[Manifest, Mapping[str, str]],
    forget: Collection[str],
) -> Iterator[Problem]:
    """Yield what cannot happen to clusters in one commit.

    old, new: a manifest, and the states of the clusters that leave. forget: clusters that may go without phases.
    """
    now = set(tree.clusters(new[0]))
    went = [old[1].get(cluster, phases.MEMBER) for cluster in tree.clusters(old[0]) if cluster not in now]
    for cluster in tree.clusters(old[0]):
        before, after = old[1].get(cluster, phases.MEMBER), new[1].get(cluster, phases.MEMBER)
        pos = Pos(file=str(folder / layout.chain(cluster)))
        if cluster not in now:
            if before != phases.LAST and cluster not in forget:
                yield _gone(cluster, before, pos)
        elif not phases.may_follow(before, after):
            yield _skipped(cluster, before, after, pos)
        else:
            yield from _lost(cluster, after, (old[0], new[0]), pos, went)
    yield from _unread(folder, old[0], new[0])
    yield from left_behind(folder, old, new)


def left_behind(
    folder: Path, old: tuple[Manifest, Mapping[str, str]], new: tuple[Manifest, Mapping[str, str]]
) -> Iterator[Problem]:
    """Yield a warning for each stage that goes with a field of the blueprint: what it made stays.

    old, new: as in `compare`. Where nobody comes through a gateway any more, its stages go with finalizers, or MC662
    has the word.
    """
    before, after = (applications(each[0].files).keys() for each in (old, new))
    spaces = f"{layout.base(stages.NAMESPACES)}/"
    # With the demo its namespace goes, and all that is in it.
    space_goes = any(path.startswith(spaces) for path in old[0].files.keys() - new[0].files.keys())
    for cluster, stage in sorted(before - after):
        if stage not in _BY_FIELD or old[1].get(cluster) or new[1].get(cluster):
            continue
        if not after >= {(cluster, stages.NAMESPACES), (cluster, stages.EAST_WEST_GATEWAY)} & before:
            continue
        if stage == stages.WORKLOADS and space_goes:
            continue
        if f"{layout.overlay(cluster, stage, None)}/{layout.KUSTOMIZATION}" in new[0].files:
            continue  # MC651
        app = names.application(old[0].blueprint, cluster, stage)
        yield Problem(
            code="MC668",
            message=f'stage {stage} of "{cluster}" goes, and what it made stays in the cluster and works on',
            pos=Pos(file=str(folder / layout.chain(cluster))),
            advice=f'before you merge this, give the Application "{app}" a finalizer, so that Argo CD deletes it all: '
            "`mcgen explain MC668` has the command",
            severity=Severity.WARNING,
        )


def applications(paths: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the file of each Application of the chains, by cluster and stage."""
    return {(match[1], match[2]): path for path in paths if (match := APPLICATION.fullmatch(path))}


def _gone(cluster: str, before: str, pos: Pos) -> Problem:
    return Problem(
        code="MC660",
        message=f'"{cluster}" is {_words(before)} at the other revision, and now gone: what it has stays behind',
        pos=pos,
        advice="let it go phase by phase, with `mcgen remove cluster`; if the cluster is dead, say --forget " + cluster,
    )


def _skipped(cluster: str, before: str, after: str, pos: Pos) -> Problem:
    if before == phases.LAST:
        advice = "give it another name and add it anew: the token in its remote secret was deleted"
    else:
        advice = f"take one phase in each commit: {_words(phases.following(before))} is next"
    message = f'"{cluster}" goes from {_words(before)} to {_words(after)} in one step'
    return Problem(code="MC661", message=message, pos=pos, advice=advice)


def _lost(
    cluster: str, state: str, manifests: tuple[Manifest, Manifest], pos: Pos, went: Collection[str]
) -> Iterator[Problem]:
    """Yield the stages that a cluster has lost altogether, although its phase does not take them.

    went: the states of the clusters whose lines are out. A gateway goes with those of the last who came through it.
    """
    before, after = ({_stage(match[2]) for path in m.files if (match := _of(cluster, path))} for m in manifests)
    for stage in sorted((before - after) & _needed(state)):
        if f"{layout.overlay(cluster, stage, None)}/{layout.KUSTOMIZATION}" in manifests[1].files:
            continue  # MC651
        if stage == stages.EAST_WEST_GATEWAY and went:
            # The proof has seen to its finalizer where they left in phases.
            yield from [] if set(went) == {phases.LAST} else [_unused(cluster, pos)]
            continue
        yield Problem(
            code="MC662",
            message=f'"{cluster}" is {_words(state)} and loses its stage {stage}, whose objects stay behind',
            pos=pos,
            advice="build the tree again from its blueprint and its inputs",
        )


def _unused(cluster: str, pos: Pos) -> Problem:
    return Problem(
        code="MC662",
        message=f'nobody comes through the gateway of "{cluster}" any more, and its objects stay behind',
        pos=pos,
        advice="delete them by hand, the Service with its load balancer first",
        severity=Severity.WARNING,
    )


def _unread(folder: Path, old: Manifest, new: Manifest) -> Iterator[Problem]:
    """Yield the remote secrets that a tree has lost although both clusters are in it; in phases their folder stays.

    A folder that only held a gate stands for no remote secret, and leaves nothing behind.
    """
    there = set(tree.clusters(new))
    for path in sorted(old.files.keys() - new.files.keys()):
        match = _READS.fullmatch(path)
        if match and there >= set(match.groups()) and _held(path.rpartition("/")[0], old):
            yield Problem(
                code="MC662",
                message=f'"{match[1]}" no longer reads "{match[2]}", and its remote secret stays behind',
                pos=Pos(file=str(folder / layout.APPLICATION_SETS)),
                advice="restore the sealed file, and build again",
            )


def _held(folder: str, manifest: Manifest) -> bool:
    """Return whether a remote secret lies in a folder: sealed, which is an input of the build, or kept elsewhere."""
    sealed, kept = (f"{folder}/{name}" for name in (layout.SEALED_SECRET, layout.EXTERNAL_SECRET))
    return sealed in manifest.inputs or kept in manifest.files


def _needed(state: str) -> frozenset[str]:
    return (_NEEDED | {stages.REMOTE_SECRET}) - phases.gone(state)


def _of(cluster: str, path: str) -> re.Match[str] | None:
    match = APPLICATION.fullmatch(path)
    return match if match and match[1] == cluster else None


def _stage(name: str) -> str:
    """Return the stage of an Application: a cluster may have a control plane of each revision."""
    return stages.CONTROL_PLANE if name.startswith(names.control_plane("")) else name


def _words(state: str) -> str:
    return f"'{state}'" if state else "a member"
