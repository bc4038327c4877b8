"""Kustomize's patches: read, and applied as kustomize does, as far as that can be told without its schemas.

Sources: sigs.k8s.io/kustomize/api, internal/builtins/PatchTransformer.go, and gopkg.in/evanphx/json-patch.v4,
which differs from RFC 6902: `replace` also adds a key, an index may be negative.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any, TypeAlias

from mcgen import source
from mcgen.tree import Data

Parsed: TypeAlias = Data | list[Data]
"""A strategic merge patch, or the operations of a JSON 6902 patch."""

_OPERATIONS = ("add", "copy", "move", "remove", "replace", "test")
# Lists of a pod whose items go by their names; of lists that go by something else, a patch replaces all.
_BY_NAME = frozenset({"containers", "env", "imagePullSecrets", "initContainers", "volumes"})
_INDEX = re.compile(r"[-+]?[0-9]{1,9}")


def parse(patch: str | Data | list[Data]) -> Parsed:
    """Return a patch as data; raise ValueError when kustomize would not take it."""
    parsed = _read(patch) if isinstance(patch, str) else patch
    if isinstance(parsed, list):
        for operation in parsed:
            _check_operation(operation)
    elif isinstance(parsed, dict):
        _check_merge(parsed)
    if not isinstance(parsed, (dict, list)):
        raise ValueError("it is neither an object nor a list of JSON 6902 operations")  # noqa: TRY004 - of the file
    if not parsed:
        raise ValueError("it is empty and changes nothing")
    return parsed


def apply(document: Data, patch: Parsed) -> Data | None:
    """Return a patched document, None when the patch deletes it; raise ValueError when it does not fit."""
    if isinstance(patch, dict):
        return None if patch.get("$patch") == "delete" else _merge_object(document, patch)
    changed = copy.deepcopy(document)
    # While kustomize works, every object has annotations.
    changed["metadata"].setdefault("annotations", {})
    for operation in patch:
        _operate(changed, operation)
    metadata = changed.get("metadata")
    if isinstance(metadata, dict) and metadata.get("annotations") == {}:
        del metadata["annotations"]
    return changed


def _read(text: str) -> Any:
    text = text.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError('text that begins with "[" is read as JSON, and it is none') from None
    read = source.parse(text.encode(), "patch")
    if read.problems:
        problem = read.problems[0]
        raise ValueError(f"line {problem.pos.line or 1} of its text: {problem.message}")
    return read.data


def _check_operation(operation: Any) -> None:
    if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
        raise ValueError(f"each operation has an `op`, one of {', '.join(_OPERATIONS)}")
    kind = operation["op"]
    for name in ("path", "from") if kind in ("copy", "move") else ("path",):
        pointer = operation.get(name)
        if not isinstance(pointer, str) or not pointer.startswith("/"):
            raise ValueError(f'`{name}` of operation {kind} must begin with "/", and is "{pointer}"')
    if kind in ("add", "replace", "test") and "value" not in operation:
        raise ValueError(f"operation {kind} on {operation['path']} has no `value`")


def _check_merge(patch: Data) -> None:
    metadata = patch.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not all(isinstance(part, str) and part for part in (patch.get("kind"), name)):
        raise ValueError("a merge patch needs `kind` and `metadata.name`, whatever they are: the target decides")
    if patch.get("$patch", "delete") != "delete":
        raise ValueError(f"a whole object cannot be patched with `$patch: {patch['$patch']}`")
    if "items" in patch and patch["kind"].endswith("List"):
        raise ValueError(f"kustomize takes a {patch['kind']} apart, and then there is no patch")


def _merge_object(document: Data, patch: Data) -> Data:
    # The target decides which object it is; what the patch says about that does not count.
    metadata = {key: value for key, value in patch["metadata"].items() if key not in ("name", "namespace", "$patch")}
    fields = {key: value for key, value in patch.items() if key not in ("apiVersion", "kind", "metadata")}
    group = document["apiVersion"].rpartition("/")[0]
    return _merge(document, fields | {"metadata": metadata}, "", known="." not in group)


def _merge(below: Data, patch: Data, path: str, *, known: bool) -> Data:
    directive = patch.get("$patch", "merge")
    if directive not in ("merge", "replace"):
        raise ValueError(f'`$patch` is "{directive}" at {path or "the top"}, and must be merge, replace or delete')
    merged = {} if directive == "replace" else dict(below)
    for key, value in patch.items():
        if key == "$patch":
            continue
        if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            merged.pop(key, None)
        else:
            merged[key] = _merge_value(merged.get(key), value, f"{path}/{key}", known=known)
    return merged


def _merge_value(below: Any, value: Any, path: str, *, known: bool) -> Any:
    """Return a value with a patch merged in; kustomize merges the items of lists that Kubernetes says so of."""
    if below is not None and _shape(below) != _shape(value):
        raise ValueError(f"{path} is {_shape(below)}, and {_shape(value)} cannot be merged into it")
    if isinstance(value, dict):
        return _merge(below or {}, value, path, known=known)
    if known and path.rpartition("/")[2] in _BY_NAME and below and all(_is_named(item) for item in (*below, *value)):
        items = {item["name"]: item for item in below}
        first = [_merge(items.pop(item["name"], {}), item, f"{path}/{item['name']}", known=known) for item in value]
        return [*first, *items.values()]
    return value


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str) and "$patch" not in item


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "a single value"


def _operate(document: Data, operation: Data) -> None:
    kind, path = operation["op"], operation["path"]
    if kind in ("copy", "move"):
        value = copy.deepcopy(_value(*_parent(document, operation["from"]), operation["from"]))
        if kind == "move":
            _remove(*_parent(document, operation["from"]), operation["from"])
        _add(*_parent(document, path), value, path)
    elif kind == "add":
        _add(*_parent(document, path), operation["value"], path)
    elif kind == "replace":
        _replace(*_parent(document, path), operation["value"], path)
    elif kind == "remove":
        _remove(*_parent(document, path), path)
    elif _value(*_parent(document, path), path) != operation["value"]:
        raise ValueError(f"the test of {path} fails")


def parts(pointer: str) -> list[str]:
    """Return the steps of a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _parent(document: Data, pointer: str) -> tuple[Any, str]:
    """Return what holds the place that a pointer names, and the last part of the pointer."""
    *above, last = parts(pointer)
    found: Any = document
    for part in above:
        found = _get(found, part) if isinstance(found, (dict, list)) else None
    if not isinstance(found, (dict, list)):
        raise ValueError(f"{pointer} leads nowhere")  # noqa: TRY004 - what is wrong is the pointer
    return found, last


def _get(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    index = _index(key, len(container))
    return None if index is None else container[index]


def _value(container: Any, key: str, path: str) -> Any:
    if isinstance(container, list) and _index(key, len(container)) is None:
        raise ValueError(f"{path} is no place in the list")
    return _get(container, key)


def _index(key: str, length: int) -> int | None:
    if not _INDEX.fullmatch(key):
        return None
    index = int(key) + (length if int(key) < 0 else 0)
    return index if 0 <= index < length else None


def _add(container: Any, key: str, value: Any, path: str) -> None:
    if isinstance(container, dict):
        container[key] = value
        return
    index = len(container) if key == "-" else _index(key, len(container) + 1)
    if index is None:
        raise ValueError(f"{path} is no place in the list")
    container.insert(index, value)


def _replace(container: Any, key: str, value: Any, path: str) -> None:
    index = key if isinstance(container, dict) else _index(key, len(container))
    if index is None:
        raise ValueError(f"{path} is no place in the list")
    container[index] = value


def _remove(container: Any, key: str, path: str) -> None:
    index = key if isinstance(container, dict) else _index(key, len(container))
    if index is None or (isinstance(container, dict) and key not in container):
        raise ValueError(f"{path} is not there")
    del container[index]
