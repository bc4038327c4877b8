"""What a consumer is asked for before anything is sealed for it: its certificate, its gateway's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.bootstrap import access, certificate, kube
from mcgen.bootstrap.outcome import Outcome, State
from mcgen.problems import ToolError
from mcgen.rules.gateways import unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.bootstrap.certificate import Certificate
    from mcgen.bootstrap.outcome import Options
    from mcgen.bootstrap.retry import Retry
    from mcgen.facts import Certificate as Known
    from mcgen.mesh import Cluster, Mesh


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a consumer answered. certificate: None when there is no need or no good one; address: empty likewise.

    notes: what a person should know. refused: why there is no certificate. outcomes: what failed or waits.
    """

    name: str
    certificate: Certificate | None = None
    address: str = ""
    notes: tuple[str, ...] = ()
    refused: str = ""
    outcomes: tuple[Outcome, ...] = ()


def ask(
    mesh: Mesh, cluster: Cluster, known: Known | None, options: Options, retry: Retry, *, folder: Path, sealing: bool
) -> Asked:
    """Ask one consumer. folder: of the blueprint, to which a certificate's file is relative; sealing: any pair."""
    try:
        way = access.of(cluster, options.kubeconfigs)
    except ToolError as error:
        barred = Outcome(consumer=cluster.name, remote="", state=State.FAILED, words=str(error))
        return Asked(name=cluster.name, refused=str(error), outcomes=(barred,))
    found: Certificate | None = None
    notes: tuple[str, ...] = ()
    refused = ""
    if sealing:
        try:
            found, notes = sealing_certificate(mesh, cluster, known, options, retry, folder=folder)
        except ToolError as error:
            found, refused = None, str(error)
    address, outcomes = _address(cluster, way, options, retry)
    return Asked(name=cluster.name, certificate=found, address=address, notes=notes, refused=refused, outcomes=outcomes)


def sealing_certificate(
    mesh: Mesh, cluster: Cluster, known: Known | None, options: Options, retry: Retry, *, folder: Path
) -> tuple[Certificate, tuple[str, ...]]:
    """Return the certificate to seal with for a cluster, and what a person should know of it; raise ToolError."""
    way = access.of(cluster, options.kubeconfigs)
    found = retry(lambda: _certificate(mesh, cluster, way, options, folder))
    return found, _judge(cluster.name, known, found, pinned=bool(_source(cluster, options)), options=options)


def _source(cluster: Cluster, options: Options) -> str:
    return options.certificates.get(cluster.name, cluster.certificate)


def _certificate(mesh: Mesh, cluster: Cluster, way: access.Access, options: Options, folder: Path) -> Certificate:
    source = _source(cluster, options)
    if not source:
        return certificate.fetch(
            way, (mesh.sealed_secrets.namespace, mesh.sealed_secrets.controller), timeout=options.timeout
        )
    if cluster.name not in options.certificates and "://" not in source:
        source = str(folder / source)
    return certificate.read(source, timeout=options.timeout)


def _judge(
    consumer: str, known: Known | None, found: Certificate, *, pinned: bool, options: Options
) -> tuple[str, ...]:
    """Return what is to be said of a certificate; raise Unusable when it is not the one that was pinned."""
    if known is None:
        return (f"{consumer}: sealing with certificate {found.fingerprint} from {found.source}",)
    if known.fingerprint == found.fingerprint:
        return ()
    change = f"{consumer}: the certificate of {found.source} is {found.fingerprint}, and was {known.fingerprint}"
    if pinned and not options.accept_new_certificate:
        message = f"{change}: nothing is sealed with it before somebody has looked at it (--accept-new-cert)"
        raise certificate.Unusable(message)
    return (f"{change}: the new one is used from now on",)


def _address(cluster: Cluster, way: access.Access, options: Options, retry: Retry) -> tuple[str, tuple[Outcome, ...]]:
    if cluster.gateway.address or not cluster.gateway.serves_remotes:
        return "", ()
    try:
        found = retry(lambda: kube.gateway_address(way, timeout=options.timeout))
    except ToolError as error:
        return "", (Outcome(consumer=cluster.name, remote="", state=State.FAILED, words=str(error)),)
    if not found:
        words = f"Service {names.EAST_WEST_GATEWAY} has no address yet: its remotes wait for stage east-west-gateway"
        return "", (Outcome(consumer=cluster.name, remote="", state=State.WAITING, words=words),)
    for problem in unreachable(found, (), serves_remotes=True):
        words = f"{problem.message}: {problem.advice}, in the blueprint"
        return "", (Outcome(consumer=cluster.name, remote="", state=State.FAILED, words=words),)
    return found, ()
