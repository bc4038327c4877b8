"""Blocks of the map: a cloud with its networks and clusters, as cards, or as tiles where there are many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcgen.graph.picture import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.graph.picture import Cluster, Picture

# From so many clusters on a cluster is a tile, and no card.
MANY = 30
_FULL_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Sizes. width, height: of a cluster; letters: how much of a name fits; inner, pad, head: within a block.

    gap: between blocks; gutter: between their rows, with room for lines; words: room at the primaries for a label.
    """

    width: float
    height: float
    letters: int
    inner: float
    pad: float
    head: float
    gap: float
    gutter: float
    words: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle with a title. cluster: its index in the picture, -1 for a cloud or a network."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str
    cluster: int = -1
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A cloud with its boxes inside, still at the origin; clusters: indexes."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    clusters: tuple[int, ...]

    def at(self, x: float, y: float) -> tuple[Box, ...]:
        """Return the boxes at another place."""
        return tuple(replace(box, x=box.x + x, y=box.y + y) for box in self.boxes)


def measures(picture: Picture) -> Measures:
    """Return the sizes for a picture: cards for a few clusters, tiles for many."""
    longest = max(len(cluster.name) for cluster in picture.clusters)
    if len(picture.clusters) > MANY:
        letters = min(max(longest, 8), 20)
        return Measures(
            width=letters * 6.7 + 32, height=36, letters=letters, inner=6, pad=12, head=30, gap=22, gutter=30, words=0
        )
    letters = min(max(longest, 22), _FULL_NAME)
    return Measures(
        width=letters * 7.9 + 62, height=96, letters=letters, inner=12, pad=16, head=38, gap=28, gutter=44, words=130
    )


def blocks(picture: Picture, indexes: Sequence[int], sizes: Measures, columns: int) -> list[Block]:
    """Return a block for each cloud of some clusters, their networks side by side in so many columns."""
    clouds: dict[str, list[int]] = {}
    for i in indexes:
        clouds.setdefault(picture.clusters[i].cloud, []).append(i)
    return [_block(picture, cloud, found, sizes, columns) for cloud, found in clouds.items()]


def _block(picture: Picture, cloud: str, indexes: Sequence[int], sizes: Measures, columns: int) -> Block:
    networks: dict[str, list[int]] = {}
    for i in indexes:
        networks.setdefault(picture.clusters[i].network, []).append(i)
    parts = list(_networks(picture, networks, sizes, columns))
    limit = columns * (sizes.width + sizes.inner)
    if len(picture.clusters) <= MANY:
        limit = columns * (sizes.width + 2 * sizes.inner + sizes.inner)
    boxes: list[Box] = []
    x, y, high, wide = sizes.pad, sizes.head, 0.0, 0.0
    for part in parts:
        if x > sizes.pad and x - sizes.pad + part.width > limit:
            x, y, high = sizes.pad, y + high + sizes.inner, 0.0
        boxes += part.at(x, y)
        x, high = x + part.width + sizes.inner, max(high, part.height)
        wide = max(wide, x - sizes.inner)
    note = _note([picture.clusters[i] for i in indexes])
    title = cloud or "Clusters"
    words = 7.3 * len(title) + 6.4 * len(note) + 10
    width, height = max(wide + sizes.pad, words + 2 * sizes.pad), y + high + sizes.pad
    frame = Box(kind="cloud", x=0, y=0, width=width, height=height, title=title, note=note)
    return Block(width=width, height=height, boxes=(frame, *boxes), clusters=tuple(indexes))


def _networks(picture: Picture, networks: dict[str, list[int]], sizes: Measures, columns: int) -> Iterator[Block]:
    """Yield a box for each network; a tile that is alone in its network needs none."""
    for network, indexes in networks.items():
        plain = len(picture.clusters) > MANY and len(indexes) == 1
        left, top = (0.0, 0.0) if plain else (sizes.inner, 26.0 if sizes.head > 30 else 20.0)
        boxes = []
        for place, i in enumerate(indexes):
            row, column = divmod(place, columns)
            x, y = left + column * (sizes.width + sizes.inner), top + row * (sizes.height + sizes.inner)
            name = picture.clusters[i].name
            boxes.append(Box(kind="cluster", x=x, y=y, width=sizes.width, height=sizes.height, title=name, cluster=i))
        width = max(box.x + box.width for box in boxes) + left
        height = max(box.y + box.height for box in boxes) + left
        frame = () if plain else (Box(kind="network", x=0, y=0, width=width, height=height, title=network),)
        yield Block(width=width, height=height, boxes=(*frame, *boxes), clusters=tuple(indexes))


def _note(clusters: Sequence[Cluster]) -> str:
    waits = sum(cluster.state is State.GATE for cluster in clusters)
    leave = sum(cluster.state is State.LEAVING for cluster in clusters)
    if len(clusters) == 1:
        return ""
    words = [f"{len(clusters)} clusters"]
    words += [f"{waits} waiting"] if waits else []
    words += [f"{leave} leaving"] if leave else []
    return ", ".join(words)
