"""The sealed-secrets controller that mcgen installs, against its makers' own manifests and program."""

from __future__ import annotations

import base64
import copy
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from mcgen.manifests import sealed_secrets
from mcgen.sealed import differences
from schemagen import sources
from tests.certificates import RSA, issue
from tests.e2e.rendered import kustomize
from tests.goyaml import documents
from tests.programs import program, run
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

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


SEALED_FOR = {"aks": "istio-remote-secret-aks", "eks": "istio-remote-secret-eks"}


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the two halves of a sealing key, as files: what seals, and what the controller opens with."""
    folder = tmp_path_factory.mktemp("sealing")
    halves = {"certificate": folder / "cert.pem", "key": folder / "key.pem"}
    halves["certificate"].write_text(issue(RSA, days=3650))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    halves["key"].write_bytes(RSA.private_bytes(*plain))
    return halves


def sealed(cluster: str, halves: dict[str, Path]) -> Any:
    metadata = {"name": SEALED_FOR[cluster], "namespace": "istio-system"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"kubeconfig": cluster}}
    argv = [program("kubeseal"), f"--cert={halves['certificate']}", "--scope=strict", "--format=yaml"]
    done = subprocess.run(argv, input=yaml.safe_dump(secret).encode(), capture_output=True, check=True)
    return yaml.safe_load(done.stdout)


def opened(document: Any, halves: dict[str, Path]) -> subprocess.CompletedProcess[bytes]:
    """Open a SealedSecret by the code of the controller, without a cluster."""
    argv = [program("kubeseal"), "--recovery-unseal", f"--recovery-private-key={halves['key']}"]
    return subprocess.run(argv, input=yaml.safe_dump(document).encode(), capture_output=True, check=False)


def test_a_sealed_text_opens_under_its_own_name_alone(opener: dict[str, Path]) -> None:
    """Texts that were swapped, a file that was renamed, moved or given a wider scope: what strict scope refuses."""
    aks, eks = sealed("aks", opener), sealed("eks", opener)
    assert base64.b64encode(b"aks") in opened(aks, opener).stdout
    wrong = []
    for path, value in (
        (("spec", "encryptedData"), eks["spec"]["encryptedData"]),
        (("metadata", "name"), SEALED_FOR["eks"]),
        (("metadata", "namespace"), "default"),
        (("metadata", "annotations"), {"sealedsecrets.bitnami.com/cluster-wide": "true"}),
        (("metadata", "annotations"), {"sealedsecrets.bitnami.com/namespace-wide": "true"}),
    ):
        document = copy.deepcopy(aks)
        document[path[0]][path[1]] = value
        done = opened(document, opener)
        if done.returncode == 0 or done.stdout or b"no key could decrypt secret" not in done.stderr:
            wrong.append((path, value, done))
    assert wrong == []


def test_what_kubeseal_seals_is_told_from_what_is_not_sealed(opener: dict[str, Path]) -> None:
    document = sealed("aks", opener)
    document["spec"]["encryptedData"] = {"aks": document["spec"]["encryptedData"]["kubeconfig"]}
    assert not [each for each in differences(document, "aks") if "not sealed" in each]
    document["spec"]["encryptedData"] = {"aks": "kubeconfig"}
    assert [each for each in differences(document, "aks") if "not sealed" in each]
