"""Reading: the blueprint, its inputs, and what the output folder remembers. The only IO before the build."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgen import api_versions, blueprint, chain, facts, layout, rules, shape, source, stages
from mcgen.backends import EXTERNAL_SECRETS
from mcgen.facts import Inputs
from mcgen.mesh import resolve
from mcgen.problems import Problem, ProblemsFound, ToolError, has_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.manifest import Manifest
    from mcgen.mesh import Mesh
    from mcgen.pairs import Pair
    from mcgen.source import Source
    from mcgen.tree import DataPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A blueprint of the right shape, and the file that it stands in."""

    source: Source
    blueprint: Blueprint
    warnings: tuple[Problem, ...] = ()

    @property
    def lines(self) -> dict[str, tuple[str, ...]]:
        """Return the file's lines by its name, for reports."""
        return {self.source.file: self.source.lines}

    @property
    def folder(self) -> Path:
        """Return where the tree goes unless another place is named."""
        return Path("output") / self.blueprint.metadata.name

    def where(self, out: Path) -> str:
        """Return the option for another place, as it stands in a command that somebody is told to run."""
        from shlex import quote

        return "" if out == self.folder else f" -o {quote(str(out))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A mesh that makes sense, with where it was read from and the warnings about it."""

    source: Source
    inputs: Inputs
    mesh: Mesh
    warnings: tuple[Problem, ...]


def read(path: str) -> Read:
    """Return a blueprint that fits its schema; raise ProblemsFound with everything that is wrong otherwise."""
    found, warnings = api_versions.read(_read(path))
    problems = shape.check(found, shape.blueprint_schema())
    if problems:
        raise ProblemsFound(problems, {found.file: found.lines})
    return Read(source=found, blueprint=blueprint.convert(found.data), warnings=tuple(warnings))


def load(given: Read, inputs: Path) -> Loaded:
    """Return the mesh of a blueprint with the inputs of a folder; raise ProblemsFound when it makes no sense."""
    found = read_inputs(inputs)
    problems = rules.check(given.blueprint, found, given.source)
    if has_errors(problems):
        raise ProblemsFound([*given.warnings, *problems], given.lines)
    mesh = resolve(given.blueprint, found)
    return Loaded(source=given.source, inputs=found, mesh=mesh, warnings=(*given.warnings, *problems))


def read_inputs(folder: Path) -> Inputs:
    """Return the facts and the sealed secrets (remotes, CAs) that lie in a tree, or in a folder of the same layout."""
    files: dict[str, bytes] = {}
    known = facts.Facts()
    if (folder / layout.FACTS).is_file():
        as_written = _read(str(folder / layout.FACTS))
        found, _ = api_versions.read(as_written)
        problems = shape.check(found, shape.facts_schema())
        if problems:
            raise ProblemsFound(problems, {found.file: found.lines})
        known = facts.convert(found.data)
        files[layout.FACTS] = found.text.encode()
    sealed: dict[tuple[str, str], Any] = {}
    for consumer, remote in _sealed_pairs(folder):
        path = layout.sealed_secret(consumer, remote)
        found = _read(str(folder / path))
        sealed[consumer, remote] = found.data
        files[path] = found.text.encode()
    authorities: dict[str, Any] = {}
    for primary in _folders(folder / "clusters"):
        path = layout.sealed_authority(primary)
        if (folder / path).is_file():
            found = _read(str(folder / path))
            authorities[primary] = found.data
            files[path] = found.text.encode()
    return Inputs(facts=known, sealed=sealed, authorities=authorities, files=files)


def _read(path: str) -> Source:
    found = source.read(path)
    if found.problems:
        raise ProblemsFound(found.problems, {found.file: found.lines})
    return found


def _sealed_pairs(folder: Path) -> Iterator[tuple[str, str]]:
    clusters = folder / "clusters"
    for consumer in _folders(clusters):
        secrets = clusters / consumer / "remote-secrets"
        for remote in _folders(secrets):
            if (secrets / remote / layout.SEALED_SECRET).is_file():
                yield consumer, remote


def _folders(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ToolError(f"'{path}' cannot be read: {error.strerror}") from error


def lost_stages(loaded: Loaded, manifest: Manifest, problems: list[Problem]) -> list[Problem]:
    """Return a problem for every stage that the tree had opened and that this build would take away again.

    A sealed secret or a fact that is gone closes a gate; the Applications behind it would be pruned.
    manifest, problems: of the tree, as `store.load_manifest` returns them.
    """
    if has_errors(problems):
        return problems
    closed = [
        _closed(loaded, steps)
        for cluster, steps in chain.whole(loaded.mesh)
        if any(
            not step.listed and layout.application(cluster.name, step.stage.wave, step.name) in manifest.files
            for step in steps
        )
    ]
    return closed + [
        _unread(loaded, pair)
        for pair in loaded.mesh.all_pairs
        if not pair.serves and not pair.held and _had(manifest, pair)
    ]


def _had(manifest: Manifest, pair: Pair) -> bool:
    """Return whether a tree had the remote secret of a pair, and not only the gate in its place."""
    folder = layout.overlay(pair.remote.name, stages.REMOTE_SECRET, pair.consumer.name)
    sealed, kept = (f"{folder}/{name}" for name in (layout.SEALED_SECRET, layout.EXTERNAL_SECRET))
    return sealed in manifest.inputs or kept in manifest.files


def _closed(loaded: Loaded, steps: tuple[chain.Step, ...]) -> Problem:
    gate = next(step for step in steps if step.gate)
    if gate.stage.name == stages.CONTROL_PLANE:
        path, what = layout.FACTS, f"the address of {gate.cluster.primary}"
    else:
        path, what = loaded.mesh.secrets.backend.place(gate), f"stage {gate.name} of {gate.cluster.name}"
    lost = f"has lost {what}" if path == layout.FACTS else "is gone"
    message = f"{path} {lost}: the stages of {gate.cluster.name} behind it were open and would be taken away"
    return _lost(loaded, gate.origin, path, message)


def _unread(loaded: Loaded, pair: Pair) -> Problem:
    path, lost = layout.sealed_secret(pair.consumer.name, pair.remote.name), "is gone"
    if loaded.mesh.secrets.name == EXTERNAL_SECRETS:
        path, lost = layout.FACTS, f"has lost pushed.{pair.consumer.name}.{pair.remote.name}"
    message = (
        f"{path} {lost}: the istiod of {pair.consumer.name} would not be told any more where {pair.remote.name} is"
    )
    return _lost(loaded, pair.remote.origin, path, message)


def _lost(loaded: Loaded, origin: DataPath, path: str, message: str) -> Problem:
    advice = f"restore it (`git checkout -- {path}` in the tree), or find it again and put it there"
    return Problem(code="MC237", message=message, pos=loaded.source.pos(origin), advice=advice)
