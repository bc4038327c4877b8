"""Keys and names that look like numbers, through the real programs: what arrives, and what is refused."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen import names, sealed, unquoted
from mcgen.bootstrap import seal
from mcgen.cli import run
from mcgen.emit import emit
from tests.certificates import RSA, issue
from tests.e2e.rendered import kustomize, plugin
from tests.goyaml import documents
from tests.nasty import NASTY_KEYS
from tests.programs import program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

KEYS = [
    *NASTY_KEYS,
    *("0x" + "f" * 16, "-0x8000000000000000", "0b" + "1" * 64, "1e308", "1e309"),
    *("2024-02-29", "2026-02-29", "2026-13-01", "0000-02-29", "1900-02-29", "2026-11-23t1:2:3Z", "2026-11-23T10:00:00"),
]
PLAIN = "qzq"
ODD = ("1", "null", "1e3", "no", "2026-11-23", "0x1f", "nan")


def namespace(folder: Path, annotations: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Build a namespace with annotations, and with a patch as in the overlays of the tree."""
    thing = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "annotations": annotations}}
    patch = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"a": "b"}}}
    (folder / "thing.yaml").write_text(emit([thing]), encoding="utf-8")
    kustomization = {"resources": ["thing.yaml"], "patches": [{"patch": emit([patch])}]}
    (folder / "kustomization.yaml").write_text(emit([kustomization]), encoding="utf-8")
    return subprocess.run([program("kustomize"), "build", str(folder)], capture_output=True, check=False)


def test_keys_of_annotations_that_are_text_to_kustomize(tmp_path: Path) -> None:
    kept = {key: "x" for key in KEYS if not unquoted.by_kustomize(key)}
    assert len(kept) > 800
    done = namespace(tmp_path, kept)
    assert done.returncode == 0, done.stderr
    (built,) = documents(done.stdout)
    assert built["metadata"]["annotations"] == kept


def test_keys_of_annotations_that_are_refused_break_kustomize(tmp_path: Path) -> None:
    refused = [key for key in KEYS if unquoted.by_kustomize(key)]
    assert len(refused) > 80
    assert [key for key in refused if not namespace(tmp_path, {key: "x"}).returncode] == []


def blueprint(name: str, revision: str = "") -> dict[str, Any]:
    """Return a mesh in which everything that may have a name has this one."""
    labels = {name: name}
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": name},
        "gitops": {"repo": "https://git.example.com/m.git"},
        "istio": {"version": "1.31.1"} | ({"revision": revision} if revision else {}),
        "mesh": {"id": name, "trustDomain": name},
        "clusters": [
            {"name": name, "platform": "generic", "role": "primary", "network": name, "ingressGateway": True,
             "gateway": {"address": "203.0.113.10", "annotations": labels}},
            {"name": f"{name}x", "id": f"{name}0", "platform": "generic", "role": "remote", "network": f"{name}0"},
        ],
        "namespaces": [{"name": name, "exported": True, "labels": labels, "serviceAccounts": [name]}],
        "policies": [{"name": name, "namespace": name, "selector": labels,
                      "rules": [{"from": {"serviceAccounts": [f"{name}/{name}"]}}]}],
    }  # fmt: skip


def rendered(folder: Path, data: dict[str, Any]) -> dict[str, list[Any]]:
    """Build a mesh and return the objects of its first cluster by stage, as the programs give them."""
    folder.mkdir()
    (folder / "mesh.yaml").write_text(emit([data]), encoding="utf-8")
    assert run(["build", str(folder / "mesh.yaml"), "-o", str(folder / "tree"), "--validator", "embedded"]) == 0
    stages = (folder / "tree/clusters" / data["clusters"][0]["name"]).glob("*/kustomization.yaml")
    found = {}
    for stage in sorted(path.parent for path in stages):
        render = plugin if (stage / "istio-operator.yaml").exists() else kustomize
        objects = documents(render(stage))
        found[stage.name] = sorted(objects, key=lambda each: (each["kind"], str(each["metadata"]["name"])))
    return found


def replaced(value: Any, name: str) -> Any:
    """Return objects with another name; Istio's own texts are compared by what they say."""
    if isinstance(value, dict):
        return {replaced(key, name): replaced(each, name) for key, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, name) for each in value]
    return value.replace(PLAIN, name) if isinstance(value, str) else value


def texts_read(stages: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Read the mesh configuration, in which istioctl quotes only what needs it."""
    for stage in stages.values():
        for each in stage:
            if each["kind"] == "ConfigMap" and "mesh" in each.get("data", {}):
                each["data"]["mesh"] = yaml.safe_load(each["data"]["mesh"])
    return stages


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    return texts_read(rendered(tmp_path_factory.mktemp("plain") / "mesh", blueprint(PLAIN)))


@pytest.mark.parametrize("name", ODD)
def test_a_name_is_a_name_whatever_it_looks_like(tmp_path: Path, plain: dict[str, list[Any]], name: str) -> None:
    data = blueprint(name)
    assert texts_read(rendered(tmp_path / "mesh", data)) == {
        stage: sorted(objects, key=lambda each: (each["kind"], each["metadata"]["name"]))
        for stage, objects in replaced(plain, name).items()
    }


def test_what_is_sealed_of_a_cluster_whose_id_is_a_number_is_known_again(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text(issue(RSA, days=3650))
    for name in (*ODD, "on", "07", "1-2-3"):
        metadata = {
            "name": names.remote_secret(name),
            "namespace": names.ISTIO_SYSTEM,
            "labels": {names.MULTI_CLUSTER: "true"},
            "annotations": {names.REMOTE_CLUSTER: name},
        }
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {name: "x"}}
        argv = [program("kubeseal"), *seal.kubeseal(str(tmp_path / "cert.pem"))[1:]]
        done = subprocess.run(argv, input=emit([secret]).encode(), capture_output=True, check=True)
        document = seal.printed(done.stdout, "secret", partial(sealed.differences, cluster_id=name))
        (tmp_path / "sealed.yaml").write_text(emit([document]), encoding="utf-8")
        (tmp_path / "kustomization.yaml").write_text(emit([{"resources": ["sealed.yaml"]}]), encoding="utf-8")
        (built,) = documents(kustomize(tmp_path))
        assert built["spec"] == document["spec"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the IstioOperator of a gateway of a mesh that has a revision."""
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "mesh.yaml").write_text(emit([blueprint("a", revision=PLAIN)]), encoding="utf-8")
    assert run(["build", str(folder / "mesh.yaml"), "-o", str(folder / "tree"), "--validator", "embedded"]) == 0
    (operator,) = documents((folder / "tree/clusters/a/east-west-gateway/istio-operator.yaml").read_bytes())
    return operator


def revision_of(folder: Path, operator: Any) -> Any:
    """Return the revision of a gateway's pods, by the render plugin; None where that fails."""
    (folder / "operator.yaml").write_text(emit([operator]), encoding="utf-8")
    (folder / "kustomization.yaml").write_text(emit([{"resources": ["operator.yaml"]}]), encoding="utf-8")
    try:
        found = documents(plugin(folder))
    except AssertionError:
        return None
    (deployment,) = [each for each in found if each["kind"] == "Deployment"]
    return deployment["spec"]["template"]["metadata"]["labels"][names.REVISION]


REVISIONS = [
    *[
        "0",
        "1",
        "131",
        "00",
        "08",
        "0777",
        "0o7",
        "0o8",
        "0x1f",
        "0xg",
        "0b1",
        "0b2",
        "1e3",
        "1e-3",
        "1e400",
        "0e1",
        "e1",
        "null",
        "true",
        "false",
        "y",
        "n",
        "yes",
        "no",
        "on",
        "off",
        "none",
    ],
    *["nan", "inf", "infinity", "0x1p3", "2026-11-23", "2026-13-45", "1-31", "1-1", "1-2-3", "12e4567", "canary"],
]


@pytest.mark.parametrize("revision", REVISIONS)
def test_revisions_that_are_refused_are_those_that_do_not_arrive(tmp_path: Path, gateway: Any, revision: str) -> None:
    arrives = revision_of(tmp_path, replaced(gateway, revision)) == revision
    assert arrives is (not unquoted.by_charts(revision))
