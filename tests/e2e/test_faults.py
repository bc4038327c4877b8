"""A sample of `make faults`: the real system refuses a call of a build, or kills it there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mcgen import single
from tests.faults import strace
from tests.faults.scenes import BUILDS, FILES, Scene, Stage, remembering
from tests.snapshots import FAST

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scene", BUILDS, ids=lambda scene: scene.name)
def test_no_build_is_half_done(scene: Scene) -> None:
    with TemporaryDirectory(dir=FAST) as scratch, remembering():
        stage = Stage(scene, Path(scratch))
        assert len(stage.points) > 150
        for point in stage.points[::40]:
            for fault in strace.FAULTS:
                assert stage.play(point, fault) == []


@pytest.mark.parametrize("scene", FILES, ids=lambda scene: scene.name)
def test_no_file_is_half_written(scene: Scene) -> None:
    with TemporaryDirectory(dir=FAST) as scratch, remembering():
        stage = Stage(scene, Path(scratch))
        assert {"write", "fsync"} <= {point.call for point in stage.points}
        # What comes last is the writing.
        for point in stage.points[-10:]:
            for fault in ("ENOSPC", strace.KILL):
                assert stage.play(point, fault) == []


@pytest.mark.parametrize("scene", [scene for scene in FILES if "force" in scene.name], ids=lambda scene: scene.name)
def test_the_plain_way_loses_the_old_file(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with `write_text` in its place a kill leaves a file that is neither old nor new."""

    def plainly(path: Path, content: bytes, **_: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.decode())

    monkeypatch.setattr(single, "write", plainly)
    with TemporaryDirectory(dir=FAST) as scratch, remembering():
        stage = Stage(scene, Path(scratch))
        wrong = [line for point in stage.points[-6:] for line in stage.play(point, strace.KILL)]
        assert any("mesh.yaml is neither old nor new" in line for line in wrong)
