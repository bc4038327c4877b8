"""The checker is not blind: it finds what the obvious way does wrong, with the same stages on the same clusters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from mcgen.verify.watch import EXISTS
from mcgen.verify.watch_order import violations
from tests.e2e_order import obvious
from tests.lab.process import wait_for
from tests.lab.recorder import Recorder

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def deployed(recorder: Recorder, stage: str) -> bool:
    owner = f"gke-aks-aks-{stage}"
    return any((each.kind, each.what, each.application) == ("Deployment", EXISTS, owner) for each in recorder.events)


def test_application_sets_in_waves_put_workloads_and_gateway_before_the_remote_secret_works(complete: Team) -> None:
    obvious.take_away(complete)
    clusters = complete.lab.clusters.items()
    with Recorder({name: cluster.kubeconfig for name, cluster in clusters}) as recorder:
        obvious.deliver(complete)
        for stage in ("workloads", "east-west-gateway"):
            wait_for(f"the stage {stage} in aks", partial(deployed, recorder, stage), seconds=300, pause=1)
    recorder.write(complete.lab.logs / "timeline-obvious.txt")
    found = [str(each) for each in violations(recorder.events, complete.chain("aks"))]
    for stage, effect in (("workloads", "caBundle filled"), ("east-west-gateway", "unsealed")):
        assert any(f"[gke-aks-aks-{stage}]" in line and effect in line for line in found), found
