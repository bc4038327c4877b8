"""The sealed-secrets controller that mcgen installs, against its makers' own manifests and program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from mcgen.manifests import sealed_secrets
from schemagen import sources
from tests.e2e.rendered import kustomize
from tests.goyaml import documents
from tests.programs import program, run
from tests.samples import BY_TREE, CHECKOUT

pytestmark = pytest.mark.e2e

CONTROLLER = "sealed-secrets-controller"
STAGE = BY_TREE["three-clouds"].folder / "clusters/gke-frankfurt/sealed-secrets"
_COMMENT = re.compile(r" *//.*")
_RULES = re.compile(r"kube\.(?:Cluster)?Role\('([^']+)'\)[^{]*\{\n    rules: (\[\n.*?\n    \]),", re.DOTALL)


def upstream() -> dict[str, set[tuple[str, ...]]]:
    """Return the rules of each role in controller.jsonnet: without comments, its literals are YAML."""
    text = (sources.folder(sources.SEALED_SECRETS) / "controller.jsonnet").read_text(encoding="utf-8")
    return {name: plain(yaml.safe_load(rules)) for name, rules in _RULES.findall(_COMMENT.sub("", text))}


def plain(rules: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    return {
        (group, resource, name, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


def test_the_rules_are_upstreams_but_for_what_is_not_needed() -> None:
    theirs = upstream()
    assert theirs.keys() == {"secrets-unsealer", "sealed-secrets-key-admin", "sealed-secrets-service-proxier"}
    unsealer, keys = plain(sealed_secrets.unsealer_rules()), plain(sealed_secrets.key_rules())
    assert unsealer == theirs["secrets-unsealer"] - {("", "namespaces", "", "get")}
    assert keys == theirs["sealed-secrets-key-admin"]
    proxier = {rule for rule in theirs["sealed-secrets-service-proxier"] if rule[-1] != "create"}
    assert plain(sealed_secrets.certificate_rules(CONTROLLER)) == proxier
    assert len(proxier) == 4


def test_the_packaged_files_are_the_pinned_ones() -> None:
    argv = [sys.executable, str(CHECKOUT / "tools/packaged.py"), "--check"]
    done = subprocess.run(argv, env=os.environ.copy(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_kubeseal_finds_what_it_asks_for_by_these_options() -> None:
    options = run([program("kubeseal"), "--help"]).decode()
    assert re.search(r"--controller-namespace string +.*\(default \"kube-system\"\)", options)
    assert re.search(rf"--controller-name string +.*\(default \"{CONTROLLER}\"\)", options)


def test_what_comes_out_of_the_stage() -> None:
    found = documents(kustomize(STAGE))
    kinds = sorted(document["kind"] for document in found)
    assert kinds == [
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Deployment",
        "Role",
        "Role",
        "RoleBinding",
        "RoleBinding",
        "Service",
        "ServiceAccount",
    ]
    (service,) = [document for document in found if document["kind"] == "Service"]
    (deployment,) = [document for document in found if document["kind"] == "Deployment"]
    template = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
    assert [ports[port["targetPort"]] for port in service["spec"]["ports"]] == [8080]
