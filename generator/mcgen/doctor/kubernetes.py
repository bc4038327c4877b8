"""Kubernetes itself: which versions an Istio supports, and whether names lead to clusters of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen.doctor.verdict import Check, finding, fine, unknown, warning
from mcgen.images import number
from mcgen.minors import MINORS, OLDEST_REMOTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = "Kubernetes version"
IDENTITY = "a cluster of its own"

_MINOR = re.compile(r"v?([0-9]+\.[0-9]+)")


def judge(version: str, istio: str, remote: str = "") -> Check:
    """Return whether a cluster's version (such as v1.35.4 or v1.34.1-gke.2) is one that an Istio minor supports.

    remote: its platform, where istiod runs in another cluster.
    """
    found = _MINOR.match(version)
    if found is None or istio not in MINORS:
        return unknown(VERSION, f"'{version}' is no version" if found is None else f"Istio {istio} is not known")
    oldest, newest = MINORS[istio].kubernetes
    if number(found[1]) < number(oldest):
        words = f"it is {version}, and Istio {istio} needs {oldest} at least"
        return finding("MC730", VERSION, words, f"upgrade the cluster to one of {oldest} to {newest}")
    if remote and number(found[1]) < number(OLDEST_REMOTE):
        return _without_slices(version, remote, newest)
    if number(found[1]) > number(newest):
        words = f"it is {version}, and Istio {istio} was tested up to {newest}"
        return warning("MC730", VERSION, words, f"run a newer Istio, or stay at {newest}")
    return fine(VERSION, version)


def _without_slices(version: str, platform: str, newest: str) -> Check:
    advice = f"upgrade the cluster to one of {OLDEST_REMOTE} to {newest}"
    if platform == "generic":
        words = f"it is {version}; started with --enable-aggregator-routing (as by k3s), its API server finds no istiod"
        return warning("MC730", VERSION, words, f"look how it is started, or {advice}")
    words = f"it is {version}: before {OLDEST_REMOTE} its API server does not find istiod, and no pod gets a sidecar"
    return finding("MC730", VERSION, words, advice)


def judge_identities(seen: Mapping[str, str], argocd: str, own: str) -> Iterator[tuple[str, Check]]:
    """Yield a finding, with the cluster that it belongs to, for each name that leads to another one's cluster.

    seen: what identifies a cluster, by its name; argocd: the key of Argo CD's own in it. own: the cluster of the mesh
    that Argo CD is said to run in, empty for none.
    """
    names: dict[str, str] = {}
    for name, uid in seen.items():
        if name == argocd or not uid:
            continue
        if first := names.get(uid):
            advice = "give each its own clusters[].bootstrap.context, or a file with --kubeconfig"
            yield name, finding("MC734", IDENTITY, f"the same API server answers for {first}", advice)
        names.setdefault(uid, name)
    if not seen.get(argocd):
        return
    at = names.get(seen[argocd], "")
    if own and seen.get(own) and at != own:
        words = f"the API server that was asked is not the one of {own}, where gitops.argocd.cluster says it runs"
        yield argocd, finding("MC734", IDENTITY, words, "compare the contexts, or correct gitops.argocd.cluster")
    if at and not own:
        words = f"Argo CD runs in {at}, and the blueprint does not say so"
        yield argocd, finding("MC734", IDENTITY, words, f"set gitops.argocd.cluster to '{at}', and build again")
