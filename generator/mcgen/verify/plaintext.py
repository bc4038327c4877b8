"""Mutual TLS in force: who has no sidecar is refused where one who has is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.doctor.verdict import Check, finding, fine, unknown

if TYPE_CHECKING:
    from mcgen.verify.inventory import Port, Service
    from mcgen.verify.send import Answer

# The proxy answers here without TLS, for kubelets.
_HEALTH = f":{names.STATUS_PORT}/healthz/ready"
_OK = 200


def what(service: Service, port: Port) -> str:
    """Return the name of the check that a Service's port takes no plain text."""
    return f"{service.name}.{service.namespace}:{port.number} refuses plain text"


def health(host: str) -> str:
    """Return the URL at which a pod's proxy says that it is well. host: the pod's address, as it stands in a URL."""
    return f"http://{host}{_HEALTH}"


def judge(service: Service, port: Port, answer: Answer, healthy: Answer, *, meshed: bool) -> Check:
    """Return whether a pod refuses plain text.

    healthy: what the same caller gets where no TLS is needed. meshed: whether a caller with a sidecar got an answer of
    the same pod: without either nothing is shown by a refusal.
    """
    title = what(service, port)
    if answer.code:
        advice = "look for PeerAuthentications that make an exception, and let Argo CD sync stage policies"
        return finding("MC812", title, f"a caller without a sidecar gets an answer ({answer.code})", advice)
    if healthy.code != _OK:
        return unknown(title, "its proxy's health port does not answer the probe either: is there a NetworkPolicy?")
    if not answer.reset:
        return unknown(title, f"the probe did not get there (curl ends with {answer.exit})")
    if not meshed:
        return unknown(title, "a caller with a sidecar got no answer of this pod either")
    return fine(title, "a caller without a sidecar is cut off, one with a sidecar is answered")
