"""Rules about what was pushed to the provider of External Secrets, which the facts note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout
from mcgen.facts import FIRST_SUFFIX
from mcgen.rules.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.blueprint import Blueprint
    from mcgen.facts import Facts, Inputs

_OTHER_BACKEND = (
    "choose the other backend: another one for a mesh that runs is not offered; where nothing runs yet, remove this"
)

# A slip of the pen in the blueprint must not cost a file.
_RESTORE = "restore in the blueprint who is in the mesh and who serves whom; if a cluster has left, remove"
LINES, FILE = f"{_RESTORE} its lines from the facts file", f"{_RESTORE} the file"


def notes(blueprint: Blueprint, facts: Facts, remotes: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    """Yield what is wrong with notes of what was pushed: pairs and primaries that are none, tokens that are gone."""
    for consumer, pairs in facts.pushed.items():
        for remote, each in pairs.items():
            index = remotes.get((consumer, remote))
            if index is None:
                message = f'{layout.FACTS} has a secret with which "{consumer}" would read "{remote}", and it does not'
                yield error("MC234", ("clusters",), message, LINES, key=True)
            elif each.token not in facts.tokens.get(consumer, {}).get(remote, [FIRST_SUFFIX]):
                message = f'{layout.FACTS}: what was pushed of "{remote}" for "{consumer}" has the token "{each.token}"'
                yield error(
                    "MC246",
                    ("clusters", index),
                    f"{message}, and `tokens` does not name it (any more)",
                    "restore the suffix, or push the remote secret again: `mcgen bootstrap`",
                )
    for name in facts.authorities:
        if name not in blueprint.primaries or blueprint.trust.mode != "cacerts":
            why = "`trust.mode` is not cacerts" if name in blueprint.primaries else "it is no primary of this mesh"
            message = f'{layout.FACTS} has a CA of "{name}", and {why}'
            yield error("MC234", ("clusters",), message, LINES, key=True)


def sealed_elsewhere(found: Inputs) -> Iterator[Finding]:
    """MC257: nothing is sealed where External Secrets is the backend."""
    remotes = (layout.sealed_secret(*pair) for pair in found.sealed)
    for path in (*remotes, *map(layout.sealed_authority, found.authorities)):
        message = f"{path} is a sealed file, and with this backend nobody opens it"
        yield error("MC257", ("secrets", "backend"), message, _OTHER_BACKEND)


def pushed_elsewhere(facts: Facts) -> Iterator[Finding]:
    """MC257: nothing is pushed where Sealed Secrets is the backend."""
    for section in ("pushed", "authorities"):
        if getattr(facts, section):
            message = f"{layout.FACTS} has `{section}`, which External Secrets fetches, and the backend is another one"
            yield error("MC257", ("secrets",), message, _OTHER_BACKEND, key=True)
