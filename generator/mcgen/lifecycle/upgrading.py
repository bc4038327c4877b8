"""How an upgrade goes on: which step is next, and what it makes of the blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import edit_fields, images, upgrades
from mcgen.problems import UsageError

if TYPE_CHECKING:
    from mcgen.blueprint import Blueprint, Istio

_VERSION, _REVISION, _UPGRADE = ("istio", "version"), ("istio", "revision"), ("istio", "upgrade")
_PLUGIN = ("gitops", "argocd", "pluginImage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next step. name: NONE when the upgrade is over, or given up. to: the version. begins: it is the first one.

    ends: the step that must be over before, empty when there is none. patch: a patch release, in place.
    """

    name: str
    to: str
    ends: str = upgrades.NONE
    patch: bool = False

    def edited(self, text: str, istio: Istio) -> str:
        """Return the blueprint after this step; raise EditError."""
        if self.patch:
            return edit_fields.put(text, _VERSION, self.to)
        if istio.upgrade is None:
            return edit_fields.put(text, _UPGRADE, {"to": self.to, "step": self.name})
        if self.name:
            return edit_fields.put(text, (*_UPGRADE, "step"), self.name)
        text = edit_fields.drop(text, _UPGRADE)
        if self.ends != upgrades.REMOVED:
            return text
        text = edit_fields.put(text, _VERSION, self.to)
        if istio.upgrade.plugin_image:
            text = edit_fields.put(text, _PLUGIN, istio.upgrade.plugin_image)
        return edit_fields.put(text, _REVISION, upgrades.revision(self.to))


def step(blueprint: Blueprint, to: str, tree: str, *, back: bool) -> Step:
    """Return the next step. to: the version, empty to go on; tree: at which step the tree is.

    Raises UsageError when there is none.
    """
    istio, remotes = blueprint.istio, any(cluster.role == "remote" for cluster in blueprint.clusters)
    now = istio.upgrade.step if istio.upgrade else upgrades.NONE
    if istio.upgrade is None:
        return _first(istio, to, remotes=remotes, back=back)
    if to and to != istio.upgrade.to:
        raise UsageError(f"an upgrade to {istio.upgrade.to} is under way: finish it, or give it up with --back")
    # A step that was not built is in the blueprint alone, and can be taken back whatever it is.
    before = upgrades.before(now, remotes=remotes)
    only_said = back and tree == before
    if tree != now and not only_said:
        here, there = (f"'{found}'" if found else "not begun" for found in (now, tree))
        message = f"the upgrade is {here} in the blueprint, and in the tree it is {there}"
        raise UsageError(f"{message}: run `mcgen build`, commit what it changes, and let Argo CD sync it")
    if back and now == upgrades.REMOVED and not only_said:
        raise UsageError("there is no way back: the old istiod is gone")
    name = before if back else upgrades.following(now, remotes=remotes)
    return Step(name=name, to=istio.upgrade.to, ends=now)


def _first(istio: Istio, to: str, *, remotes: bool, back: bool) -> Step:
    if back:
        raise UsageError("no upgrade is under way")
    if not to:
        raise UsageError("no upgrade is under way: say --to VERSION")
    if not images.is_release(to):
        raise UsageError(f"'{to}' is no version such as 1.31.1")
    if to == istio.version:
        raise UsageError(f"the mesh is of Istio {to} already")
    if images.release(to) < images.release(istio.version):
        raise UsageError(f"{to} is older than {istio.version}: Istio is tested upwards only; see docs/upgrading.md")
    if images.minor(to) == images.minor(istio.version):
        return Step(name=upgrades.NONE, to=to, patch=True)
    return Step(name=upgrades.following(upgrades.NONE, remotes=remotes), to=to)
