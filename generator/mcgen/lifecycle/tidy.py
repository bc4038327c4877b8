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

# The sections of the facts file: by cluster, and by consumer and then by the cluster that it reads.
_BY_CLUSTER = ("addresses", "certificates", "authorities")
_BY_PAIR = ("tokens", "pushed")


def without(inputs: Inputs, cluster: str) -> Inputs:
    """Return the inputs as they are when nothing speaks of a cluster any more."""
    facts = inputs.facts
    facts = msgspec.structs.replace(
        facts,
        **{section: _less(getattr(facts, section), cluster) for section in _BY_CLUSTER},
        **{
            section: {
                consumer: _less(pairs, cluster) for consumer, pairs in _less(getattr(facts, section), cluster).items()
            }
            for section in _BY_PAIR
        },
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
    for section in (*_BY_CLUSTER, *_BY_PAIR):
        _take(facts, section, cluster)
    for section in _BY_PAIR:
        for consumer in list(facts.get(section) or ()):
            _take(facts[section], consumer, cluster)
        if section in facts and not facts[section]:
            del facts[section]


def _take(mapping: Any, section: str, key: str) -> None:
    """Take a key out of a section, and a section out that has no other."""
    if key in (mapping.get(section) or ()):
        del mapping[section][key]
        if not mapping[section]:
            del mapping[section]
