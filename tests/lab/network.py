"""The networks of a lab: a namespace per machine, and one for the internet between them."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from tests.lab.plan import LabError
from tests.lab.process import run

if TYPE_CHECKING:
    from tests.lab.plan import ClusterPlan, LabPlan

# The internet hands on what goes to a public address, and its answers.
INTERNET_RULES = """*filter
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A FORWARD -d {public} -j ACCEPT
COMMIT
"""

# A cloud's firewall: in come the API server's requests and what kube-proxy translated from a load balancer's address.
NODE_RULES = """*filter
-A INPUT -i wan -d {api} -p tcp --dport 6443 -j ACCEPT
-A INPUT -i wan -m conntrack --ctstate ESTABLISHED,RELATED,DNAT -j ACCEPT
-A INPUT -i wan -j DROP
-A FORWARD -i wan -m conntrack ! --ctstate ESTABLISHED,RELATED,DNAT -j DROP
COMMIT
"""


def check(lab: LabPlan) -> None:
    """Raise LabError when the range or a name of the lab is in use on this machine."""
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"])):
        text = route["dst"]
        if text != "default" and IPv4Network(text, strict=False).overlaps(lab.network):
            raise LabError(f"{lab.network} is in use here (a route to {text}): give the lab another --network")
    taken = {entry["name"] for entry in json.loads(run(["ip", "-json", "netns", "list"]) or "[]")}
    for name in (lab.internet, *(cluster.namespace for cluster in lab.clusters)):
        if name in taken:
            raise LabError(f"a network namespace '{name}' is there already: give the lab another --name")


def up(lab: LabPlan) -> None:
    """Make the internet and this machine's way into it, then every cluster's machine."""
    net = lab.internet
    run(["ip", "netns", "add", net])
    _ip("", f"link add {_door(lab)} type veth peer name machine netns {net}")
    _ip(net, "link set lo up", f"addr add {lab.git_address}/32 dev lo")
    _ip(net, f"addr add {lab.link[2]}/30 dev machine", "link set machine up")
    _ip(net, "route add unreachable default")
    _ip("", f"addr add {lab.link[1]}/30 dev {_door(lab)}", f"link set {_door(lab)} up")
    _ip("", f"route add {lab.public} via {lab.link[2]} src {lab.link[1]}")
    run(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=1"], namespace=net)
    run(["iptables-restore"], stdin=INTERNET_RULES.format(public=lab.public), namespace=net)
    for cluster in lab.clusters:
        _machine(lab, cluster)


def _machine(lab: LabPlan, cluster: ClusterPlan) -> None:
    net, name, far = lab.internet, cluster.namespace, f"c{cluster.index}"
    run(["ip", "netns", "add", name])
    _ip("", f"link add wan netns {name} type veth peer name {far} netns {net}")
    _ip(net, f"addr add {cluster.link[1]}/30 dev {far}", f"link set {far} up")
    _ip(net, f"route add {cluster.public} via {cluster.node_address}")
    _ip(
        name,
        "link set lo up",
        f"addr add {cluster.node_address}/30 dev wan",
        "link set wan up",
        f"route add default via {cluster.link[1]}",
        f"addr add {cluster.api_address}/32 dev lo",
        # An address that no Service has is refused, not sent back where it came from.
        f"route add unreachable {cluster.public}",
        # Agents ask the cloud's metadata server which cloud this is.
        "route add unreachable 169.254.0.0/16",
    )
    settings = ("ip_forward=1", "conf.all.rp_filter=0", "conf.wan.rp_filter=0")
    run(["sysctl", "-qw", *(f"net.ipv4.{each}" for each in settings)], namespace=name)
    run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"], namespace=name)
    run(["iptables-restore"], stdin=NODE_RULES.format(api=cluster.api_address), namespace=name)


def down(lab: LabPlan) -> None:
    """Remove what `up` made, as far as it is there."""
    # First: with the internet its other end goes, but at a time of the kernel's choosing.
    if any(link["ifname"] == _door(lab) for link in json.loads(run(["ip", "-json", "link", "show"]))):
        run(["ip", "link", "del", _door(lab)])
    taken = {entry["name"] for entry in json.loads(run(["ip", "-json", "netns", "list"]) or "[]")}
    for name in (*(cluster.namespace for cluster in lab.clusters), lab.internet):
        if name in taken:
            run(["ip", "netns", "del", name])


def _door(lab: LabPlan) -> str:
    """This machine's interface towards the lab; names of interfaces have at most 15 characters."""
    return f"lab{int(lab.network[0]):08x}"


def _ip(namespace: str, *commands: str) -> None:
    where = ["-n", namespace] if namespace else []
    run(["ip", *where, "-batch", "-"], stdin="".join(f"{command}\n" for command in commands))
