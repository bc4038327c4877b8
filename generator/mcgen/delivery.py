"""How what istioctl makes of an IstioOperator reaches Argo CD (`istio.delivery`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcgen.emit import emit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

PLUGIN = "plugin"
MANIFESTS = "manifests"
HELM = "helm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What istioctl made, where the tree holds it.

    objects: in the order of their files, by the text of the IstioOperator.
    shared: the text of that for the CRDs which most clusters have, whose objects lie in bases; empty for none.
    """

    objects: Mapping[str, tuple[Data, ...]] = field(default_factory=dict)
    shared: str = ""


NOTHING_RENDERED = Rendered()


def text(operator: Data) -> str:
    """Return what stands for an IstioOperator: its text."""
    return emit([operator])
