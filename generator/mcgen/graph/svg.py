"""The map as one SVG image, and the parts of it that the page shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from mcgen.graph.layout import layout
from mcgen.prose import page, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.graph.layout import Line, Map, Point
    from mcgen.graph.picture import Picture

# What the image is laid out for: a slide, or the width of a page of documentation.
_WINDOW = (1200, 800)
_RADIUS = 9.0
_VARIABLE = re.compile(r"var\(--([a-z-]+)\)")
_COLOUR = re.compile(r"--([a-z-]+): light-dark\((#\w+), (#\w+)\);")


def show(picture: Picture) -> str:
    """Return an SVG that follows the reader's choice of light or dark, and is light where nobody chooses."""
    style = Markup(_style())  # noqa: S704 - our own files
    return page("map.svg.j2", picture=picture, map=layout(picture, *_WINDOW), style=style, **WORDS)


def path(points: Sequence[Point]) -> str:
    """Return the way through some points, its corners rounded, as SVG writes it."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{start[0]:g} {start[1]:g}Q{corner[0]:g} {corner[1]:g} {end[0]:g} {end[1]:g}")
    return "".join([*parts, f"L{points[-1][0]:g} {points[-1][1]:g}"])


def says(line: Line) -> str:
    """Return the words at a line."""
    number = len(line.clusters)
    if number == 1:
        return "remote secret waits" if line.waiting else "remote secret"
    waiting = f", {line.waiting} wait{'s' if line.waiting == 1 else ''}" if line.waiting else ""
    return f"{number} remote secrets{waiting}"


def fits(name: str, drawn: Map) -> str:
    """Return as much of a name as a box has room for."""
    most = drawn.measures.letters
    return name if len(name) <= most else f"{name[: most - 1]}…"


WORDS = {"path": path, "says": says, "fits": fits}


def _towards(corner: Point, other: Point) -> Point:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max(abs(dx), abs(dy))
    reach = min(_RADIUS, length / 2)
    return (corner[0] + dx / length * reach, corner[1] + dy / length * reach) if length else corner


def _style() -> str:
    """Return the styles of the map with colours as they are, since few programs but browsers know variables."""
    rules = plain("map.css")
    colours = {name: (light, dark) for name, light, dark in _COLOUR.findall(plain("colours.css"))}
    light, dark = (_VARIABLE.sub(lambda match: colours[match[1]][shade], rules) for shade in (0, 1))  # noqa: B023
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
