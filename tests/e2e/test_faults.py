"""A sample of `make faults`: the real system refuses a call of a build, or kills it there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults import strace
from tests.faults.scenes import SCENES, Scene, Stage, remembering
from tests.snapshots import FAST

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_nothing_is_half_done(scene: Scene) -> None:
    with TemporaryDirectory(dir=FAST) as scratch, remembering():
        stage = Stage(scene, Path(scratch))
        assert len(stage.points) > 150
        for point in stage.points[::40]:
            for fault in strace.FAULTS:
                assert stage.play(point, fault) == []
