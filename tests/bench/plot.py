"""Draws the CPU time of each generator by the size of the fleet, both scales logarithmic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench import measure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.bench.measure import Samples

OWN = "mcgen"
# Labels closer than this, as a factor, would lie over each other.
APART = 1.28


def write(found: Mapping[int, Mapping[str, Samples]], path: Path) -> None:
    """Write the plot as SVG, the same bytes for the same figures."""
    mpl.rcParams |= {"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9}
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    sizes = sorted(found)
    lines = {
        name: {n: measure.median(found[n][name]).cpu for n in sizes if name in found[n]} for name in found[sizes[-1]]
    }
    place = 0.0
    for name, points in sorted(lines.items(), key=lambda item: item[1][sizes[-1]]):
        seconds = list(points.values())
        ours = name.startswith(OWN)
        width, colour = (2.5, "#111111") if ours else (1.2, None)
        (line,) = axes.plot(list(points), seconds, marker="o", markersize=3, linewidth=width, color=colour)
        place = max(seconds[-1], place * APART)
        words = "mcgen" if ours else name.partition(",")[0]
        beside = (sizes[-1] * 1.15, place)
        axes.annotate(words, (sizes[-1], seconds[-1]), beside, va="center", color=line.get_color())
    axes.set(xscale="log", yscale="log", xlabel="clusters", ylabel="CPU seconds", xlim=(sizes[0] * 0.9, sizes[-1] * 6))
    axes.set_ylim(top=place * APART)
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.grid(visible=True, which="major", linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
