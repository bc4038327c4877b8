"""A tree that mcgen built gives its blueprint back; what people changed in it is told."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from mcgen.cli import run
from tests.samples import CHECKOUT
from tests.snapshots import snapshot

TREES = sorted(path.name for path in (CHECKOUT / "output").iterdir())


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CHECKOUT / "output/three-clouds", "tree")
    return tmp_path / "tree"


@pytest.mark.parametrize("name", TREES)
def test_every_sample_comes_back_to_the_byte(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The objects that istioctl rendered stay as they are in the tree: it is not needed for that.
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CHECKOUT / "output" / name, "tree")
    before = snapshot(tmp_path / "tree")
    assert run(["import", "tree", "-o", "mesh.yaml"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded", "--check"]) == 0
    assert run(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 0
    assert snapshot(tmp_path / "tree") == before


def test_the_blueprint_says_what_the_one_before_it_did(tree: Path) -> None:
    """But for what is in no file of a tree."""
    assert run(["import", "tree", "-o", "mesh.yaml"]) == 0
    said = yaml.safe_load(Path("mesh.yaml").read_bytes())
    meant = yaml.safe_load((CHECKOUT / "blueprints/three-clouds.yaml").read_bytes())
    for cluster in meant["clusters"]:
        cluster.pop("owners", None)
        cluster.pop("cidrs", None)
        # The only primary, and the default.
        cluster.pop("primary", None)
        if cluster["gateway"].get("scheme") == "public":
            del cluster["gateway"]["scheme"]
    for namespace in meant["namespaces"]:
        namespace.pop("serviceAccounts", None)
        # Of a namespace with sidecars, the default.
        namespace.pop("podSecurity", None)
    for key in ("user", "email", "pullRequest"):
        del meant["bootstrap"]["git"][key]
    for section, key in (("istio", "delivery"), ("istio", "proxy"), ("demo", "namespace")):
        del meant[section][key]
    del meant["exposure"]
    assert said == meant


def test_a_step_of_another_root_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (CHECKOUT / "blueprints/multi-primary.yaml").read_text()
    Path("mesh.yaml").write_text(text.replace("mode: cacerts", "mode: cacerts\n  rotation: both"))
    assert run(["build", "mesh.yaml", "-o", "tree"]) == 0
    before = snapshot(tmp_path / "tree")
    assert run(["import", "tree", "-o", "again.yaml"]) == 0
    assert run(["build", "again.yaml", "-o", "tree", "--check"]) == 0
    assert snapshot(tmp_path / "tree") == before


@pytest.mark.parametrize(
    ("path", "old", "new", "field"),
    [
        ("bases/namespaces/shop.yaml", "team: shop", "team: store", ("namespaces", 0, "labels", "team")),
        (
            "clusters/eks-ireland/east-west-gateway/istio-operator.yaml",
            "minReplicas: 2",
            "minReplicas: 4",
            ("clusters", 2, "gateway", "replicas", "min"),
        ),
    ],
)
def test_what_a_field_can_say_is_taken_over_from_an_edited_tree(
    tree: Path, path: str, old: str, new: str, field: tuple[str | int, ...]
) -> None:
    edited = tree / path
    edited.write_text(edited.read_text().replace(old, new))
    assert run(["import", "tree", "-o", "mesh.yaml"]) == 0
    value = yaml.safe_load(Path("mesh.yaml").read_bytes())
    for step in field:
        value = value[step]
    assert str(value) == new.partition(": ")[2]


def test_what_no_field_can_say_is_told_with_its_place(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited = tree / "clusters/gke-frankfurt/argocd/20-control-plane.yaml"
    edited.write_text(edited.read_text().replace("selfHeal: true", "selfHeal: false"))
    (tree / "clusters/gke-frankfurt/mine.yaml").write_text("kind: ConfigMap\n")
    (tree / "bases/gate/job.yaml").unlink()
    assert run(["import", "tree", "-o", "mesh.yaml"]) == 1
    said = capsys.readouterr().err
    line = edited.read_text().split("selfHeal")[0].count("\n") + 1
    assert f"tree/clusters/gke-frankfurt/argocd/20-control-plane.yaml:{line}:1: warning: from here on" in said
    assert "tree/clusters/gke-frankfurt/mine.yaml: warning: this file is no part of the tree [MC908]" in said
    assert "tree/bases/gate/job.yaml: warning: the blueprint gives this file" in said
    assert said.count("MC908") == 3
    assert Path("mesh.yaml").exists()


def test_another_version_of_mcgen_is_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tree / ".mcgen/manifest.json"
    manifest.write_text(manifest.read_text().replace('"generator": "', '"generator": "0.0.'))
    (tree / "README.md").write_text((tree / "README.md").read_text().replace("## More", "## Further"))
    assert run(["import", "tree"]) == 1
    assert "the tree was built by mcgen 0.0." in capsys.readouterr().err


def test_a_tree_without_its_pages_is_no_mesh(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "README.md").unlink()
    assert run(["import", "tree", "-o", "mesh.yaml"]) == 1
    assert "MC907" in capsys.readouterr().err
    assert not Path("mesh.yaml").exists()


def test_a_file_is_never_overwritten_unasked(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mesh.yaml").write_text("mine\n")
    assert run(["import", "tree", "-o", "mesh.yaml"]) == 2
    assert "add --force" in capsys.readouterr().err
    assert Path("mesh.yaml").read_text() == "mine\n"
    assert run(["import", "tree", "-o", "mesh.yaml", "--force"]) == 0
    assert "kind: Mesh" in Path("mesh.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere"], "does not exist"),
        (["tree", "--format", "json"], "name a file for the blueprint with -o"),
        (["tree", "--name", "x"], "a tree of mcgen says all of it"),
        (["tree", "--platform", "a=b"], "it is one of"),
        (["tree", "--platform", "a"], "is not CLUSTER=PLATFORM"),
    ],
)
def test_wrong_use_is_told(tree: Path, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", *arguments]) == 2
    assert why in capsys.readouterr().err


def test_patches_of_charts_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With this delivery they stand in the IstioOperators, and nowhere as patches."""
    monkeypatch.chdir(tmp_path)
    patch = {
        "stage": "control-plane",
        "clusters": ["east"],
        "target": {"kind": "IstioOperator"},
        "patch": {
            "kind": "IstioOperator",
            "metadata": {"name": "any", "labels": {"team": "mesh"}},
            "spec": {"values": {"pilot": {"traceSampling": 3.0, "autoscaleMin": None}}},
        },
    }
    text = (CHECKOUT / "blueprints/delivery/minimal-helm.yaml").read_text(encoding="utf-8")
    Path("mesh.yaml").write_text(f"{text}\npatches: [{json.dumps(patch)}]\n", encoding="utf-8")
    assert run(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 0
    assert run(["import", "tree", "-o", "again.yaml"]) == 0
    assert run(["build", "again.yaml", "-o", "tree", "--validator", "embedded", "--check"]) == 0
    said = yaml.safe_load(Path("again.yaml").read_bytes())["patches"]
    # The other cluster waits at its gate, where no patch shows: what all others have counts for all.
    assert [(one["stage"], one.get("clusters")) for one in said] == [("control-plane", None)]


def test_a_tree_among_other_manifests_is_not_taken_for_them(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(tree.parent)]) == 2
    assert "is a tree that mcgen built: import it alone" in capsys.readouterr().err


def test_a_secret_in_the_place_of_a_sealed_one_is_not_shown(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tree / "clusters/gke-frankfurt/remote-secrets/aks-amsterdam/sealed-secret.yaml"
    path.write_text('kind: Secret\nstringData: {token: "not-a-real-token"\n')
    assert run(["import", "tree"]) == 1
    said = capsys.readouterr().err
    assert "MC900" in said
    assert "not-a-real-token" not in said
