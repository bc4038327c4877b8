"""What a bootstrap does with a Secret, by backend: seal it into the tree, or push it to a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mcgen.backends import EXTERNAL_SECRETS
from mcgen.bootstrap.pushing import Pushing
from mcgen.bootstrap.sealing import Sealing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.bootstrap.access import Access
    from mcgen.bootstrap.authority import Intermediate
    from mcgen.bootstrap.consumer import Asked
    from mcgen.bootstrap.kept import Kept
    from mcgen.bootstrap.outcome import Options
    from mcgen.load import Loaded
    from mcgen.mesh import Cluster
    from mcgen.pairs import Pair

__all__ = ["Keeper", "of"]


class Keeper(Protocol):
    """What a backend does beside clusters. Everything raises ToolError with a program's own words, secrets hidden."""

    @property
    def asks(self) -> bool:
        """Return whether a consumer is asked for a certificate."""

    def check(self, *, needed: bool) -> None:
        """Raise UsageError or ToolError when what the backend works with is not there; needed: for any Secret."""

    def refused(self, asked: Asked) -> str:
        """Return why no secret can be made for a consumer, empty when there is no reason."""

    def planned(self, pair: Pair) -> str:
        """Return where a remote secret would go to."""

    def remote(self, pair: Pair, way: Access, asked: Asked) -> Kept:
        """Make a remote secret and put it into its place."""

    def planned_authority(self, cluster: Cluster) -> str:
        """Return where the CA of a primary would go to."""

    def authority(self, cluster: Cluster, issue: Callable[[], Intermediate]) -> Kept:
        """Put the CA of a primary into its place; issue: makes it, which takes its time."""


def of(loaded: Loaded, options: Options) -> Keeper:
    """Return what keeps the secrets of a mesh."""
    if loaded.mesh.secrets.name == EXTERNAL_SECRETS:
        return Pushing(mesh=loaded.mesh, options=options)
    return Sealing(loaded=loaded, options=options)
