"""Calls from one cluster to the Services of another: the caller's own Envoy says who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.doctor.verdict import Check, finding, fine, unknown

if TYPE_CHECKING:
    from mcgen.mesh import Cluster
    from mcgen.verify.inventory import Service
    from mcgen.verify.send import Sent


def what(service: Service, cluster: Cluster) -> str:
    """Return the name of the check that a Service is answered from a cluster."""
    return f"calls {service.name}.{service.namespace} in {cluster.name}"


def judge(service: Service, cluster: Cluster, sent: Sent, hosts: frozenset[str]) -> Check:
    """Return whether any of the requests was answered by that cluster. hosts: its endpoints, as callers know them.

    A policy's refusal is an answer: it comes from the other side's proxy, over mutual TLS.
    """
    title = what(service, cluster)
    if not sent.known & hosts:
        shown = ", ".join(sorted(sent.known)) or "none"
        advice = "compare with the check of every istiod, and look whether its namespace is exported"
        return finding("MC811", title, f"the caller's proxy knows no endpoint of it there, but {shown}", advice)
    answers = sent.by(hosts)
    good = [answer for answer in answers if answer.answered]
    if good:
        return fine(title, f"{len(good)} of {len(sent.answers)} requests were answered there")
    failed = {host for answer in sent.answers for host in answer.failed} & hosts
    if answers or failed:
        shown = ", ".join(sorted(hosts & sent.known))
        advice = f"look at the gateway of {cluster.name} and at the pods behind it"
        return finding("MC811", title, f"no request to {shown} was answered", advice)
    return unknown(title, f"{len(sent.answers)} requests all went elsewhere")


def enough(hosts: frozenset[str], sent: Sent) -> bool:
    """Return whether one of these endpoints has answered."""
    return any(answer.answered for answer in sent.by(hosts))
