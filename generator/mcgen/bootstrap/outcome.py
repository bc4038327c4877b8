"""What became of each pair of clusters, and what a bootstrap was asked to do."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass, field
from enum import StrEnum

from mcgen.bootstrap.access import Access  # noqa: TC001 - a dataclass's field


class State(StrEnum):
    """What became of a pair in this run."""

    SEALED = "sealed"
    PUSHED = "pushed"
    CHANGED = "changed"
    PLANNED = "planned"
    SKIPPED = "skipped"
    WAITING = "waiting"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one pair; with remote empty, of what a consumer is asked for. words: why, and what to do."""

    consumer: str
    remote: str
    state: State
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a bootstrap works.

    command: with which it was begun, without its options but for the place of the tree: what to run next begins so.
    jobs: pairs at once. timeout: seconds for one program. retries: of what did not answer, with growing pauses.
    kubeconfigs: files or ways by cluster name. certificates: files or URLs by consumer, before those of the blueprint.
    reseal: pairs that are sealed or pushed again whatever is there (names of remotes). push: the command that puts a
    value to the provider of External Secrets, empty where none is given. istioctl: which one is run.
    """

    command: str = "mcgen bootstrap BLUEPRINT"
    jobs: int = 8
    timeout: float = 30.0
    retries: int = 2
    kubeconfigs: Mapping[str, str | Access] = field(default_factory=dict)
    certificates: Mapping[str, str] = field(default_factory=dict)
    accept_new_certificate: bool = False
    reseal: frozenset[str] = frozenset()
    push: tuple[str, ...] = ()
    istioctl: str = "istioctl"
    dry_run: bool = False
