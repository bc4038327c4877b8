"""Folders of manifests in which something went wrong: in the bytes, or in the data of the objects."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fuzz import hostile, nearly
from tests.samples import CHECKOUT

_FILES = sorted(Path(CHECKOUT, "tests/importing/cases").rglob("*/**/*.yaml"))
CORPUS = [path.read_bytes() for path in _FILES]
DATA: list[list[Any]] = [list(yaml.safe_load_all(content)) for content in CORPUS]
_SPOILT = st.builds(hostile.spoilt, st.sampled_from(CORPUS), hostile.CHANGES)


def _nearly(documents: list[Any], changes: list[Any]) -> bytes:
    """Return documents in which a few values are others, as JSON, which is YAML."""
    data = copy.deepcopy(documents)
    for what, where, value in changes:
        nearly.change(data, what, where, value)
    return "\n---\n".join(json.dumps(document) for document in data).encode("utf-8", "surrogatepass")


_CHANGED = st.builds(_nearly, st.sampled_from(DATA), st.lists(nearly.CHANGES, min_size=1, max_size=4))
# Without a control plane there is nothing to import, which is soon said.
_PLANES = [content for content in CORPUS if b"clusterName" in content]
_ANY = st.lists(st.one_of(st.sampled_from(CORPUS), _CHANGED, _CHANGED, _SPOILT, hostile.TEXTS), min_size=1, max_size=4)
FOLDERS = st.one_of(_ANY, *(st.builds(lambda one, more: [one, *more], st.sampled_from(_PLANES), _ANY) for _ in "123"))
