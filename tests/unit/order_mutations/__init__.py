"""Ways to lose the order of a tree: each function makes one, its name says which, and the codes must be found."""

from tests.unit.order_mutations import (
    addons,
    bounds,
    external,
    health,
    leads,
    leaving,
    needs,
    primaries,
    upgrading,
    waves,
)
from tests.unit.order_mutations.trees import MUTATIONS

__all__ = [
    "MUTATIONS",
    "addons",
    "bounds",
    "external",
    "health",
    "leads",
    "leaving",
    "needs",
    "primaries",
    "upgrading",
    "waves",
]
