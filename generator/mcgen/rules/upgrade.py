"""Rules about revisions and upgrades: which may be begun, and what must keep still meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import images, unquoted, upgrades
from mcgen.delivery import PLUGIN
from mcgen.minors import FARTHEST, MINORS
from mcgen.rules.finding import Finding, error, one_of
from mcgen.tree import holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

_TO: DataPath = ("istio", "upgrade", "to")


def target(blueprint: Blueprint) -> Iterator[Finding]:
    """MC209, MC272: an upgrade leads to a later minor that mcgen knows, and not too far."""
    upgrade, version = blueprint.istio.upgrade, blueprint.istio.version
    if upgrade is None:
        return
    minor = images.minor(upgrade.to)
    if minor not in MINORS:
        message = f"Istio {upgrade.to} is not supported by this version of mcgen"
        yield error("MC209", _TO, message, f"use a patch release of {one_of(MINORS)}")
    ahead = images.number(minor) - images.number(images.minor(version))
    if minor.partition(".")[0] != version.partition(".")[0] or not 0 < ahead <= FARTHEST:
        yield error(
            "MC272",
            _TO,
            f"Istio cannot be upgraded from {version} to {upgrade.to} in these steps",
            f"name a version one or {FARTHEST} minors later; within a minor, change istio.version",
        )


def revisions(blueprint: Blueprint) -> Iterator[Finding]:
    """MC273: each istiod has a revision of its own, and none that of the tag."""
    istio = blueprint.istio
    if istio.revision == upgrades.DEFAULT:
        message = f'"{upgrades.DEFAULT}" is the name of the tag, and of the istiod without a revision'
        yield error("MC273", ("istio", "revision"), message, "write another one, such as 1-31, or remove the line")
    if istio.upgrade and istio.revision == upgrades.revision(istio.upgrade.to):
        message = f'the new istiod would be of revision "{istio.revision}", and the old one is already'
        yield error("MC273", ("istio", "revision"), message, "name the revision after the minor that is installed")


def texts(blueprint: Blueprint) -> Iterator[Finding]:
    """MC280: Istio's charts write the revision without quotes."""
    revision = blueprint.istio.revision
    if revision and (what := unquoted.by_charts(revision)):
        message = f'Istio\'s charts write the revision without quotes, and "{revision}" is {what} then'
        yield error("MC280", ("istio", "revision"), message, "write one that can be nothing but text, such as 1-31")


def nobody_leaves(blueprint: Blueprint) -> Iterator[Finding]:
    """MC274: no cluster leaves while an upgrade is under way, because one commit would do both."""
    if blueprint.istio.upgrade is None:
        return
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.state:
            yield error(
                "MC274",
                ("clusters", i, "state"),
                f'"{cluster.name}" leaves, and an upgrade is under way',
                "finish the one before the other; a dead cluster can go with `mcgen remove cluster --forget`",
            )


def plugin(blueprint: Blueprint) -> Iterator[Finding]:
    """MC275: who has images of their own for the plugin has one for each minor."""
    upgrade, plugin = blueprint.istio.upgrade, blueprint.istio.delivery == PLUGIN
    if upgrade and plugin and blueprint.gitops.argocd.plugin_image and not upgrade.plugin_image:
        yield error(
            "MC275",
            ("istio", "upgrade"),
            f"gitops.argocd.pluginImage holds istioctl {images.minor(blueprint.istio.version)}, and there is no image "
            f"with that of {images.minor(upgrade.to)}",
            "build one from argocd/setup/plugin and name it in istio.upgrade.pluginImage",
            key=True,
        )


def known_values(blueprint: Blueprint) -> Iterator[Finding]:
    """MC276: istio.values holds nothing that one of the minors does not know yet."""
    istio = blueprint.istio
    for minor in dict.fromkeys(images.minor(revision.version) for revision in upgrades.rollout(istio).minors):
        for keys in _later(minor):
            if holds(istio.values, keys):
                dotted = ".".join(keys)
                message = f"Istio {minor} does not know values.{dotted}, and its istioctl takes no notice of it"
                yield error(
                    "MC276", ("istio", "values", *keys), message, "remove it until all is of a later minor", key=True
                )
        version = istio.values.get("compatibilityVersion")
        if minor in MINORS and version is not None and version not in MINORS[minor].compatible:
            message = f'Istio {minor} cannot behave like "{version}"'
            advice = f"write one of {one_of(MINORS[minor].compatible)}"
            yield error("MC276", ("istio", "values", "compatibilityVersion"), message, advice)


def _later(minor: str) -> Iterator[tuple[str, ...]]:
    """Yield the values that came after a minor."""
    for other, known in MINORS.items():
        if images.number(other) > images.number(minor):
            yield from known.added


RULES = (target, revisions, texts, nobody_leaves, plugin, known_values)
