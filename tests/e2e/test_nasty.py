"""Nasty text of a blueprint reaches the objects unchanged, through files and the real kustomize."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcgen.cli import run
from mcgen.emit import emit
from tests.e2e.rendered import kustomize
from tests.goyaml import documents
from tests.nasty import NASTY

pytestmark = pytest.mark.e2e


def blueprint() -> dict[str, Any]:
    annotations = {f"example.com/n{i}": text for i, text in enumerate(NASTY)}
    # What no request path can hold is refused with MC238.
    paths = [f"/{text}" for text in NASTY if re.fullmatch(r"[-A-Za-z0-9_:=&$!'(),;+@%~|]+", text)]
    assert len(paths) > 200
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": "nasty", "description": "".join(NASTY)[:900]},
        "gitops": {"repo": "https://git.example.com/nasty.git"},
        "istio": {"version": "1.31.1", "values": {"pilot": {"env": {f"N{i}": t for i, t in enumerate(NASTY)}}}},
        "clusters": [
            {"name": "a", "platform": "generic", "role": "primary", "gateway": {"annotations": annotations}},
            {"name": "b", "platform": "generic", "role": "remote"},
        ],
        "namespaces": [{"name": "shop", "exported": True, "annotations": annotations}],
        "policies": [{"name": "p", "namespace": "shop", "rules": [{"to": {"paths": paths}}]}],
    }


def test_nasty_text_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = blueprint()
    Path("b.yaml").write_text(emit([given]), encoding="utf-8")
    assert run(["build", "b.yaml", "-o", "tree"]) == 0
    spaces = documents(kustomize(tmp_path / "tree/clusters/a/namespaces"))
    shop = next(thing for thing in spaces if thing["metadata"]["name"] == "shop")
    expected = given["namespaces"][0]["annotations"]
    assert {k: v for k, v in shop["metadata"]["annotations"].items() if k in expected} == expected

    policies = documents(kustomize(tmp_path / "tree/clusters/a/policies"))
    policy = next(thing for thing in policies if thing["kind"] == "AuthorizationPolicy")
    assert policy["spec"]["rules"][0]["to"][0]["operation"]["paths"] == given["policies"][0]["rules"][0]["to"]["paths"]

    (operator,) = documents(kustomize(tmp_path / "tree/clusters/a/control-plane"))
    assert operator["spec"]["values"]["pilot"]["env"] == given["istio"]["values"]["pilot"]["env"]
    text = (tmp_path / "tree/clusters/a/east-west-gateway/istio-operator.yaml").read_bytes()
    gateway = yaml.load(text, Loader=yaml.CSafeLoader)["spec"]["components"]["ingressGateways"][0]
    assert gateway["k8s"]["serviceAnnotations"] == expected
