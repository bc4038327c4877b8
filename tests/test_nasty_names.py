"""Nasty text as names and labels: legal and kept, or refused with a code and a place; never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from mcgen import blueprint, rules, shape, source
from mcgen.emit import emit
from mcgen.facts import Inputs
from mcgen.mesh import resolve
from mcgen.problems import has_errors
from tests.nasty import NASTY


def given(**changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": changes.get("mesh", "m")},
        "gitops": {"repo": "https://git.example.com/m.git", "argocd": {"namespace": changes.get("argocd", "argocd")}},
        "istio": {"version": "1.31.1"},
        "mesh": {"id": changes.get("id", "m"), "trustDomain": changes.get("trust", "cluster.local")},
        "clusters": [
            {"name": changes.get("cluster", "a"), "platform": "generic", "role": "primary"},
            {"name": "b", "platform": "generic", "role": "remote", "network": changes.get("network", "n")},
        ],
        "namespaces": [{"name": "shop", "exported": True, "labels": {"team": changes.get("label", "x")}}]
        + [{"name": changes["namespace"]} for _ in range("namespace" in changes)],
        "policies": [
            {"name": changes.get("policy", "p"), "namespace": "shop", "selector": {"a": changes.get("v", "1")}}
        ],
    }


FIELDS = ("mesh", "argocd", "id", "trust", "cluster", "network", "label", "namespace", "policy", "v")


# A name, a label: all of it. The others have the types of these two, and see a part.
WHOLE = ("cluster", "label")


@pytest.mark.parametrize("field", FIELDS)
def test_nasty_names(field: str) -> None:
    accepted = 0
    texts = [*NASTY[:: 1 if field in WHOLE else 12], "plain"]
    for text in texts:
        found = source.parse(emit([given(**{field: text})]).encode(), "b.yaml")
        assert found.problems == (), text
        problems = shape.check(found, shape.blueprint_schema())
        if not problems:
            plan = blueprint.convert(found.data)
            problems = rules.check(plan, Inputs(), found)
            if not has_errors(problems):
                accepted += 1
                assert text in _names(resolve(plan, Inputs()))
                assert text.isascii()
                assert len(text) <= 255
        for problem in problems:
            assert problem.code.startswith("MC")
            assert problem.pos.line > 0
    assert 0 < accepted < len(texts) / 2


def _names(mesh: Any) -> set[str]:
    found = {mesh.name, mesh.id, mesh.trust_domain, mesh.gitops.argocd.namespace}
    for cluster in mesh.clusters:
        found |= {cluster.name, cluster.network}
        for namespace in cluster.namespaces:
            found |= {namespace.name, *namespace.labels.values()}
    for policy in mesh.policies:
        found |= {policy.name, *policy.selector.values()}
    return found
