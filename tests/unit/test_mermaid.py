"""The picture in Mermaid's words: who serves whom and who is only a peer, and counts where boxes would be too many."""

from __future__ import annotations

from mcgen.graph import mermaid
from tests.unit.test_graph import fleet, sample


def test_peers_are_read_and_not_served() -> None:
    lines = [line.strip() for line in mermaid.show(sample("multi-primary")).splitlines()]
    assert lines[0] == "flowchart LR"
    assert 'c0 -.->|"peer: waits"| c1' in lines
    assert 'c1 -.->|"peer: waits"| c0' in lines
    # The remote of one primary is a peer of the other.
    assert 'c2 -->|"istiod 15012, 15017"| c0' in lines
    assert 'c0 -.->|"remote secret: waits"| c2' in lines
    assert 'c1 -.->|"peer: waits"| c2' in lines
    assert not [line for line in lines if "15012" in line and line.endswith("| c1")]


def test_what_is_in_its_place_does_not_wait() -> None:
    lines = [line.strip() for line in mermaid.show(sample("multi-primary-sealed")).splitlines()]
    assert 'c0 -.->|"peer"| c1' in lines
    assert 'c0 -.->|"remote secret"| c2' in lines
    assert not [line for line in lines if "waits" in line]


def test_a_fleet_is_counted_by_primary_and_platform() -> None:
    many = fleet(mermaid.MANY + 1)
    said = mermaid.show(many)
    remotes = [cluster for cluster in many.clusters if not cluster.is_primary]
    counted = [int(line.partition('["')[2].split()[0]) for line in said.splitlines() if " remotes<br/>" in line]
    assert sum(counted) == len(remotes)
    assert len(counted) == len({(cluster.primary, cluster.cloud) for cluster in remotes})
    assert said.count("subgraph") == 0
    assert mermaid.show(fleet(mermaid.MANY)).count("subgraph") > 0
