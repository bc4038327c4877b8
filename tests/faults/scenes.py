"""Builds of the sample mesh: what is there before, the command, and what must be there in the end."""

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
    """before: the command that makes what is there first, none for nothing; less: of a blueprint that lost parts."""

    name: str
    before: tuple[str, ...]
    build: tuple[str, ...]
    less: bool = False


SCENES = (
    Scene(name="first build", before=(), build=_BUILD),
    Scene(name="remote secrets come", before=_BUILD, build=_SEALED),
    Scene(name="parts are taken out", before=_BUILD, build=_BUILD, less=True),
)


class Stage:
    """A scene in a folder of its own, which is brought back to its beginning again and again."""

    def __init__(self, scene: Scene, scratch: Path) -> None:
        """Play the scene once without any fault."""
        self.scene = scene
        self.folder, self._before = scratch / "work", scratch / "before"
        shutil.copytree(CHECKOUT / "blueprints", self._before / "blueprints")
        if scene.before:
            build(scene.before, self._before)
        if scene.less:
            file = self._before / BLUEPRINT
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join(line for line in lines if not line.startswith(_NOT_IN_LESS)))
        self.old = self._shown(self._before)
        # Modules and schemas are in memory from here on, so that what is left are the calls of the build.
        self.reset()
        build(scene.build, self.folder)
        self.new = self._shown(self.folder)
        assert self.old != self.new
        self.reset()
        self.points = strace.points(self._build, self.folder)

    def reset(self) -> None:
        """Bring the folder back to the beginning."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        shutil.copytree(self._before, self.folder)

    def _build(self) -> int:
        # Python's streams belong to the parent's output, and a test runner's may be no files at all.
        with (
            open(1, "w", closefd=False) as out,
            open(2, "w", closefd=False) as err,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                return run(list(self.scene.build))
            except BaseException:
                traceback.print_exc()
                return 1

    def play(self, point: strace.Point, fault: str) -> list[str]:
        """Let one call go wrong, build again, and return everything that is not as it should be."""
        self.reset()
        ended = strace.inject(self._build, self.folder, point, fault)
        found = self._shown(self.folder)
        wrong = [*_judge_end(ended, fault), *self._judge_files(found, ended, fault)]
        build(self.scene.build, self.folder)
        after = self._shown(self.folder)
        wrong += [f"after the next build: {path}" for path in _differences(after, self.new)]
        return [f"{self.scene.name}, {fault} at {point}: {what}" for what in wrong]

    def _judge_files(self, found: dict[str, bytes], ended: strace.Ended, fault: str) -> list[str]:
        leftover = found.pop(disk.UNFINISHED, None)
        wrong = ["a temporary file is left"] if leftover is not None and fault != strace.KILL else []
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
        return snapshot(folder / OUT) if (folder / OUT).exists() else {}


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
