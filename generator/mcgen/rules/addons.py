"""Rules about addons: that what mcgen is asked to install has a use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import addons
from mcgen.mesh import opening
from mcgen.rules.finding import Finding, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint


def nothing_to_open(blueprint: Blueprint) -> Iterator[Finding]:
    """MC244: the sealed-secrets controller is installed where there is something to open, and there is."""
    if addons.sealed_secrets(blueprint).managed and not opening(blueprint):
        yield warning(
            "MC244",
            addons.SEALED_SECRETS,
            "no cluster is a remote: there is no remote secret to open, and no cluster gets the controller",
            "remove the line until a remote joins",
        )


RULES = (nothing_to_open,)
