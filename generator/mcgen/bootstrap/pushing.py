"""External Secrets: what istioctl or this program makes goes to the provider through a command of the user's.

mcgen speaks to no cloud. The command gets the whole Secret as YAML on its standard input, and the key in the place of
`{key}` among its arguments; what it prints is thrown away.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcgen import proc
from mcgen.backends import external_secrets
from mcgen.bootstrap import record, seal
from mcgen.bootstrap.kept import Kept
from mcgen.bootstrap.kube import NoAnswer, Why, why
from mcgen.bootstrap.outcome import State
from mcgen.problems import ToolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcgen.backends import Held
    from mcgen.bootstrap.access import Access
    from mcgen.bootstrap.authority import Intermediate
    from mcgen.bootstrap.consumer import Asked
    from mcgen.bootstrap.outcome import Options
    from mcgen.mesh import Cluster, Mesh
    from mcgen.pairs import Pair

KEY = "{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """Pushes the secrets of a mesh; every value gets a key of its own, which no other one had."""

    mesh: Mesh
    options: Options
    asks: bool = False

    def check(self, *, needed: bool) -> None:
        """Raise UsageError when no command is given, ToolError when its program is not there."""
        if not needed:
            return
        if not self.options.push:
            raise UsageError("the secrets of this mesh go to a provider: say with which command, --push COMMAND")
        if shutil.which(self.options.push[0]) is None:
            raise ToolError(f"'{self.options.push[0]}' of --push is not there, or cannot be run")

    def refused(self, asked: Asked) -> str:  # noqa: ARG002 - one form for all backends
        """Return nothing: a consumer is not needed for this."""
        return ""

    def planned(self, pair: Pair) -> str:
        """Return the key under which a remote secret would be pushed."""
        return external_secrets.remote_key(self.mesh, pair.consumer.name, pair.remote.name, _next(pair.held))

    def remote(self, pair: Pair, way: Access, asked: Asked) -> Kept:  # noqa: ARG002 - one form for all backends
        """Push a remote secret: what istioctl writes waits in a pipe until that has ended well."""
        key, token = self.planned(pair), pair.tokens[-1]
        made, done = proc.handed(
            seal.istioctl(self.options.istioctl, pair, way),
            self._command(key),
            timeout=self.options.timeout,
            pass_fds=way.descriptors,
        )
        if done is None:
            words = made.words or (f"exit code {made.code}" if made.code else "it printed nothing")
            raise NoAnswer(why(words), f"istioctl create-remote-secret for {pair.remote.name}: {words}")
        _judge(done, f"{pair.remote.name} for {pair.consumer.name}")
        pushed = record.set_pushed(pair.consumer.name, pair.remote.name, _next(pair.held), token)
        words = f"token {token}, key {key}"
        return Kept(state=State.PUSHED, words=words, note=partial(record.change_facts, change=pushed))

    def planned_authority(self, cluster: Cluster) -> str:
        """Return the key under which the CA of a primary would be pushed."""
        return external_secrets.authority_key(self.mesh, cluster.name, _next(cluster.authority))

    def authority(self, cluster: Cluster, issue: Callable[[], Intermediate]) -> Kept:
        """Push the CA of a primary; its key goes to the command through a pipe."""
        key, issued = self.planned_authority(cluster), issue()
        secret = issued.secret()
        _judge(proc.run(self._command(key), timeout=self.options.timeout, stdin=secret), f"the CA of {cluster.name}")
        pushed = record.set_authority(cluster.name, _next(cluster.authority), issued.root.fingerprint, issued.day)
        words = f"to {issued.day}, under root {issued.root.fingerprint[:19]}, key {key}"
        return Kept(state=State.PUSHED, words=words, note=partial(record.change_facts, change=pushed))

    def _command(self, key: str) -> Sequence[str]:
        return [word.replace(KEY, key) for word in self.options.push]


def _next(held: Held | None) -> int:
    """Return the number of the value that is pushed after what is in its place."""
    return held.number + 1 if held else 1


def _judge(done: proc.Done, what: str) -> None:
    """Raise ToolError when the command failed; it may have quoted what it was given, which is hidden."""
    if done.code:
        words = done.words or f"exit code {done.code}"
        raise NoAnswer(Why.OTHER, f"the command of --push, for {what}: {words}")
