"""Where everything of the map stands: a pure function from a picture to boxes and lines, in pixels at scale 1.

Clouds are blocks. Those of primaries stand first (at the left, or on top where the map is tall), those of remotes in
rows behind. Lines run where nothing stands: along a bus beside the primaries, and in the gutters between the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from mcgen.graph.blocks import MANY, blocks, measures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.graph.blocks import Block, Box, Measures
    from mcgen.graph.picture import Picture

Point = tuple[float, float]

_MOST_COLUMNS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """From a primary to a cloud in which it holds remote secrets.

    clusters: the indexes of those that they are for; waiting: how many are not sealed yet. label: where its words
    begin, or end.
    """

    points: tuple[Point, ...]
    clusters: tuple[int, ...]
    waiting: int
    label: tuple[float, float]
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """All boxes, outer before inner, and the lines."""

    width: float
    height: float
    tiles: bool
    measures: Measures
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def layout(picture: Picture, width: float, height: float) -> Map:
    """Return the map that is largest in a window of this size; a window higher than wide gives a tall one."""
    sizes = measures(picture)
    primaries = [i for i, cluster in enumerate(picture.clusters) if cluster.is_primary]
    remotes = [i for i, cluster in enumerate(picture.clusters) if not cluster.is_primary]
    tall = height > width
    best: Map | None = None
    for columns in range(1, _MOST_COLUMNS + 1):
        first = blocks(picture, primaries, sizes, 1 if not tall else columns)
        rest = blocks(picture, remotes, sizes, columns)
        for limit in _limits(rest, sizes):
            found = _place(picture, sizes, first, _rows(rest, limit, sizes), tall=tall)
            if best is None or _scale(found, width, height) > _scale(best, width, height) + 1e-9:
                best = found
        if columns >= max(len(primaries), len(remotes)):
            break
    assert best is not None
    return best


def _scale(found: Map, width: float, height: float) -> float:
    # A tall map is read from top to bottom: it has to fit the width alone, down to a size that can be read.
    if height > width:
        return min(width / found.width, 0.9) - found.height * 1e-6
    return min(width / found.width, height / found.height)


def _limits(found: Sequence[Block], sizes: Measures) -> list[float]:
    """Return the widths of a row at which another block fits into it."""
    widths = [block.width + sizes.gap for block in found]
    return sorted({total for start in range(len(widths)) for total in accumulate(widths[start:])}) or [0.0]


def _rows(found: Sequence[Block], limit: float, sizes: Measures) -> list[list[Block]]:
    rows: list[list[Block]] = []
    used = limit + 1
    for block in found:
        if used + block.width + sizes.gap > limit + 0.1:
            rows.append([])
            used = 0.0
        rows[-1].append(block)
        used += block.width + sizes.gap
    return rows


def _place(
    picture: Picture, sizes: Measures, first: Sequence[Block], rows: Sequence[Sequence[Block]], *, tall: bool
) -> Map:
    """Return a map: first the blocks of the primaries, then the rows of those of the remotes."""
    holders = [i for i, cluster in enumerate(picture.clusters) if cluster.is_primary and picture.served[cluster.name]]
    lanes = {i: lane * 10.0 for lane, i in enumerate(holders)}
    side = 26.0 + 10 * len(holders) if rows else 0.0
    boxes: list[Box] = []
    # Lines to the further blocks of the first row run above it.
    above = sizes.gutter if not tall and any(len(row) > 1 for row in rows[:1]) else 0.0
    x, y = (side if tall else 0.0), above
    right = 0.0
    for block in first:
        boxes += block.at(x, y)
        right, y = max(right, x + block.width), y + block.height + sizes.gap
    beside = right + (2 * sizes.gap + side + sizes.words if rows else 0)
    start = (side, y - sizes.gap + sizes.gutter) if tall else (beside, above)
    bus = 12.0 if tall else right + sizes.gap
    lines: list[Line] = []
    y = start[1]
    for row in rows:
        x = start[0]
        for place, block in enumerate(row):
            boxes += block.at(x, y)
            for i in _held(picture, block, holders):
                offset = lanes[i]
                line = _way(
                    boxes, i, (bus + offset, offset), (x, y, y + block.height), sizes, direct=place == 0, tall=tall
                )
                lines.append(_line(picture, block, i, line, sizes, tall=tall))
            x += block.width + sizes.gap
            right = max(right, x - sizes.gap)
        y += max(block.height for block in row) + sizes.gutter
    bottom = max(box.y + box.height for box in boxes)
    return Map(
        width=right, height=bottom, tiles=len(picture.clusters) > MANY, measures=sizes, boxes=tuple(boxes),
        lines=tuple(lines),
    )  # fmt: skip


def _held(picture: Picture, block: Block, holders: Sequence[int]) -> list[int]:
    served = {picture.clusters[i].primary for i in block.clusters}
    return [i for i in holders if picture.clusters[i].name in served]


def _line(
    picture: Picture, block: Block, primary: int, points: tuple[Point, ...], sizes: Measures, *, tall: bool
) -> Line:
    name = picture.clusters[primary].name
    held = tuple(i for i in block.clusters if picture.clusters[i].primary == name)
    (x, y), beside = points[-1], points[-1][1] == points[-2][1]
    above = (x + 10, (y - sizes.head / 2 if beside else y) - 9)
    return Line(
        points=points,
        clusters=held,
        waiting=sum(not picture.clusters[i].sealed and not picture.clusters[i].leaves for i in held),
        label=(x - 12, y - 7) if beside and not tall else above,
        ends=beside and not tall,
    )


def _way(
    boxes: Sequence[Box],
    primary: int,
    lane: tuple[float, float],
    block: tuple[float, float, float],
    sizes: Measures,
    *,
    direct: bool,
    tall: bool,
) -> tuple[Point, ...]:
    """Return the corners of a line: out of the primary, along the bus, into the block from its side or its top."""
    bus, offset = lane
    box = next(box for box in boxes if box.cluster == primary)
    out = (box.x if tall else box.x + box.width, box.y + box.height / 2)
    if direct and not tall and block[1] < out[1] < block[2] and not offset:
        return out, (block[0], out[1])
    if direct:
        entry = block[1] + sizes.head / 2 + offset
        return out, (bus, out[1]), (bus, entry), (block[0], entry)
    above, drop = block[1] - sizes.gutter / 2 + offset / 2, block[0] + 24 + offset
    return out, (bus, out[1]), (bus, above), (drop, above), (drop, block[1])
