"""The address of an east-west gateway: the one that load balancer and tree have must be the same."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.doctor.verdict import Check, finding, fine, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.tree import Data

ADDRESS = f"address of Service {names.EAST_WEST_GATEWAY}"


def of(service: Data | None) -> list[str]:
    """Return the addresses and host names that a Service's load balancer has."""
    ingress = (((service or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return [str(each.get("ip") or each.get("hostname") or "") for each in ingress]


def is_ip(text: str) -> bool:
    """Return whether this is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def resolve(host: str, timeout: float) -> frozenset[str]:
    """Return the addresses of a host name as far as they are known here in time."""
    found: set[str] = set()

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.update(str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))

    # The system's resolver has a time limit of its own, and it may be longer.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    return frozenset() if thread.is_alive() else frozenset(found)


def judge(
    cluster: str, wanted: str, live: Sequence[str], behind: Mapping[str, frozenset[str]], *, blueprint: str
) -> Check:
    """Return whether the tree has the load balancer's address.

    wanted: the blueprint's or the fact, empty while unknown. behind: the addresses of each host name in `live`: some
    load balancers have a fixed address and only tell their name.
    """
    if not live:
        advice = f"let Argo CD sync stage east-west-gateway of {cluster}, and ask the platform for its load balancer"
        return finding("MC733", ADDRESS, "it has none", advice)
    shown = ", ".join(live)
    if not wanted:
        return finding("MC733", ADDRESS, f"it is {shown}, and the tree has none", f"mcgen bootstrap {blueprint}")
    if wanted in live or any(wanted in addresses for addresses in behind.values()):
        return fine(ADDRESS, shown)
    if behind and not any(behind.values()):
        return unknown(ADDRESS, f"it is {shown}, whose addresses are not known here; the tree has {wanted}")
    words = f"it is {shown}, and the tree has {wanted}: remotes call an address that is not its"
    advice = "correct clusters[].gateway.address or the fact, build and commit"
    return finding("MC733", ADDRESS, words, advice)
