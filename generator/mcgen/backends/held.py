"""What the inputs say of a Secret that is in its place, whichever backend has put it there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the inputs say of a Secret that is in its place.

    token: the suffix of the token in it, empty when they do not say. certificate: the fingerprint of the one that it
    was sealed with; root: of the mesh's root that a CA is under, trusted: of those that it trusts, expires: its last
    day; empty where there is none.
    number: counts what was pushed, where each has a key of its own.
    """

    token: str = ""
    certificate: str = ""
    root: str = ""
    trusted: tuple[str, ...] = ()
    expires: str = ""
    number: int = 0
