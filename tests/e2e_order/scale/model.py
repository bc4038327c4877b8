"""What was measured, continued on paper to meshes that no lab can hold."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import linear_regression
from typing import TYPE_CHECKING

from tests.e2e_order.scale.fleet import APPLICATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e_order.scale.fleet import Size

PAPER = (100, 300, 1_000, 3_000, 10_000)
# What one shard of the application controller is given on paper, in MiB.
SHARD = 4096


@dataclass(frozen=True, kw_only=True)
class Model:
    """Straight lines. MiB of the controller: alone, for a cluster, for an Application; processors that it keeps busy
    for an Application; bytes of an Application in the API server; seconds of processor time to make all manifests of a
    cluster once."""

    alone: float
    cluster: float
    application: float
    still: float
    stored: int
    manifests: float

    def memory(self, clusters: int, applications: int) -> float:
        """Return the MiB of an application controller."""
        return self.alone + self.cluster * clusters + self.application * applications


def fitted(sizes: Sequence[Size], stored: int, manifests: float) -> Model:
    """Return the model of what was measured: sizes with an Application for each cluster, and one last with more."""
    *single, last = sizes
    slope, alone = linear_regression([size.clusters for size in single], [size.controller for size in single])
    more = last.applications - single[-1].applications
    application = (last.controller - single[-1].controller) / more
    return Model(
        alone=alone,
        cluster=slope - application,
        application=application,
        still=last.still / last.applications,
        stored=stored,
        manifests=manifests,
    )


def lines(model: Model, sizes: Sequence[Size]) -> list[str]:
    """Return the model, how far it is from what was measured, and its table, as Markdown."""
    off = max(abs(model.memory(size.clusters, size.applications) - size.controller) / size.controller for size in sizes)
    rows = [_row(model, clusters) for clusters in PAPER]
    return [
        f"MiB of the controller = {model.alone:.0f} + {model.cluster:.2f} for a cluster + {model.application:.3f} for"
        f" an Application; the measured sizes are at most {off:.0%} away from that.",
        "",
        "| clusters | Applications | in etcd, MiB | controller, GiB | processors, standing still"
        f" | shards of {SHARD // 1024} GiB | all manifests anew, processor minutes |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]


def _row(model: Model, clusters: int) -> str:
    applications = clusters * APPLICATIONS
    memory = model.memory(clusters, applications)
    shards = ceil((memory - model.alone) / (SHARD - model.alone))
    cells = (
        f"{clusters:,}",
        f"{applications:,}",
        f"{applications * model.stored / 2**20:,.0f}",
        f"{memory / 1024:.1f}",
        f"{applications * model.still:.1f}",
        f"{shards}",
        f"{clusters * model.manifests / 60:,.0f}",
    )
    return f"| {' | '.join(cells)} |"
