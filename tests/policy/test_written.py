"""No object of a sample tree breaks a rule that docs/security.md does not explain, and every rule can be broken."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.policy.explained import unexplained
from tests.policy.objects import written
from tests.policy.rules import RULES, dig, judge, pod
from tests.samples import BY_TREE, TREES

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("tree", TREES)
def test_every_object_keeps_the_rules(tree: str) -> None:
    things = written(BY_TREE[tree].folder)
    assert len([thing for thing in things if pod(thing)]) >= 2
    assert unexplained("policy", judge(things)) == []


def thing(kind: str) -> dict[str, Any]:
    return copy.deepcopy(next(one for one in written(BY_TREE["three-clouds"].folder) if one["kind"] == kind))


def edited(kind: str, *path: Any, value: Any) -> Callable[[], dict[str, Any]]:
    def make() -> dict[str, Any]:
        found = thing(kind)
        place: Any = found
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return found

    return make


POD = ("spec", "template", "spec")
SECURITY = (*POD, "containers", 0, "securityContext")
BROKEN = {
    "restricted": [
        edited("Job", *SECURITY, "privileged", value=True),
        edited("Job", *SECURITY, "readOnlyRootFilesystem", value=False),
        edited("Job", *SECURITY, "capabilities", value={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        edited("Job", *POD, "hostNetwork", value=True),
        edited("Job", *POD, "volumes", value=[{"name": "x", "hostPath": {"path": "/"}}]),
    ],
    "bounded": [edited("Job", *POD, "containers", 0, "resources", value={})],
    "tokens": [edited("Job", *POD, "automountServiceAccountToken", value=True)],
    "rights": [
        edited("Role", "rules", 0, "verbs", value=["*"]),
        edited("Role", "rules", 0, "verbs", value=["escalate"]),
    ],
    "closed": [edited("AppProject", "spec", "sourceRepos", value=["*"])],
    "hosts": [edited("Gateway", "spec", "servers", value=[{"hosts": ["*"]}])],
    "privileged_proxies": [
        edited("IstioOperator", "spec", "values", value={"global": {"proxy": {"privileged": True}}})
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_can_be_broken(rule: Callable[..., Any]) -> None:
    for make in BROKEN[rule.__name__]:
        broken = make()
        assert dig(broken, "metadata", "name")
        assert list(rule(broken))
