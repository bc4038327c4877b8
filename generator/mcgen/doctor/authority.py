"""The root of a mesh with `trust.mode: cacerts`, as each primary's istiod gives it out to its workloads.

istiod writes the roots that it trusts into a ConfigMap of every namespace. That is public: nothing here reads the
Secret with its key. When a CA under the root ends, the tree says, because that certificate is in the Secret.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mcgen import chain, names, stages
from mcgen.bootstrap.certificate import fingerprint
from mcgen.doctor.ask import Question
from mcgen.doctor.verdict import Check, finding, fine, warning
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcgen.backends import Held
    from mcgen.doctor.ask import Client
    from mcgen.mesh import Cluster, Mesh

ROOT = "root that signs"
_SOON = timedelta(days=30)
_PLACE = f"ConfigMap {names.ROOT_CERTIFICATE}"


class Root(NamedTuple):
    """A root that an istiod trusts: its fingerprint, and when it ends."""

    fingerprint: str
    ends: datetime

    @property
    def shown(self) -> str:
        """Return it in words."""
        return f"{self.fingerprint}, good until {self.ends:%Y-%m-%d}"


def questions(mesh: Mesh, primary: Cluster, clients: Mapping[str, Client]) -> Iterator[Question]:
    """Yield the question about the root of a primary whose istiod should run; clients: by the name of the cluster."""
    # Asked of every cluster, and the chains are those of all.
    if not (mesh.shares_root and primary.is_primary):
        return
    running = [cluster for cluster, steps in chain.chains(mesh) if any(map(_is_istiod, steps)) and cluster.is_primary]
    if primary in running:
        others = {each.name: clients[each.name] for each in running if each != primary}
        yield Question(whats=(ROOT,), ask=partial(_ask, primary, clients[primary.name], others))


def _is_istiod(step: chain.Step) -> bool:
    return step.stage.name == stages.CONTROL_PLANE and step.listed


def _ask(primary: Cluster, client: Client, others: Mapping[str, Client]) -> Iterator[Check]:
    known = {}
    for name, other in others.items():
        try:
            known[name] = seen(other) or ()
        except ToolError:
            # Its own check says so.
            continue
    yield judge(primary, seen(client), known, datetime.now(UTC))


def seen(client: Client) -> tuple[Root, ...] | None:
    """Return the roots that a cluster's istiod trusts, None where it has written none; raise ToolError."""
    found = client.get("configmap", names.ROOT_CERTIFICATE, names.ISTIO_SYSTEM)
    return None if found is None else parse(str((found.get("data") or {}).get("root-cert.pem", "")))


def parse(text: str) -> tuple[Root, ...]:
    """Return the roots of a PEM text, in their order; raise ToolError when it is none."""
    from cryptography import x509

    try:
        certificates = x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise ToolError(f"{_PLACE} holds no certificate") from error
    return tuple(Root(fingerprint(each), each.not_valid_after_utc) for each in certificates)


def judge(primary: Cluster, live: Sequence[Root] | None, others: Mapping[str, Sequence[Root]], now: datetime) -> Check:
    """Return whether a primary's istiod trusts the roots that the tree says, and others trust the one that signs here.

    others: the roots of the other primaries of which that is known.
    """
    held, name = primary.authority, primary.name
    if live is None:
        advice = f"let Argo CD sync stage control-plane of {name}, and look at istiod's log"
        return finding("MC735", ROOT, f"{_PLACE} is not there: istiod has written no root", advice)
    trusted = held.trusted if held else ()
    if trusted and {root.fingerprint for root in live} != set(trusted):
        words = f"istiod gives out {_and(root.fingerprint for root in live)}, and the tree says {_and(trusted)}"
        advice = f"see that stage trust of {name} is Healthy, and restart istiod, which reads its CA when it starts"
        return finding("MC735", ROOT, words, advice)
    signs = _signing(held, live)
    for other, roots in others.items():
        if signs and roots and signs not in {root.fingerprint for root in roots}:
            words = f"workloads here are under {signs}, and those of {other} trust {_and(r.fingerprint for r in roots)}"
            advice = f"let Argo CD sync stage trust of {name} and of {other}, and restart their istiods"
            return finding("MC735", ROOT, words, advice)
    return _judge_ends(name, held, live, signs, now)


def _signing(held: Held | None, live: Sequence[Root]) -> str:
    """Return the root that signs: a ConfigMap with two does not say which, and the tree does."""
    if len(live) == 1:
        return live[0].fingerprint
    return held.root if held else ""


def _judge_ends(name: str, held: Held | None, live: Sequence[Root], signs: str, now: datetime) -> Check:
    """Return whether all that is trusted or signs is good for a while."""
    day = _day(held.expires) if held else None
    words = "; also trusted: ".join(r.shown for r in sorted(live, key=lambda each: each.fingerprint != signs))
    words += f"; its CA here until {day}" if day else ""
    renew = f"make a new CA under the root: mcgen bootstrap --ca FOLDER --reseal {name}"
    change = "change to another root, in the steps of trust.rotation"
    ends = [(each.ends, f"the root {each.fingerprint}", change) for each in live if each.fingerprint == signs]
    if day:
        # Good to the end of that day at most.
        ends.append((datetime(day.year, day.month, day.day, tzinfo=UTC), f"the CA of {name}", renew))
    for end, what, advice in sorted(ends):
        if end <= now:
            return finding("MC735", ROOT, f"{what} has ended: {end:%Y-%m-%d}", advice)
        if end <= now + _SOON:
            return warning("MC735", ROOT, f"{what} ends on {end:%Y-%m-%d}", advice)
    return fine(ROOT, words)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _and(words: Iterator[str] | Sequence[str]) -> str:
    return " and ".join(words)
