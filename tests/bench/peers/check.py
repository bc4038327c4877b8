"""Whether a peer has written what it should have: python -m tests.bench.peers.check PEER TREE OUT

TREE is mcgen's. In a process of its own, because whatever is read here would count as memory of what is measured.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.peers import expected, table


def main(folder: str, tree: str, out: str) -> None:
    """Compare, and stop at what differs."""
    (peer,) = table.chosen(folder)
    wanted = peer.wanted(expected.of_tree(Path(tree)))
    if found := expected.differences(wanted, peer.written(Path(out))):
        raise SystemExit(f"{peer.name}: {len(found)} files differ: {found[:9]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
