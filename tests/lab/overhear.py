"""What can be read of calls from one cloud to the other, between the clouds and beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab import link
from tests.lab.calls import BOTH, DEMO, ROUND, ask
from tests.lab.plaintext import OUTSIDE, outside
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.team import Team

WORDS = "Hello version"
V1 = "app=helloworld,version=v1"
# Where mutual TLS goes from one network to the other.
PORT = 15443


def overhear(team: Team) -> dict[str, int]:
    """Return how often the answers' words are read where, while clients in both clouds call versions in both.

    The controls are calls of pods of nobody's mesh (addons.demo) on the same link, and the calls of the mesh where they
    are not encrypted: between a sidecar and its program.
    """
    gke = team.lab["gke"]
    with link.between_the_clouds(team.lab, "link") as wire, link.inside_a_pod(team.lab, "pod", gke, DEMO, V1) as inside:
        for name in ("gke", "aks"):
            assert set(ask(team.lab, name)) == BOTH
        # Each of the other cloud's answers is a packet at least.
        wait_for("the calls on the link", lambda: link.packets(wire, PORT) > ROUND // 2, seconds=20)
        encrypted = link.found(wire, WORDS)
        # In the same place: a call of a pod of no mesh, to a load balancer of no mesh.
        outside(team, "aks", f"http://{gke.balancer(OUTSIDE, 'hello')}/hello")
        wait_for("the control on the link", lambda: link.found(wire, WORDS), seconds=20)
    return {
        "between the clouds, calls of the mesh": encrypted,
        "between the clouds, a call of no mesh": link.found(wire, WORDS) - encrypted,
        "in the pod of v1, between sidecar and program": link.found(inside, WORDS),
    }
