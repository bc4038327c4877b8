"""The mesh as one page that needs nothing else: its styles and its script are in it, and it may reach no network."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from markupsafe import Markup

from mcgen import stages
from mcgen.graph import svg
from mcgen.graph.layout import layout
from mcgen.graph.picture import State
from mcgen.prose import page, plain

if TYPE_CHECKING:
    from mcgen.graph.picture import Cluster, Picture

# What a window leaves to the map: that of a laptop, and that of a phone. The page shows the one that is nearer.
_WIDE, _TALL = (1060, 800), (390, 760)


def show(picture: Picture) -> str:
    """Return the page. Whatever a blueprint says stands in it as text: only our own files are taken as they are."""
    script, style = plain("page.js"), "".join(plain(name) for name in ("colours.css", "map.css", "page.css"))
    used = {step.stage for cluster in picture.clusters for step in cluster.steps}
    return page(
        "page.html.j2",
        picture=picture,
        maps={"wide": layout(picture, *_WIDE), "tall": layout(picture, *_TALL)},
        indexes={cluster.name: i for i, cluster in enumerate(picture.clusters)},
        stages=[stage for stage in stages.STAGES if stage.name in used],
        states=Counter(cluster.state for cluster in picture.clusters),
        State=State,
        words=_words,
        script=Markup(script),  # noqa: S704 - our own file
        style=Markup(style),  # noqa: S704 - our own files
        script_digest=_digest(script),
        style_digest=_digest(style),
        **svg.WORDS,
    )


def _words(cluster: Cluster) -> str:
    """Return what a search finds a cluster by."""
    role = "primary" if cluster.is_primary else "remote"
    address = cluster.gateway.address if cluster.gateway else ""
    words = (cluster.name, cluster.id, role, cluster.cloud, cluster.network, address, _STATES[cluster.state])
    return " ".join(dict.fromkeys((*words, cluster.leaves))).lower()


_STATES = {State.OPEN: "open", State.GATE: "waiting", State.LEAVING: "leaving", State.WITHHELD: "withheld"}


def _digest(text: str) -> str:
    """Return by what a content security policy knows a script or a style of the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
