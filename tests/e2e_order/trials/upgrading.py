"""The trial of an upgrade: from the older minor to the newer one in mcgen's steps, on two istiods that are real."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from mcgen import upgrades
from mcgen.minors import MINORS, NEWEST
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_order.trials.running import Running

OLDER = f"{next(iter(MINORS))}.0"
# After these steps people restart their workloads, and an administrator applies the setup; '' is the end.
RESTART, SETUP = "switched", ("prepared", "")
DEMO = "multi-cluster"


def upgraded(run: Running) -> None:
    """Take a mesh to the next minor, a step and commit after the other; one step is taken back and done again.

    A commit that skips a step is refused on the way, as continuous integration would.
    """
    run.team.edit(lambda blueprint: blueprint["istio"].update(version=OLDER))
    run.team.build()
    run.ground.set_up(run.team)
    try:
        run.install()
        _sidecars(run, upgrades.DEFAULT)
        steps = [step.name for step in upgrades.STEPS]
        back = run.random.choice(steps[1:-1])
        skipped = run.random.choice(steps[:-2])
        for name in steps:
            _step(run, name)
            if name == skipped:
                _refused(run)
            if name == back:
                _back(run, steps[steps.index(name) - 1])
                _step(run, name)
        _step(run, "")
        _sidecars(run, _newest(run))
    finally:
        run.ground.restore()


def _step(run: Running, name: str) -> None:
    """Take a step as soon as the command says that the last one is over, and see it through to its end."""
    option = f" --to {NEWEST}" if _at(run) is None else ""
    run.stepped("the end of the step before", f"mcgen upgrade {run.team.blueprint}{option} -o {run.team.folder}")
    if (_at(run) or "") != name:
        raise LabError(f"the blueprint is at step '{_at(run)}', not at '{name}'")
    run.validated()
    run.commit(f"The upgrade: {name or 'over'}")
    if name in SETUP:
        run.ground.set_up(run.team)
    run.well(f"the step '{name or 'over'}' is everywhere")
    if name == RESTART:
        _restart(run)
        _sidecars(run, _newest(run))


def _back(run: Running, name: str) -> None:
    run.team.mcgen("upgrade", "--back")
    if _at(run) != name:
        raise LabError(f"the way back leads to '{_at(run)}', not to '{name}'")
    run.validated()
    run.commit(f"The upgrade, back to: {name}")
    run.well(f"back at the step '{name}'")


def _refused(run: Running) -> None:
    """Take two steps at once, see the commit refused, and put everything back."""
    for _ in range(2):
        run.team.mcgen("upgrade", "--assume-live")
        # The command wants the tree of the step before.
        run.team.build()
    said = run.team.shell(f"mcgen validate {run.team.folder} --against HEAD 2>&1 || true")
    if "MC665" not in said:
        raise LabError(f"a commit that skips a step is not refused: {said}")
    run.team.repository.git("checkout", "--quiet", ".")
    run.team.repository.git("clean", "--force", "-d", "--quiet")
    run.note("a commit that skips a step was refused")


def _restart(run: Running) -> None:
    for name in ("gke", "aks"):
        cluster, where = run.ground.lab[name], f"--namespace={DEMO}"
        cluster.kubectl("rollout", "restart", "deployment", where)
        cluster.kubectl("rollout", "status", "deployment", where, "--timeout=300s")
    run.note("the workloads were restarted")


def _sidecars(run: Running, revision: str) -> None:
    """Wait until every pod of the demo has its sidecar from the istiod of a revision."""
    for name in ("gke", "aks"):
        wait_for(f"sidecars of {revision} in {name}", partial(_injected, run, name, revision), seconds=300, pause=1)


def _injected(run: Running, name: str, revision: str) -> bool:
    text = run.ground.lab[name].kubectl("get", "pods", f"--namespace={DEMO}", "--output=json")
    pods = json.loads(text)["items"]
    status = [pod["metadata"].get("annotations", {}).get("sidecar.istio.io/status", "{}") for pod in pods]
    return bool(pods) and all(json.loads(each).get("revision") == revision for each in status)


def _at(run: Running) -> str | None:
    """Return the step that the blueprint is at, None where no upgrade is under way."""
    return run.team.mesh.rollout.step or None


def _newest(run: Running) -> str:
    """Return the label of the new istiod, which is the only one when the upgrade is over."""
    rollout = run.team.mesh.rollout
    return (rollout.new or rollout.old).label
