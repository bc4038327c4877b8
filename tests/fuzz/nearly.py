"""Blueprints that went wrong in a few places: what clumsy and hostile people write into them."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.parts import BROKEN_ANNOTATIONS
from tests.fuzz.written import written
from tests.nasty import NASTY, NASTY_KEYS

# Each wrong in most places and right in some.
VALUES: list[Any] = [
    None, True, 0, -1, 2**63 - 1, 0.5, 3.0, "", " ", "x" * 300, "a\nb", "café", "\u200b", "\x1b[2J", "y", "{{ x }}",
    "../x", "-", "*", "/", "a/b/c", "~2", "$patch", "gke", "aks", "cluster-gke", "primary", "remote", "multi-cluster",
    "::1/128", "::/0", "10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/8", "10.0.0.0/08", "::ffff:10.0.0.0/104", "::1", "0.0.0.0",
    "host.example.com", "in-cluster", "git@host:path", "https://a:b@c/d", "(a+)+$", "[", "a in (", "\u0661m", "1e99999",
    [], [None], [[]], ["x", "x"], ["gke", "gke"], [{}], {}, {"": ""}, {"a": {"b": [1]}}, {"op": 1},
    [{"op": "move", "path": "/a", "from": 5}], [{"op": "add", "path": "/spec", "value": 1}],
    {"kind": "K", "metadata": {"name": "n"}},
]  # fmt: skip
CHANGES = st.tuples(
    st.sampled_from(["drop", "replace", "repeat", "rename", "swap", "like", "like", "like"]),
    st.integers(0, 2**32 - 1),
    st.one_of(
        st.sampled_from(VALUES),
        st.text(max_size=20),
        st.sampled_from(NASTY),
        st.sampled_from(NASTY_KEYS),
        st.sampled_from(BROKEN_ANNOTATIONS),
    ),
)


def text(data: Any, layout: int) -> str:
    """Return spoilt data as a file: in a layout of a number where there is one for such data, else as JSON."""
    try:
        return written(data, layout)
    except (AttributeError, TypeError, ValueError):
        return json.dumps(data, indent=1, ensure_ascii=False)


def holders(data: Any) -> list[tuple[Any, Any]]:
    """Return every mapping and list of a blueprint with each of its keys, outermost first."""
    found: list[tuple[Any, Any]] = []
    waiting = [data]
    while waiting:
        holder = waiting.pop(0)
        entries = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        found += [(holder, key) for key, _ in entries]
        waiting += [value for _, value in entries if isinstance(value, (dict, list))]
    return found


def change(data: Any, what: str, where: int, value: Any) -> None:
    """Let one place of a blueprint go wrong, in place."""
    places = holders(data)
    if not places:
        return
    # The first places, which Hypothesis likes best, are those that no blueprint can do without.
    random = Random(where)
    holder, key = random.choice(places)
    if what == "drop":
        del holder[key]
    elif what == "repeat" and isinstance(holder, list):
        holder.append(json.loads(json.dumps(holder[key])))
    elif what == "rename" and isinstance(holder, dict):
        holder[str(value)] = holder.pop(key)
    elif what == "swap":
        other, name = random.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    elif what == "like":
        # A value of the same kind from elsewhere: it often fits the shape, and seldom the rules.
        alike = [other[name] for other, name in places if type(other[name]) is type(holder[key])]
        holder[key] = json.loads(json.dumps(random.choice(alike)))
    else:
        holder[key] = json.loads(json.dumps(value))
