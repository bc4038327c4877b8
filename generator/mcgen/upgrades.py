"""The steps of an upgrade to another minor: which istiod is where, and who follows which (one table).

A new istiod comes beside the old one under a revision of its own; the tag `default` then moves to it, in place; the
gateways follow, people restart their workloads, and the old istiod goes. Each step is a commit of its own: Argo CD
applies a commit everywhere at once, so primaries before remotes is an order between commits.

Sources: istio, pkg/webhooks/webhookpatch.go (istiod writes its CA into webhooks of its own revision only),
manifests/charts/istio-control/istio-discovery/templates/revision-tags-mwc.yaml; istio.io, Canary Upgrades.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import images

if TYPE_CHECKING:
    from mcgen.blueprint import Istio

NONE = ""
# What Istio calls the istiod that has no revision, in labels.
DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. what: what happens in the clusters; then: what people do before the next one."""

    name: str
    what: str
    then: str = ""


PREPARED, PRIMARIES, REMOTES, SWITCHED, GATEWAYS, REMOVED = (
    "prepared", "primaries", "remotes", "switched", "gateways", "removed",
)  # fmt: skip
STEPS = (
    Step(
        name=PREPARED,
        what="nothing runs differently yet: Argo CD gets the render plugin of the new minor beside that of the old, "
        "and the tag `default` stands beside the injector, for the old istiod",
        then="an administrator of Argo CD applies argocd/setup",
    ),
    Step(
        name=PRIMARIES,
        what="Istio's CRDs are of the new minor everywhere, and the new istiod runs beside the old one in each "
        "primary; nobody uses it yet",
    ),
    Step(
        name=REMOTES,
        what="the remotes get an injector and a Service that lead to the new istiod; nobody uses them yet",
        then="try the new istiod: a pod with the label `istio.io/rev: {new}` in a namespace without the label "
        "istio-injection gets its sidecar from it",
    ),
    Step(
        name=SWITCHED,
        what="the tag `default` moves to the new istiod: pods that start from now on are of the new minor, those that "
        "run stay as they are",
        then="restart your workloads, one namespace or cluster after the other, and watch them",
    ),
    Step(
        name=GATEWAYS,
        what="the gateways are replaced, pod by pod, by those of the new minor",
        then="when nothing of the old istiod runs any more, it can go",
    ),
    Step(
        name=REMOVED,
        what="the old istiod, its injectors and Services are deleted; there is no way back from here",
    ),
)
BY_NAME = {step.name: step for step in STEPS}
_ORDER = [NONE, *BY_NAME]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One istiod: its version, and the revision under which it is installed, empty for none."""

    name: str
    version: str

    @property
    def minor(self) -> str:
        """Return Istio's minor version, such as 1.31: plugin and istioctl must have the same."""
        return images.minor(self.version)

    @property
    def label(self) -> str:
        """Return what the label istio.io/rev says."""
        return self.name or DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Which istiods there are, and how far the upgrade from one to the other is.

    new, step: empty when there is none.
    """

    old: Revision
    new: Revision | None = None
    step: str = NONE

    def reached(self, step: str) -> bool:
        """Return whether the upgrade is at a step or behind it."""
        return _ORDER.index(self.step) >= _ORDER.index(step)

    def _follows(self, step: str) -> Revision:
        return self.new if self.new and self.reached(step) else self.old

    @property
    def base(self) -> Revision:
        """Return of which version the CRDs are."""
        return self._follows(PRIMARIES)

    @property
    def gateways(self) -> Revision:
        """Return which istiod the gateways follow."""
        return self._follows(GATEWAYS)

    @property
    def tag(self) -> Revision | None:
        """Return to which istiod the tag `default` leads; None where the injector is enough: it has no revision."""
        return self._follows(SWITCHED) if self.old.name or self.new else None

    def control_planes(self, *, primary: bool) -> tuple[Revision, ...]:
        """Return the istiods of a primary, or those to which a remote has a way: the older one first."""
        there = self.new is not None and self.reached(PRIMARIES if primary else REMOTES)
        old = () if self.reached(REMOVED) else (self.old,)
        return (*old, self.new) if there and self.new else old

    def tagged(self, revision: Revision, *, primary: bool) -> bool:
        """Return whether an istiod without revision leaves the injection of a cluster to the tag.

        Not before the tag was seen to work, and not after the next istiod has come: two would answer for one pod.
        """
        return not revision.name and len(self.control_planes(primary=primary)) > 1

    def deletable(self, revision: Revision) -> bool:
        """Return whether the Application of an istiod has a finalizer: it may go in the next step, or one step back."""
        if revision == self.old:
            return self.step == GATEWAYS
        return self.step in (PRIMARIES, REMOTES)

    @property
    def tag_deletable(self) -> bool:
        """Return whether the tag goes when the upgrade is given up: it came with it."""
        return self.step == PREPARED and not self.old.name

    @property
    def minors(self) -> tuple[Revision, ...]:
        """Return a revision for each render plugin that Argo CD needs."""
        return (self.old, self.new) if self.new else (self.old,)


def rollout(istio: Istio) -> Rollout:
    """Return what a blueprint says of the istiods."""
    old = Revision(name=istio.revision or "", version=istio.version)
    if istio.upgrade is None:
        return Rollout(old=old)
    new = Revision(name=revision(istio.upgrade.to), version=istio.upgrade.to)
    return Rollout(old=old, new=new, step=istio.upgrade.step)


def revision(version: str) -> str:
    """Return the revision that an upgrade gives to a version: one per minor, patch releases are installed in place."""
    return images.minor(version).replace(".", "-")


def following(step: str, *, remotes: bool) -> str:
    """Return the step after one, NONE after the last. remotes: whether the mesh has any; that step is left out else."""
    rest = _ORDER[_ORDER.index(step) + 1 :]
    return next((name for name in rest if remotes or name != REMOTES), NONE)


def before(step: str, *, remotes: bool) -> str:
    """Return the step before one; NONE is before the first."""
    rest = _ORDER[: _ORDER.index(step)]
    return next(name for name in reversed(rest) if remotes or name != REMOTES)


def may_follow(old: str, new: str, *, remotes: bool) -> bool:
    """Return whether a commit may take an upgrade from one step to another: one on, or one back while the old one runs.

    From the last step it can only be over.
    """
    if old == new:
        return True
    if new == following(old, remotes=remotes):
        return True
    return old not in (NONE, REMOVED) and new == before(old, remotes=remotes)


def is_known(step: str) -> bool:
    """Return whether a step is one that a blueprint can give, none included."""
    return step in _ORDER
