"""The inputs of a cluster that has left: facts and sealed secrets that nobody needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mcgen import disk, layout
from mcgen.bootstrap import record
from mcgen.facts import Inputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def without(inputs: Inputs, cluster: str) -> Inputs:
    """Return the inputs as they are when nothing speaks of a cluster any more."""
    facts = inputs.facts
    tokens = {
        consumer: {remote: suffixes for remote, suffixes in pairs.items() if remote != cluster}
        for consumer, pairs in facts.tokens.items()
        if consumer != cluster
    }
    facts = msgspec.structs.replace(
        facts, addresses=_less(facts.addresses, cluster), certificates=_less(facts.certificates, cluster), tokens=tokens
    )
    gone = set(_sealed(inputs, cluster))
    return Inputs(
        facts=facts,
        sealed={pair: document for pair, document in inputs.sealed.items() if cluster not in pair},
        authorities=_less(inputs.authorities, cluster),
        files={path: content for path, content in inputs.files.items() if path not in gone},
    )


def remove(out: Path, inputs: Inputs, cluster: str) -> list[str]:
    """Take a cluster out of a tree's inputs and return what changed; raise ToolError when the disk refuses."""
    changed = []
    if layout.FACTS in inputs.files and record.change_facts(out, lambda facts: _drop(facts, cluster)):
        changed.append(layout.FACTS)
    gone = _sealed(inputs, cluster)
    if gone:
        with disk.writer(out) as (changes, _):
            for path in gone:
                changes.remove(path)
                # Git keeps no empty folders, and neither does a tree; one that is not empty stays.
                folder = path.rpartition("/")[0]
                changes.remove_folder(folder)
                changes.remove_folder(folder.rpartition("/")[0])
    return changed + gone


def _sealed(inputs: Inputs, cluster: str) -> list[str]:
    """Return the sealed files of a cluster: of what it reads, of who reads it, and of its CA."""
    found = [layout.sealed_secret(*pair) for pair in inputs.sealed if cluster in pair]
    return sorted([*found, *(layout.sealed_authority(name) for name in inputs.authorities if name == cluster)])


def _less(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _drop(facts: Any, cluster: str) -> None:
    for section in ("addresses", "certificates", "tokens"):
        _take(facts, section, cluster)
    for consumer in list(facts.get("tokens") or ()):
        _take(facts["tokens"], consumer, cluster)
    if "tokens" in facts and not facts["tokens"]:
        del facts["tokens"]


def _take(mapping: Any, section: str, key: str) -> None:
    """Take a key out of a section, and a section out that has no other."""
    if key in (mapping.get(section) or ()):
        del mapping[section][key]
        if not mapping[section]:
            del mapping[section]
