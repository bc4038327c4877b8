"""What a trial is, drawn from its seed alone: the same seed is the same trial, on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# In the order in which seeds take them.
KINDS = (
    "killed controllers",
    "a late remote",
    "a cluster removed",
    "controller of sealed secrets away",
    "no health checks",
    "API server of the primary away",
    "a cluster added",
    "a commit that does not build",
    "two commits at once",
    "a gate resumed by hand",
    "a changed option, and drift",
    "the mesh removed",
    "a token rotated",
    "an upgrade",
)
MESHES = {"a late remote": "three-clouds"}
CONTROLLERS = ("application-controller", "repo-server", "applicationset-controller")
# Trials in which a controller that is killed as well would show nothing more, or hide what is looked for.
UNDISTURBED = ("no health checks", "API server of the primary away", "an upgrade")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A controller of Argo CD is killed. after: seconds since the root Application was applied."""

    controller: str
    after: float


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial.

    patient: whether the team seals when the chains wait at their gates, or as soon as it can.
    """

    seed: int
    kind: str
    mesh: str
    patient: bool
    faults: tuple[Fault, ...]

    @property
    def random(self) -> Random:
        """What decides within the trial."""
        return Random(f"{self.seed} within")

    def __str__(self) -> str:
        killed = ", ".join(f"{fault.controller} killed after {fault.after:.0f} s" for fault in self.faults)
        manner = "sealed at the gate" if self.patient else "sealed as soon as possible"
        return f"{self.seed}: {self.kind}, {self.mesh}, {manner}" + (f", {killed}" if killed else "")


def draw(seed: int) -> Trial:
    """Return the trial of a seed, from 1."""
    random = Random(seed)
    kind = KINDS[(seed - 1) % len(KINDS)]
    count = {"killed controllers": random.randint(2, 4)}.get(kind, random.choice((0, 0, 1)))
    faults = [] if kind in UNDISTURBED else [_fault(random) for _ in range(count)]
    return Trial(
        seed=seed,
        kind=kind,
        mesh=MESHES.get(kind, "gke-aks"),
        # Who seals at once is never seen at the gate.
        patient=kind in ("a gate resumed by hand", "no health checks") or random.random() < 0.3,
        faults=tuple(sorted(faults, key=lambda fault: fault.after)),
    )


def _fault(random: Random) -> Fault:
    return Fault(controller=random.choice(CONTROLLERS), after=random.uniform(1, 70))
