"""Rotating tokens: a new one beside the old, and the old one out once every istiod has the new.

The steps lie in commits: a new suffix, so that Argo CD makes a second identity with a token; the new token sealed; the
old suffix out, so that Argo CD deletes its account, with which the API server stops taking the token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen.problems import ToolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.mesh import Mesh
    from mcgen.pairs import Pair

# Istio minor -> the patch in which rotating a remote secret stopped losing the remote's endpoints; later minors
# never did. Source: Istio's release note 61043 (releasenotes/notes/61043.yaml), in 1.30.4 and 1.31.0.
_LOSES_BEFORE = (1, 31)
_REPAIRED = {(1, 30): 4}
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_SUFFIX = re.compile(r"(.*?)([0-9]*)")
_LONGEST = 16


def loses_endpoints(version: str) -> bool:
    """Return whether an istiod of this version may lose a remote's endpoints when its remote secret changes."""
    found = _VERSION.match(version)
    if not found:
        return False
    minor = (int(found[1]), int(found[2]))
    return minor < _LOSES_BEFORE and int(found[3] or 0) < _REPAIRED.get(minor, 1 << 30)


def next_suffix(suffixes: Sequence[str]) -> str:
    """Return a suffix that none of a pair's tokens ever had, given those it has: they only ever grow.

    Raises ToolError when there is no room for a longer one.
    """
    last = suffixes[-1]
    match = _SUFFIX.fullmatch(last)
    assert match
    new = f"{match[1]}{int(match[2] or 0) + 1}"
    if len(new) > _LONGEST:
        raise ToolError(f"the suffix after '{last}' has more than {_LONGEST} characters: choose one in the facts file")
    return new


def before(suffix: str) -> str:
    """Return the suffix that came before one, empty when that cannot be told."""
    match = _SUFFIX.fullmatch(suffix)
    number = int(match[2] or 0) if match else 0
    return f"{match[1]}{number - 1}" if match and number > 1 else ""


def chosen(mesh: Mesh, name: str) -> list[Pair]:
    """Return the pairs of one remote, or of a peer, or all of them; raise UsageError when nobody reads the cluster."""
    if not name:
        return [pair for pair in mesh.all_pairs if not pair.leaves]
    if not mesh.readers(name):
        known = ", ".join(dict.fromkeys(pair.remote.name for pair in mesh.all_pairs)) or "none"
        raise UsageError(f"'{name}' is no remote of this mesh; its remotes: {known}")
    return list(mesh.readers(name))


def rotated(pair: Pair) -> tuple[str, ...]:
    """Return a pair's suffixes with a new one at the end; raise ToolError when that makes no sense now."""
    if not pair.held:
        raise ToolError("it has no remote secret in place yet: there is nothing to rotate")
    if len(pair.tokens) > 1:
        raise ToolError("it is being rotated already: run `mcgen bootstrap`, then --revoke")
    return (*pair.tokens, next_suffix(pair.tokens))


def revoked(pair: Pair) -> tuple[str, ...]:
    """Return a pair's suffixes with the old ones out; raise ToolError when the file does not hold the new token."""
    if len(pair.tokens) < 2:
        raise ToolError("it has one token only: there is nothing to revoke")
    if not pair.held or pair.held.token != pair.tokens[-1]:
        raise ToolError(f"its remote secret does not hold token {pair.tokens[-1]}: run `mcgen bootstrap` first")
    return pair.tokens[-1:]
