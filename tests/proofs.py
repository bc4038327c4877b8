"""What a test proves to be supported: the marker `proves`, given by hand or read from what is rendered.

`tools/supported.py` collects the markers and makes docs/supported.md of them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen import blueprint, mesh
from mcgen.facts import Inputs
from mcgen.manifests import setup
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark.structures import ParameterSet

    from mcgen.mesh import Mesh

PLATFORM, TOPOLOGY, DELIVERY, BALANCER = "Platform", "Topology", "Delivery", "East-west load balancer"
ISTIO, ARGOCD, KUBERNETES = "Istio", "Argo CD", "Kubernetes"
EXPOSURE, SECRETS, SEALED_SECRETS = "Exposure", "Secrets", "Sealed Secrets"
# What a laboratory cannot show: there are no clouds in it.
_OF_A_CLOUD = {PLATFORM, BALANCER}


def proves(area: str, value: str, how: str = "") -> pytest.MarkDecorator:
    """Return the marker of a test; how: what is done, where it is not what its other markers say."""
    return pytest.mark.proves(area, value, how)


def sample(tree: str) -> list[pytest.MarkDecorator]:
    """Return the markers of a test that renders a sample tree: all that its blueprint is an example of."""
    return [proves(*claim) for claim in _claims(BY_TREE[tree].blueprint)]


def lab(tree: str, *, without: tuple[str, ...] = ()) -> list[pytest.MarkDecorator]:
    """Return the markers of tests that install a sample tree on the real clusters and the Argo CD of tests/lab.

    without: clusters of the sample that are not in their lab.
    """
    claims = [claim for claim in _claims(BY_TREE[tree].blueprint, without) if claim[0] not in _OF_A_CLOUD]
    claims += [(ARGOCD, _pinned("argocd", "github.com/argoproj/argo-cd/v3"))]
    claims += [(KUBERNETES, _pinned("kubernetes", "k8s.io/kubernetes"))]
    return [proves(*claim) for claim in claims]


@cache
def _claims(file: str, without: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """Return what the blueprint of a sample is an example of, without some of its clusters: area and value."""
    data = yaml.safe_load((CHECKOUT / file).read_bytes())
    data["clusters"] = [each for each in data["clusters"] if each["name"] not in without]
    parsed = blueprint.convert(data)
    return tuple(dict.fromkeys(_read(parsed, mesh.resolve(parsed, Inputs()))))


def _read(parsed: blueprint.Blueprint, resolved: Mesh) -> Iterator[tuple[str, str]]:
    for cluster in parsed.clusters:
        yield PLATFORM, cluster.platform
        yield BALANCER, cluster.gateway.scheme
    yield TOPOLOGY, topology(resolved)
    yield DELIVERY, parsed.istio.delivery
    yield from ((ISTIO, each.minor) for each in (resolved.rollout.old, resolved.rollout.new) if each)
    yield EXPOSURE, parsed.exposure.profile
    yield SECRETS, parsed.secrets.backend
    if parsed.secrets.backend == "sealed-secrets":
        yield SEALED_SECRETS, "managed" if resolved.sealed_secrets.managed else "existing"


def topology(resolved: Mesh) -> str:
    """Return the topology of a mesh in words."""
    served = {cluster.primary for cluster in resolved.remotes}
    primaries, remotes = _count(resolved.primaries, "primary"), _count(resolved.remotes, "remote")
    if len(resolved.primaries) > 1 and resolved.remotes:
        remotes += " of one of them" if len(served) == 1 else " of several of them"
    networks = {cluster.network for cluster in resolved.clusters}
    where = "some on the same network"
    if len(networks) in (1, len(resolved.clusters)):
        where = "all on one network" if len(networks) == 1 else "each on its own network"
    parts = [primaries, *([remotes] if resolved.remotes else []), *([where] if len(resolved.clusters) > 1 else [])]
    return ", ".join(parts)


def _count(clusters: tuple[mesh.Cluster, ...], role: str) -> str:
    many = {"primary": "several primaries", "remote": "several remotes"}
    return f"one {role}" if len(clusters) == 1 else many[role]


def _pinned(tool: str, module: str) -> str:
    """Return the minor version of what tools/TOOL builds."""
    text = (CHECKOUT / "tools" / tool / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s*{re.escape(module)} v(\d+\.\d+)\.", text, re.MULTILINE)
    assert found, f"{module} is not in tools/{tool}/go.mod"
    return found[1]


def releases_of_argocd() -> list[ParameterSet]:
    """Return every release whose stock settings are compared, as parameters."""
    how = "stock settings compared with the release's"
    return [pytest.param(version, marks=proves(ARGOCD, version, how), id=version) for version in setup.SUPPORTED]
