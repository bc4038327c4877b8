"""What the peers read and must write: the same documents as mcgen's tree, and a difference is seen."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from mcgen import load
from mcgen.cli import run
from tests.bench import fleet
from tests.bench.peers import documents, expected, table, values
from tests.bench.peers.kustomize import prepare


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("fleet")
    blueprint = fleet.write(9, found)
    argv = ["build", str(blueprint), "-o", str(found / "tree"), "--inputs", str(found / "inputs")]
    assert run([*argv, "--validator", "embedded"]) == 0
    return found


@pytest.fixture(scope="module")
def mesh(folder: Path) -> dict[str, Any]:
    return values.values(load.load(load.read(str(folder / "fleet.yaml")), folder / "inputs").mesh)


def written(mesh: dict[str, Any], folder: Path) -> Path:
    for cluster in mesh["clusters"]:
        for path, found in documents.files(mesh, cluster).items():
            file = folder / cluster["name"] / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"---\n{json.dumps(document)}\n" for document in found))
    return folder


def peer(folder: str) -> table.Peer:
    (found,) = table.chosen(folder)
    return found


def test_documents_are_those_of_the_tree(folder: Path, mesh: dict[str, Any], tmp_path: Path) -> None:
    wanted = expected.of_tree(folder / "tree")
    assert len(wanted) > 16 * 8
    out = written(mesh, tmp_path / "out")
    assert expected.differences(wanted, peer("jsonnet").written(out)) == []
    changed = out / "aks-0004/base/istio-operator.yaml"
    changed.write_text(changed.read_text().replace("empty", "full"))
    (out / "aks-0004/argocd/00-namespaces.yaml").unlink()
    (out / "aks-0008/more.yaml").write_text("a: b\n")
    assert expected.differences(wanted, peer("jsonnet").written(out)) == [
        "+ aks-0008/more.yaml",
        "- aks-0004/argocd/00-namespaces.yaml",
        "~ aks-0004/base/istio-operator.yaml",
    ]


@pytest.mark.parametrize(
    ("folder", "path", "place"),
    [
        ("cdk8s", "a/remote-secret-kustomization.yaml", "remote-secret/kustomization.yaml"),
        ("cdk8s", "a/argocd-30-east-west-gateway.yaml", "argocd/30-east-west-gateway.yaml"),
        ("helm", "a/cluster/templates/base/istio-operator.yaml", "base/istio-operator.yaml"),
        ("kapitan", "compiled/a/base/istio-operator.yml", "base/istio-operator.yaml"),
    ],
)
def test_where_peers_write(folder: str, path: str, place: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("a: b\n")
    assert peer(folder).written(tmp_path) == {("a", place): ['{"a": "b"}']}


def test_patches_make_one_document_of_another() -> None:
    old = {"kept": 1, "a/b": {"c": [1], "gone": 2}}
    new = {"kept": 1, "a/b": {"c": [1, 2]}, "more": {"d": 3}}
    assert list(prepare.patches(old, new)) == [
        {"op": "replace", "path": "/a~1b/c", "value": [1, 2]},
        {"op": "remove", "path": "/a~1b/gone"},
        {"op": "add", "path": "/more", "value": {"d": 3}},
    ]


def test_commands_name_their_places() -> None:
    for each in table.PEERS:
        argv = each.argv(Path("/v a/values.json"), Path("/w"), Path("/o"))
        assert argv[:2] == ["sh", "-ec"]
        assert "{" not in argv[2].replace("${", "")
        assert shlex.split(argv[2])[:2] == ["cd", "/w"]
        assert (table.HERE / each.folder).is_dir()
