"""Patches of one object, for mcgen's own reading and for the real kustomize beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcgen.tree import Data

OPERATOR: Data = {
    "apiVersion": "install.istio.io/v1alpha1",
    "kind": "IstioOperator",
    "metadata": {"name": "control-plane", "namespace": "istio-system"},
    "spec": {
        "profile": "remote",
        "list": [1, 2, 3],
        "named": [{"name": "a"}],
        "values": {"global": {"network": "n", "other": {"a": 1}}},
    },
}
DEPLOYMENT: Data = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "sleep", "namespace": "shop", "labels": {"app": "sleep"}},
    "spec": {"template": {"spec": {"containers": [{"name": "sleep", "image": "a"}, {"name": "more", "image": "b"}]}}},
}
BINDING: Data = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "reader"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
    "subjects": [{"kind": "ServiceAccount", "name": "b", "namespace": "x"}],
}


def merge(**fields: Any) -> Data:
    return {"kind": "Any", "metadata": {"name": "any"}, **fields}


def operation(op: str, path: str, **fields: Any) -> list[Data]:
    return [{"op": op, "path": path, **fields}]


CONTAINERS = "/spec/template/spec/containers"

# What fits: mcgen and kustomize make the same of it.
FIT: list[tuple[Data, str | Data | list[Data]]] = [
    (OPERATOR, merge(spec={"profile": "minimal"})),
    (OPERATOR, merge(spec={"values": {"global": {"network": None}}})),
    (OPERATOR, merge(spec={"values": None})),
    (OPERATOR, merge(spec={"values": {}})),
    (OPERATOR, merge(spec={"values": {"global": {"$patch": "replace", "z": 1}}})),
    (OPERATOR, merge(spec={"values": {"global": {"$patch": "delete"}}})),
    (OPERATOR, merge(spec={"values": {"$patch": "merge", "z": 1}})),
    (OPERATOR, merge(spec={"$patch": "replace", "z": 1})),
    (OPERATOR, merge(items=[1])),
    (OPERATOR, merge(spec={"list": [4]})),
    (OPERATOR, merge(spec={"named": [{"name": "b"}]})),
    (OPERATOR, merge(spec={"a": {"b": None, "c": {"d": None}}})),
    (OPERATOR, merge(metadata={"name": "other", "namespace": "other", "labels": {"a": "b"}})),
    (OPERATOR, merge(apiVersion="v2", spec={"new": True})),
    (OPERATOR, merge(**{"$patch": "delete"})),
    (OPERATOR, "# a comment\nkind: Any\nmetadata: {name: any}\nspec: {profile: minimal}\n"),
    (OPERATOR, json.dumps(merge(spec={"profile": "minimal"}))),
    (OPERATOR, operation("replace", "/spec/profile", value="minimal")),
    (OPERATOR, operation("replace", "/spec/new", value={"a": [1]})),
    (OPERATOR, operation("add", "/metadata/annotations/a~1b~0c", value="d")),
    (OPERATOR, operation("add", "/spec/a~2b", value=1)),
    (OPERATOR, operation("add", "/spec/", value=1)),
    (OPERATOR, operation("add", "/spec/list/-", value=4)),
    (OPERATOR, operation("add", "/spec/list/3", value=4)),
    (OPERATOR, operation("add", "/spec/list/0", value=4)),
    (OPERATOR, operation("add", "/spec/list/-1", value=4)),
    (OPERATOR, operation("add", "/spec/list/-4", value=4)),
    (OPERATOR, operation("replace", "/spec/list/+1", value=4)),
    (OPERATOR, operation("replace", "/spec/list/00", value=4)),
    (OPERATOR, operation("remove", "/spec/list/-1")),
    (OPERATOR, operation("remove", "/spec/values")),
    (OPERATOR, operation("move", "/spec/moved", **{"from": "/spec/values/global"})),
    (OPERATOR, operation("copy", "/spec/copied", **{"from": "/spec/values/global"})),
    (OPERATOR, operation("copy", "/spec/copied", **{"from": "/spec/nothing"})),
    (OPERATOR, operation("copy", "/spec/copied", **{"from": "/spec/list/0"})),
    (OPERATOR, operation("test", "/spec/list/0", value=1)),
    (OPERATOR, operation("test", "/spec/nothing", value=None)),
    (OPERATOR, operation("test", "/spec/values", value={"global": {"other": {"a": 1}, "network": "n"}})),
    (OPERATOR, operation("remove", "/spec/values") + operation("add", "/spec/values", value={"a": 1})),
    (OPERATOR, '[{"op": "add", "path": "/spec/json", "value": "text"}]'),
    (OPERATOR, "- op: add\n  path: /spec/yaml\n  value: text\n"),
    (OPERATOR, "---\n- {op: add, path: /spec/yaml, value: text, more: 1}\n"),
    (DEPLOYMENT, merge(spec={"replicas": 2})),
    (DEPLOYMENT, merge(spec={"template": {"spec": {"containers": [{"name": "more", "image": "c"}]}}})),
    (BINDING, merge(subjects=[{"kind": "ServiceAccount", "name": "c", "namespace": "x"}])),
    (DEPLOYMENT, operation("replace", f"{CONTAINERS}/1/image", value="c")),
    (DEPLOYMENT, operation("add", f"{CONTAINERS}/-", value={"name": "last", "image": "c"})),
    (DEPLOYMENT, operation("add", "/metadata/labels/a", value="b")),
]

# What neither takes: kustomize would fail at each sync.
UNFIT: list[tuple[Data, str | Data | list[Data]]] = [
    (OPERATOR, merge(spec={"values": 5})),
    (OPERATOR, merge(spec={"values": [1]})),
    (OPERATOR, merge(spec={"profile": {"a": 1}})),
    (OPERATOR, merge(spec={"values": {"$patch": "frob"}})),
    (OPERATOR, {"spec": {"profile": "minimal"}}),
    (OPERATOR, {"kind": "Any", "spec": {"profile": "minimal"}}),
    (OPERATOR, {"kind": "Any", "metadata": {"name": ""}, "spec": {}}),
    (OPERATOR, {"kind": "", "metadata": {"name": "any"}, "spec": {}}),
    (OPERATOR, {"kind": "Any", "metadata": None, "spec": {}}),
    (OPERATOR, {"$patch": "delete"}),
    (OPERATOR, "text"),
    (OPERATOR, "5"),
    (OPERATOR, ""),
    (OPERATOR, " \n"),
    (OPERATOR, "[{op: add, path: /spec/a, value: 1}]"),
    (OPERATOR, "[1]"),
    (OPERATOR, "- 1\n"),
    (OPERATOR, "kind: Any\nmetadata: {name: a}\n---\nkind: Any\nmetadata: {name: b}\n"),
    (OPERATOR, operation("frob", "/spec/a", value=1)),
    (OPERATOR, operation("ADD", "/spec/a", value=1)),
    (OPERATOR, [{"path": "/spec/a", "value": 1}]),
    (OPERATOR, operation("add", "", value={"a": 1})),
    (OPERATOR, operation("replace", "", value={"a": 1})),
    (OPERATOR, operation("add", "/spec/a/b", value=1)),
    (OPERATOR, operation("add", "/spec/profile/a", value=1)),
    (OPERATOR, operation("add", "/metadata/labels/a", value="b")),
    (OPERATOR, operation("add", "/spec/list/5", value=1)),
    (OPERATOR, operation("add", "/spec/list/-5", value=1)),
    (OPERATOR, operation("add", "/spec/list/x", value=1)),
    (OPERATOR, operation("add", "/spec/list/1/x", value=1)),
    (OPERATOR, operation("replace", "/spec/list/-", value=1)),
    (OPERATOR, operation("replace", "/spec/list/1_0", value=1)),
    (OPERATOR, operation("remove", "/spec/nothing")),
    (OPERATOR, operation("remove", "/spec/list/3")),
    (OPERATOR, operation("move", "/spec/a")),
    (OPERATOR, operation("move", "/spec/a", **{"from": "/spec/nothing"})),
    (OPERATOR, operation("move", "/spec/a", **{"from": "/spec"})),
    (OPERATOR, operation("copy", "/spec/a/b", **{"from": "/kind"})),
    (OPERATOR, operation("test", "/spec/profile", value="other")),
    (OPERATOR, operation("test", "/spec/list/7", value=None)),
]

# What kustomize takes, and does nothing with or not what is meant: mcgen refuses it.
REFUSED: list[str | Data | list[Any]] = [
    [],
    {},
    "[]",
    "null",
    "# nothing\n",
    {"apiVersion": "v1", "kind": "List", "metadata": {"name": "any"}, "items": []},
    merge(**{"$patch": "replace", "spec": {}}),
    [{"op": "add", "path": "spec/profile", "value": 1}],
    [{"op": "add", "path": "/spec/profile"}],
    [{"op": "remove", "path": 5}],
    [{"op": "move", "path": "/a", "from": 5}],
    [{"op": ["add"], "path": "/a", "value": 1}],
    [{"op": "add", "path": None, "value": 1}],
    [1],
    [[]],
    "kind: &a Any\nmetadata: {name: *a}\n",
    "{kind: Any, metadata: {name: y}, spec: {on: off}}",
    "kind: Any\nkind: Other\nmetadata: {name: a}\n",
    "[" * 100_000,
    "{a: " * 100_000,
    "- " * 100_000,
    "\t- a",
    "kind: 5\nmetadata: {name: a}\n",
]
