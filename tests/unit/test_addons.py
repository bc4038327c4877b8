"""Addons: what the blueprint's forms mean, and the sealed-secrets controller that mcgen installs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import packaged
from mcgen import addons, blueprint, mesh, names
from mcgen.facts import Inputs
from mcgen.manifests import sealed_secrets
from schemagen import sources
from tests.helpers import documents, emitted
from tests.shop import SHOP

if TYPE_CHECKING:
    from mcgen.mesh import Mesh

CHECKOUT = Path(__file__).parents[2]
BASE = "bases/sealed-secrets"
EXISTING = addons.SealedSecrets(managed=False, namespace="kube-system", controller="sealed-secrets-controller")
MANAGED = addons.SealedSecrets(managed=True, namespace="sealed-secrets", controller="sealed-secrets-controller")


def resolved(**sections: Any) -> Mesh:
    data = SHOP | {
        "clusters": [
            {"name": "east", "platform": "gke", "role": "primary"},
            {"name": "north", "platform": "gke", "role": "primary"},
            {"name": "west", "platform": "aks", "role": "remote", "primary": "east"},
        ],
    }
    return mesh.resolve(blueprint.convert(data | sections), Inputs())


def tree(addon: Any) -> dict[str, list[Any]]:
    return {path: documents(text) for path, text in emitted(resolved(addons={"sealedSecrets": addon})).items()}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, EXISTING),
        ({"addons": {}}, EXISTING),
        ({"addons": {"sealedSecrets": "existing"}}, EXISTING),
        ({"addons": {"sealedSecrets": {}}}, EXISTING),
        ({"addons": {"sealedSecrets": "managed"}}, MANAGED),
        ({"addons": {"sealedSecrets": {"install": "managed"}}}, MANAGED),
        (
            {"addons": {"sealedSecrets": {"namespace": "vault", "controller": "opener"}}},
            addons.SealedSecrets(managed=False, namespace="vault", controller="opener"),
        ),
        (
            {"addons": {"sealedSecrets": {"install": "managed", "namespace": "vault"}}},
            addons.SealedSecrets(managed=True, namespace="vault", controller="sealed-secrets-controller"),
        ),
    ],
)
def test_the_forms_of_the_section(section: dict[str, Any], expected: addons.SealedSecrets) -> None:
    assert resolved(**section).sealed_secrets == expected


def test_kubeseal_is_told_what_it_does_not_know() -> None:
    assert EXISTING.kubeseal_options == ()
    assert MANAGED.kubeseal_options == ("--controller-namespace", "sealed-secrets")
    other = addons.SealedSecrets(managed=False, namespace="kube-system", controller="opener")
    assert other.kubeseal_options == ("--controller-name", "opener")


def test_only_primaries_that_read_others_get_the_controller() -> None:
    """The one serves a remote, both read their peer."""
    files = tree("managed")
    assert [path for path in files if path.endswith("-sealed-secrets.yaml")] == [
        "clusters/east/argocd/05-sealed-secrets.yaml",
        "clusters/north/argocd/05-sealed-secrets.yaml",
    ]
    assert "clusters/east/namespaces/sealed-secrets.yaml" in files
    assert [path for path in files if path.startswith("clusters/west") and "sealed" in path] == []
    project = files["argocd/install/projects.yaml"][1]["spec"]
    places = [place["name"] for place in project["destinations"] if place["namespace"] == "sealed-secrets"]
    assert places == ["east", "north"]


@pytest.mark.parametrize("addon", ["existing", {"namespace": "sealed-secrets"}])
def test_what_somebody_else_installs_is_not_in_the_tree(addon: Any) -> None:
    assert tree(addon) == tree("existing")
    assert [path for path in tree(addon) if "sealed" in path] == []


def test_without_a_remote_nothing_is_left_over() -> None:
    alone = [{"name": "east", "platform": "gke", "role": "primary"}]
    files = emitted(resolved(clusters=alone, addons={"sealedSecrets": "managed"}))
    assert files == emitted(resolved(clusters=alone))


def test_namespace_and_name_are_everywhere_the_given_ones() -> None:
    files = tree({"install": "managed", "namespace": "vault", "controller": "opener"})
    own = {path: found for path, found in files.items() if path.startswith(BASE)}
    text = str(own).replace(sealed_secrets.IMAGE, "")
    assert {
        doc["metadata"].get("namespace", "vault") for found in own.values() for doc in found if "metadata" in doc
    } == {"vault"}
    assert re.findall(r"'name': 'sealed-secrets-controller'", text) == ["'name': 'sealed-secrets-controller'"]
    application = files["clusters/east/argocd/05-sealed-secrets.yaml"][0]
    assert application["spec"]["destination"] == {"name": "east", "namespace": "vault"}
    assert "clusters/east/namespaces/vault.yaml" in files


def test_nothing_with_the_definition_or_the_keys_is_deleted_without_a_question() -> None:
    files = tree("managed")
    for path in (f"{BASE}/crd.yaml", "clusters/east/namespaces/sealed-secrets.yaml"):
        (document,) = files[path]
        assert document["metadata"]["annotations"][names.SYNC_OPTIONS] == "Prune=confirm,Delete=confirm"


def test_the_pod_fits_its_namespace() -> None:
    """The rules of https://kubernetes.io/docs/concepts/security/pod-security-standards/, level restricted."""
    files = tree("managed")
    (namespace,) = files["clusters/east/namespaces/sealed-secrets.yaml"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert names.INJECTION not in namespace["metadata"]["labels"]
    pod = files[f"{BASE}/controller.yaml"][0]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert all("emptyDir" in volume for volume in pod["volumes"])
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()


def test_everybody_may_fetch_the_certificate_and_nothing_else() -> None:
    objects = {(doc["kind"], doc["metadata"]["name"]): doc for doc in tree("managed")[f"{BASE}/rbac.yaml"]}
    open_to_all = [
        key for key, doc in objects.items() if "system:authenticated" in [s["name"] for s in doc.get("subjects", ())]
    ]
    assert open_to_all == [("RoleBinding", "sealed-secrets-service-proxier")]
    role = objects["Role", objects[open_to_all[0]]["roleRef"]["name"]]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get"}
    assert all(rule["resourceNames"] for rule in role["rules"])
    rules = [rule for doc in objects.values() for rule in doc.get("rules", ())]
    assert not [rule for rule in rules if "*" in rule["verbs"] + rule["resources"] + rule["apiGroups"]]


def test_one_version_everywhere() -> None:
    """The image, the module that the CRD comes from, and the kubeseal that the tests run."""
    pinned = (CHECKOUT / "tools/kubeseal/go.mod").read_text(encoding="utf-8")
    assert f"github.com/bitnami-labs/sealed-secrets v{names.SEALED_SECRETS_VERSION} " in pinned
    assert sources.SEALED_SECRETS.version == f"v{names.SEALED_SECRETS_VERSION}"
    assert sealed_secrets.IMAGE.endswith(f":{names.SEALED_SECRETS_VERSION}")


def test_the_packaged_definition_is_that_of_the_kind() -> None:
    definition = yaml.load(sealed_secrets.CRD.read_bytes(), Loader=yaml.CSafeLoader)
    (version,) = definition["spec"]["versions"]
    assert f"{definition['spec']['group']}/{version['name']}" == names.SEALED_SECRET
    assert definition["spec"]["names"]["kind"] == "SealedSecret"
    (made,) = tree("managed")[f"{BASE}/crd.yaml"]
    del made["metadata"]["annotations"][names.SYNC_OPTIONS]
    assert made == definition


def test_copies_are_brought_to_the_wanted_state(tmp_path: Path) -> None:
    folder, wanted = tmp_path / "packaged", {"a.yaml": b"a: 1\n", "b.yaml": b"b: 1\n"}
    assert packaged.differences(wanted, folder) == ["a.yaml", "b.yaml"]
    packaged.write(wanted, folder)
    assert packaged.differences(wanted, folder) == []
    (folder / "a.yaml").write_bytes(b"a: 2\n")
    (folder / "old.yaml").write_bytes(b"")
    assert packaged.differences(wanted, folder) == ["a.yaml", "old.yaml"]
    packaged.write(wanted, folder)
    assert packaged.differences(wanted, folder) == []
    assert {path.name for path in packaged.FOLDER.iterdir()} == packaged.COPIES.keys()
