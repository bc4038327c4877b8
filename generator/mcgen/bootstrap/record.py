"""What the bootstrap writes into a tree: sealed files and facts, each as a whole, under a lock of its own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcgen import disk, layout, locks
from mcgen.blueprint import API_VERSION
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_HEADER = "Facts found on live clusters, an input of `mcgen build`: review them, keep them in Git.\n"


def require_tree(out: Path) -> None:
    """Raise ToolError unless a tree was built into a folder."""
    if not (out / layout.MANIFEST).is_file():
        raise ToolError(f"there is no tree in '{out}': run `mcgen build` first, and let Argo CD sync it")


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the bootstrap lock of a tree; raise ToolError when another bootstrap holds it.

    A build has a lock of its own, so that one may run in between.
    """
    try:
        state = os.open(out / disk.STATE, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise disk.failure("read", out / disk.STATE, error) from error
    try:
        locks.take(state, out, who="mcgen bootstrap")
        yield
    finally:
        os.close(state)


def write(out: Path, path: str, text: str) -> None:
    """Write one file of the tree; raise ToolError when it cannot be, and the old one is still there then."""

    def act() -> None:
        with disk.writer(out) as (changes, _):
            changes.write(path, text.encode())

    # A build may be at work, and will be done in a moment.
    locks.patiently(act)


def change_facts(out: Path, change: Callable[[Any], None]) -> bool:
    """Change the facts file and return whether anything did; comments and order stay as they are.

    change: gets the file's mapping, in which further mappings and lists may be put. Raises ToolError.
    """
    file = out / layout.FACTS
    try:
        old = file.read_text(encoding="utf-8") if file.exists() else ""
    except OSError as error:
        raise disk.failure("read", file, error) from error
    new = changed(old, change)
    if new == old:
        return False
    write(out, layout.FACTS, new)
    return True


def changed(text: str, change: Callable[[Any], None]) -> str:
    """Return a facts file with a change made to it."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    if document is None:
        document = yaml.load(f"# {_HEADER}apiVersion: {API_VERSION}\nkind: Facts\n")
    before = _dumped(yaml, document)
    change(document)
    after = _dumped(yaml, document)
    return text if text and after == before else after


def _dumped(yaml: Any, document: Any) -> str:
    import io

    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


def quoted(text: str) -> Any:
    """Return a text that the facts file holds in quotes, so that no reader takes it for a number."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return DoubleQuotedScalarString(text)


def set_address(document: Any, cluster: str, address: str) -> None:
    """Note the address of a cluster's east-west gateway."""
    document.setdefault("addresses", {})[cluster] = quoted(address)


def set_certificate(document: Any, consumer: str, fingerprint: str, day: str) -> None:
    """Note the certificate that a consumer's remote secrets are sealed with."""
    known = document.setdefault("certificates", {}).setdefault(consumer, {})
    known["fingerprint"], known["notAfter"] = fingerprint, quoted(day)


def set_tokens(document: Any, consumer: str, remote: str, suffixes: tuple[str, ...]) -> None:
    """Note the suffixes of a pair's token Secrets."""
    from ruamel.yaml.comments import CommentedSeq

    listed = CommentedSeq([quoted(suffix) for suffix in suffixes])
    listed.fa.set_flow_style()
    document.setdefault("tokens", {}).setdefault(consumer, {})[remote] = listed


def set_pushed(consumer: str, remote: str, number: int, token: str) -> Callable[[Any], None]:
    """Return a change that notes the remote secret of a pair that is with the provider."""

    def change(document: Any) -> None:
        known = document.setdefault("pushed", {}).setdefault(consumer, {}).setdefault(remote, {})
        known["number"], known["token"] = number, quoted(token)

    return change


def set_authority(primary: str, number: int, root: str, day: str) -> Callable[[Any], None]:
    """Return a change that notes the CA of a primary that is with the provider. root: its fingerprint."""

    def change(document: Any) -> None:
        known = document.setdefault("authorities", {}).setdefault(primary, {})
        known["number"], known["root"], known["expires"] = number, root, quoted(day)

    return change
