"""The roots of a mesh: which one each primary's CA is under, which ones it trusts, and how one follows another.

Workloads trust each other when the root of one's certificate is among those that the other trusts. Argo CD syncs one
primary before the other, and a workload keeps its certificate and its roots for up to a day: so no commit may need
that both sides have it. Another root comes in three, `trust.rotation`: both roots are trusted; the new one signs; the
old one goes.

What istiod does with each: pilot/pkg/bootstrap/istio_ca.go (handleEvent); what a workload does: security/pkg/nodeagent/
cache/secretcache.go (generateNewSecret).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcgen import layout, names, sealed
from mcgen.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.backends.held import Held
    from mcgen.load import Loaded

NONE, BOTH, SWITCHED = "", "both", "switched"

WHAT = {
    BOTH: "both roots are trusted, and the old one signs; istiod starts anew with this commit",
    SWITCHED: "both roots are trusted, and the new one signs; istiod starts anew with this commit",
}
THEN = {
    BOTH: "restart all workloads and gateways of all clusters, or wait for more than a day: each then has got both "
    "roots, with a new certificate. Nothing in Git shows that",
    SWITCHED: "restart all workloads and gateways of all clusters, or wait for more than a day: each then has a "
    "certificate under the new root. Nothing in Git shows that",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a sealed CA says of itself, by fingerprints. root: that it is under; trusted: in order, the old one first.

    Both are empty for a file that says nothing.
    """

    root: str
    trusted: tuple[str, ...]

    def fits(self, step: str) -> bool:
        """Return whether it is what a step of a rotation asks for; True for a file that says nothing."""
        if not self.root:
            return True
        if step == NONE:
            return self.trusted == (self.root,)
        return len(self.trusted) == 2 and self.root == self.trusted[1 if step == SWITCHED else 0]


def of(document: Any) -> Signed:
    """Return what a sealed CA says of itself."""
    root = sealed.annotation(document, names.ROOT)
    trusted = sealed.annotation(document, names.TRUSTED)
    return Signed(root=root, trusted=tuple(trusted.split(",")) if trusted else (root,) if root else ())


def signed(held: Held) -> Signed:
    """Return what the inputs say of a CA that is in its place."""
    return Signed(root=held.root, trusted=held.trusted)


def distrust(old: Mapping[str, Signed], new: Mapping[str, Signed]) -> Iterator[tuple[str, str, str]]:
    """Yield (primary, other, root): workloads of one, under the root, that those of another would not trust.

    old, new: the CAs before and after a commit, by primary. Every mixture counts, since one is synced first.
    """
    for name in sorted(old.keys() | new.keys()):
        roots = sorted({side[name].root for side in (old, new) if name in side and side[name].root})
        for other in sorted(old.keys() | new.keys()):
            trusts = [side[other].trusted for side in (old, new) if other in side and side[other].root]
            yield from ((name, other, root) for root in roots if not all(root in trusted for trusted in trusts))


def behind(loaded: Loaded) -> list[Problem]:
    """Return a problem for each CA that is not what the blueprint's step asks for; a bootstrap makes it so."""
    step = loaded.mesh.rotation
    found = []
    for cluster in loaded.mesh.primaries:
        said = of(loaded.inputs.authorities.get(cluster.name))
        if cluster.state or said.fits(step):
            continue
        words = f"trust.rotation is '{step}'" if step else "there is no trust.rotation"
        command = f"mcgen bootstrap --ca FOLDER{' --new-ca FOLDER' if step else ''}"
        count = len(said.trusted)
        found.append(
            Problem(
                code="MC248",
                message=f"{layout.sealed_authority(cluster.name)} trusts {count} root{'s' if count > 1 else ''} and is "
                f"under {said.root}, and {words}",
                pos=loaded.source.pos(("trust",)) if step else loaded.source.pos(cluster.origin),
                advice=f"seal what that asks for: `{command}`",
            )
        )
    return found
