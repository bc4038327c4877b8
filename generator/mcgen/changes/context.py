"""What is known of two trees from the paths of their files: clusters, stages, and whom a file reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mcgen import layout, names, reread, stages
from mcgen.changes.trees import CONTEXT
from mcgen.lifecycle import tree
from mcgen.lifecycle.steps import applications

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mcgen.changes.trees import Side, Trees
    from mcgen.tree import Data

_SECRETS = "remote-secrets"
_OVERLAY = re.compile(r"clusters/([^/]+)/([^/]+)/")
_PAIR = re.compile(r"clusters/([^/]+)/remote-secrets/([^/]+)/")
_READERS = re.compile(r"bases/readers/([^/]+)/")
_PEERS = re.compile(r"bases/peers/([^/]+)/")
_BASE = re.compile(r"bases/([^/]+)/")
_FINALIZERS = b"\n  finalizers:"


@dataclass(frozen=True)
class Context:
    """Two trees, and what follows from them; nothing in it is changed."""

    trees: Trees

    @property
    def old(self) -> Side:
        """Return the tree before."""
        return self.trees.old

    @property
    def new(self) -> Side:
        """Return the tree after."""
        return self.trees.new

    @cached_property
    def changed(self) -> list[str]:
        """Return the paths of the files that differ, the manifest left out."""
        old, new = self.old.contents, self.new.contents
        return [path for path in sorted({*old, *new} - {layout.MANIFEST}) if old.get(path) != new.get(path)]

    @cached_property
    def stages(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Return the folders of each cluster, before and after."""
        return _stages(self.old), _stages(self.new)

    @cached_property
    def served(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the primary of each remote, before and after."""
        return _served(self.old), _served(self.new)

    @cached_property
    def added(self) -> frozenset[str]:
        """Return the clusters that are new."""
        before, after = self.stages
        return frozenset(after.keys() - before.keys())

    @cached_property
    def removed(self) -> frozenset[str]:
        """Return the clusters that are gone."""
        before, after = self.stages
        return frozenset(before.keys() - after.keys())

    @cached_property
    def remotes(self) -> frozenset[str]:
        """Return the remotes of the tree before, by the list of their ApplicationSet."""
        return frozenset(tree.listed(_read(self.old, [layout.application_set(names.REMOTES)])))

    @cached_property
    def leaving(self) -> dict[str, str]:
        """Return how far clusters of the tree after have left."""
        return tree.states(_read(self.new, map(layout.application_set, (names.PRIMARIES, names.REMOTES))))

    @cached_property
    def _chains(self) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
        return applications(self.old.paths), applications(self.new.paths)

    @cached_property
    def _orphaned(self) -> frozenset[tuple[str, str]]:
        """Return the clusters and stages whose Application goes without a finalizer."""
        before, after = self._chains
        gone = {pair: path for pair, path in before.items() if pair not in after and pair[0] not in self.removed}
        return frozenset(pair for pair, path in gone.items() if _FINALIZERS not in self.old.contents.get(path, b""))

    def orphans(self, path: str, clusters: Collection[str]) -> tuple[str, ...]:
        """Return in which of some clusters a file's stage leaves the chain and what it made stays."""
        stage = _stage(path)
        return tuple(name for name in clusters if (name, stage) in self._orphaned)

    def unapplied(self, path: str, clusters: Collection[str]) -> tuple[str, ...]:
        """Return in which of some clusters a file's stage still waited behind a gate."""
        stage = _stage(path)
        if stage not in stages.BY_NAME and not stage.startswith(names.control_plane("")):
            return ()
        return tuple(name for name in clusters if (name, stage) not in self._chains[0])

    @cached_property
    def policies(self) -> tuple[list[Data], list[Data]]:
        """Return the AuthorizationPolicies before and after; empty where none of them changed."""
        return _policies(self.old), _policies(self.new)

    def touched(self, path: str) -> tuple[str, ...]:
        """Return the clusters that a file reaches, none for one that is about Argo CD alone."""
        if pair := _PAIR.match(path):
            return (pair[2],)
        if overlay := _OVERLAY.match(path):
            return (overlay[1],)
        if readers := _READERS.match(path):
            return self._remotes(readers[1])
        if peers := _PEERS.match(path):
            return self._others(peers[1])
        if base := _BASE.match(path):
            return self._with_stage(base[1])
        return ()

    def whole(self, path: str) -> str:
        """Return the cluster that a file belongs to when all of it comes or goes, empty otherwise."""
        found = self.touched(path) if path.startswith("clusters/") else ()
        return found[0] if found and found[0] in self.added | self.removed else ""

    def _remotes(self, primary: str) -> tuple[str, ...]:
        before, after = self.served
        return tuple(sorted({name for side in (before, after) for name, by in side.items() if by == primary}))

    def _others(self, primary: str) -> tuple[str, ...]:
        """Return the clusters that a primary reads and does not serve."""
        served = self._remotes(primary)
        return tuple(sorted({c for has in self.stages for c in has} - {primary, *served}))

    def _with_stage(self, stage: str) -> tuple[str, ...]:
        cached = self._by_stage.get(stage)
        if cached is None:
            before, after = self.stages
            if stage == "gate":
                cached = tuple(sorted({*self.served[0], *self.served[1]}))
            else:
                cached = tuple(sorted({name for side in (before, after) for name, has in side.items() if stage in has}))
            self._by_stage[stage] = cached
        return cached

    @cached_property
    def _by_stage(self) -> dict[str, tuple[str, ...]]:
        return {}


def _stages(side: Side) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in side.paths:
        if (overlay := _OVERLAY.match(path)) and overlay[2] != _SECRETS:
            found.setdefault(overlay[1], set()).add(overlay[2])
    # A file that a person has left behind makes no cluster.
    return {name: has for name, has in found.items() if stages.NAMESPACES in has}


def _stage(path: str) -> str:
    found = _OVERLAY.match(path)
    base = _BASE.match(path)
    return found[2] if found else base[1] if base else ""


def _read(side: Side, paths: Iterable[str]) -> Iterable[bytes]:
    return side.read([path for path in paths if path in side.paths]).values()


def _served(side: Side) -> dict[str, str]:
    """Return the primary of each remote; its peers read it as well, and primaries are read by peers alone."""
    pairs = (_PAIR.match(path) for path in side.paths if f"/{_SECRETS}/" in path)
    found: dict[str, set[str]] = {}
    for pair in pairs:
        if pair and f"{layout.overlay(pair[2], stages.POLICIES, None)}/{layout.KUSTOMIZATION}" not in side.paths:
            found.setdefault(pair[2], set()).add(pair[1])
    return {remote: min(by) if len(by) == 1 else _primary(side, remote, by) for remote, by in found.items()}


def _primary(side: Side, remote: str, consumers: set[str]) -> str:
    """Return which of several consumers serves a remote: the one to which its own chain brings the remote secret."""
    stage = stages.BY_NAME[stages.REMOTE_SECRET]
    path = layout.application(remote, stage.wave, stage.name)
    try:
        name = reread.document(side.read([path])[path])["spec"]["destination"]["name"]
    except (reread.Unreadable, KeyError, TypeError):
        name = ""
    return name if name in consumers else min(consumers)


def _policies(side: Side) -> list[Data]:
    found: list[Data] = []
    for path, raw in side.contents.items():
        if path.startswith(CONTEXT) and path.endswith(".yaml"):
            try:
                documents = reread.documents(raw)
            except reread.Unreadable:
                continue
            found += [d for d in documents if isinstance(d, dict) and d.get("kind") == "AuthorizationPolicy"]
    return found
