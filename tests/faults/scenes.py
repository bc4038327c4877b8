"""Commands on the sample mesh: what is there before, the command, and what must be there in the end."""

from __future__ import annotations

import shutil
import traceback
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import mcgen.build
from mcgen import disk
from mcgen.cli import run
from tests.faults import strace
from tests.samples import CHECKOUT
from tests.snapshots import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcgen.build import Built
    from mcgen.load import Loaded

BLUEPRINT, OUT = "blueprints/gke-aks.yaml", "output/gke-aks"
_BUILD = ("build", BLUEPRINT, "--validator", "embedded")
_SEALED = (*_BUILD, "--inputs", "blueprints/gke-aks.inputs")
MANIFEST = f"{disk.STATE}/manifest.json"
_NOT_IN_LESS = (
    "    ingressGateway: true\n",
    "bootstrap:\n",
    "  image:",
    "  git: {url",
    "      credentials:",
    "    boot",
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """before: the commands that make what is there first; less: of a blueprint that lost parts.

    again: what a person does after it went wrong, else the same; place: the folder in which it writes.
    """

    name: str
    before: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]
    again: tuple[str, ...] = ()
    less: bool = False
    place: str = OUT


BUILDS = (
    Scene(name="first build", before=(), command=_BUILD),
    Scene(name="remote secrets come", before=(_BUILD,), command=_SEALED),
    Scene(name="parts are taken out", before=(_BUILD,), command=_BUILD, less=True),
)

_INIT = ("init", "made/mesh.yaml", "--name", "shop", "--repo", "https://git.example.com/shop.git", "--cluster")
_ONE, _TWO = (*_INIT, "one=gke"), (*_INIT, "one=gke", "--cluster", "two=aks")
_TREE = ("build", "blueprints/minimal.yaml", "-o", "tree", "--validator", "embedded")
_IMPORT = ("import", "tree", "-o", "made/mesh.yaml", "--force")
_DRAW = ("graph", "blueprints/minimal.yaml", "-o", "made/mesh", "--format")
_ADD = ("add", "cluster", "made/mesh.yaml", "two", "--platform", "aks", "--role", "remote")
FILES = (
    Scene(name="init", before=(), command=_ONE, again=(*_ONE, "--force"), place="made"),
    Scene(name="init --force", before=(_ONE,), command=(*_TWO, "--force"), place="made"),
    Scene(name="import", before=(_TREE,), command=_IMPORT[:-1], again=_IMPORT, place="made"),
    Scene(name="import --force", before=(_TREE, _ONE), command=_IMPORT, place="made"),
    Scene(name="graph", before=((*_DRAW, "mermaid"),), command=(*_DRAW, "svg"), place="made"),
    Scene(name="add cluster", before=(_ONE,), command=_ADD, place="made"),
)
"""Commands that write files outside of a tree."""


class Stage:
    """A scene in a folder of its own, which is brought back to its beginning again and again."""

    def __init__(self, scene: Scene, scratch: Path) -> None:
        """Play the scene once without any fault."""
        self.scene = scene
        self.folder, self._before = scratch / "work", scratch / "before"
        shutil.copytree(CHECKOUT / "blueprints", self._before / "blueprints")
        for command in scene.before:
            build(command, self._before)
        if scene.less:
            file = self._before / BLUEPRINT
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join(line for line in lines if not line.startswith(_NOT_IN_LESS)))
        self.old = self._shown(self._before)
        # Modules and schemas are in memory from here on, so that what is left are the calls of the command.
        self.reset()
        build(scene.command, self.folder)
        self.new = self._shown(self.folder)
        assert self.old != self.new
        self.reset()
        self.points = strace.points(self._command, self.folder)

    def reset(self) -> None:
        """Bring the folder back to the beginning."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        shutil.copytree(self._before, self.folder)

    def _command(self) -> int:
        # Python's streams belong to the parent's output, and a test runner's may be no files at all.
        with (
            open(1, "w", closefd=False) as out,
            open(2, "w", closefd=False) as err,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                return run(list(self.scene.command))
            except BaseException:
                traceback.print_exc()
                return 1

    def play(self, point: strace.Point, fault: str) -> list[str]:
        """Let one call go wrong, run the command again, and return everything that is not as it should be."""
        self.reset()
        ended = strace.inject(self._command, self.folder, point, fault)
        found = self._shown(self.folder)
        wrong = [*_judge_end(ended, fault), *self._judge_files(found, ended, fault)]
        # A build is run again in any case; `add` would find its cluster there.
        if self.scene.place == OUT or self._shown(self.folder) != self.new:
            build(self.scene.again or self.scene.command, self.folder)
        after = self._shown(self.folder)
        wrong += [f"after the next run: {path}" for path in _differences(after, self.new)]
        return [f"{self.scene.name}, {fault} at {point}: {what}" for what in wrong]

    def _judge_files(self, found: dict[str, bytes], ended: strace.Ended, fault: str) -> list[str]:
        left = [path for path in found if path == disk.UNFINISHED or path.endswith(".unfinished")]
        wrong = [f"{path} is left" for path in left if fault != strace.KILL]
        for path in left:
            del found[path]
        if ended.code == 0:
            return wrong + [f"all is said to be well, and is not: {path}" for path in _differences(found, self.new)]
        states = (self.old, self.new)
        wrong += [
            f"{path} is neither old nor new"
            for path, content in found.items()
            if path != MANIFEST and content not in [state.get(path) for state in states]
        ]
        kept = self.old.keys() & self.new.keys()
        return wrong + [f"{path} is gone" for path in sorted(kept - found.keys())]

    def _shown(self, folder: Path) -> dict[str, bytes]:
        place = folder / self.scene.place
        return snapshot(place) if place.exists() else {}


@contextmanager
def remembering() -> Iterator[None]:
    """Make each tree once: between reading and writing a build touches no disk, and thousands of them are alike."""
    made: dict[tuple[str, ...], Built] = {}
    make = mcgen.build.build

    def remembered(loaded: Loaded, *more: Any) -> Built:
        key = (loaded.source.text, *(f"{path} {content!r}" for path, content in loaded.inputs.files.items()))
        if key not in made:
            made[key] = make(loaded, *more)
        return made[key]

    with patch.object(mcgen.build, "build", remembered):
        yield


def build(command: tuple[str, ...], folder: Path) -> None:
    """Run mcgen in this process; raise AssertionError unless all is well."""
    said = StringIO()
    with chdir(folder), redirect_stdout(said), redirect_stderr(said):
        code = run(list(command))
    assert code == 0, said.getvalue()


def _judge_end(ended: strace.Ended, fault: str) -> list[str]:
    if fault == strace.KILL:
        return [] if ended.code == -9 else [f"it was killed, and ended with {ended.code}"]
    wrong = ["a traceback"] if "Traceback" in ended.said else []
    # A blueprint that cannot be read is wrong use.
    if ended.code not in {0, 2, 3}:
        wrong.append(f"exit code {ended.code}: {ended.said!r}")
    elif ended.code and "mcgen: " not in ended.said:
        wrong.append(f"no word about it: {ended.said!r}")
    return wrong


def _differences(one: dict[str, bytes], two: dict[str, bytes]) -> list[str]:
    return sorted(path for path in one.keys() | two.keys() if one.get(path) != two.get(path))
