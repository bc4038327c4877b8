"""Versions and images, in documents and in recipes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcgen.changes.finding import Finding, Risk, Turn
from mcgen.changes.leaves import MISSING, Leaf, differences
from mcgen.changes.say import shift, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_NUMBERS = re.compile(r"\d+")
_IMAGE = re.compile(r"(.+?)(?::([^:/@]+))?(@sha256:[0-9a-f]+)?")
_ARGOCD = re.compile(r"^ARG ARGOCD_IMAGE=\S+:v(\S+)$", re.MULTILINE)
_BACK = "proxies and control plane may not be able to go back; no release is tested that way"


def operators(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield Istio's version and where its images come from."""
    if delta.kind != "IstioOperator" or delta.old is None or delta.new is None:
        return
    for leaf in differences(delta.old, delta.new):
        if leaf.way == ("spec", "tag"):
            yield _version("istio", "Istio", leaf)
        elif leaf.way == ("spec", "hub"):
            why = "who can push there decides what runs in every pod of the mesh"
            yield shift("hub", "the registry of Istio's images", leaf, risk=Risk.HIGH, why=why)


def images(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield container images that change."""
    if delta.old is None or delta.new is None:
        return
    for leaf in differences(delta.old, delta.new):
        if leaf.way[-1] == "image" and isinstance(leaf.before, str) and isinstance(leaf.after, str):
            before, after = _IMAGE.fullmatch(leaf.before), _IMAGE.fullmatch(leaf.after)
            moved = not before or not after or before[1] != after[1]
            why = "another image runs" if moved else "another version runs"
            yield shift("image", "the image", leaf, risk=Risk.HIGH if moved else Risk.MEDIUM, why=why)


def recipe(old: str, new: str) -> Iterator[Finding]:
    """Yield the version of Argo CD that a Dockerfile is for, before and after."""
    before, after = _ARGOCD.search(old), _ARGOCD.search(new)
    if before and after and before[1] != after[1]:
        yield _version("argocd", "the Argo CD that this tree is for", Leaf(way=(), before=before[1], after=after[1]))


def direction(before: Any, after: Any) -> Turn:
    """Return whether a version is raised, lowered or just another one."""
    if not isinstance(before, str) or not isinstance(after, str):
        return turn_of(before, after)
    old, new = ([int(n) for n in _NUMBERS.findall(text)] for text in (before, after))
    return Turn.RAISED if new > old else Turn.LOWERED if new < old else Turn.CHANGED


def _version(kind: str, title: str, leaf: Leaf) -> Finding:
    turn = direction(leaf.before, leaf.after)
    lowered = turn is not Turn.RAISED
    minor = [str(text).split(".")[:2] for text in (leaf.before, leaf.after) if text is not MISSING]
    big = len(minor) == 2 and minor[0] != minor[1]
    why = _BACK if lowered else "another minor: read its notes, primary before remotes" if big else "a patch release"
    return shift(kind, title, leaf, risk=Risk.HIGH if lowered or big else Risk.MEDIUM, why=why, turn=turn)
