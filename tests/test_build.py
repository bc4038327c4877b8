"""mcgen build as a user meets it: what is written, what is refused, and that nothing is half done."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcgen.cli import run
from tests.samples import BY_TREE, CHECKOUT
from tests.snapshots import snapshot

BLUEPRINT = "blueprints/gke-aks.yaml"
SEALED = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path


def build(*arguments: str) -> int:
    return run(["build", BLUEPRINT, *arguments])


def mtimes(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_a_second_build_writes_nothing(workplace: Path) -> None:
    assert build() == 0
    before = mtimes(workplace / "output")
    assert build() == 0
    assert mtimes(workplace / "output") == before


def test_check_and_dry_run_write_nothing(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build("--check") == 1
    assert build("--dry-run") == 0
    assert not (workplace / "output").exists()
    assert "+ clusters/aks/argocd/00-namespaces.yaml" in capsys.readouterr().out
    assert build() == 0
    assert build("--check") == 0


def test_the_validator_is_named(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build() == 0
    assert "validated by embedded" in capsys.readouterr().out


def test_a_missing_kubeconform_is_explained(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build("--validator", "kubeconform") == 3
    assert "kubeconform is not on PATH" in capsys.readouterr().err
    assert not (workplace / "output").exists()


def test_inputs_open_the_gate(workplace: Path) -> None:
    assert build() == 0
    chain = workplace / "output/gke-aks/clusters/aks/argocd"
    assert [path.name for path in sorted(chain.iterdir())] == ["00-namespaces.yaml", "10-remote-secret.yaml"]
    assert build("--inputs", "blueprints/gke-aks.inputs") == 0
    assert (chain / "30-east-west-gateway.yaml").exists()
    # From now on the tree has its inputs itself.
    assert build("--check") == 0


@pytest.mark.parametrize("lost", [SEALED, ".mcgen/facts.yaml"])
def test_a_lost_input_never_takes_stages_away(workplace: Path, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert build("--inputs", "blueprints/gke-aks.inputs") == 0
    tree = workplace / "output/gke-aks"
    (tree / lost).unlink()
    before = snapshot(tree)
    capsys.readouterr()
    assert build("--force") == 1
    captured = capsys.readouterr()
    assert "MC237" in captured.err
    assert f"git checkout -- {lost}" in captured.err
    assert snapshot(tree) == before


def test_an_edited_file_is_not_overwritten(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build() == 0
    edited = workplace / "output/gke-aks/bases/gate/job.yaml"
    edited.write_text("mine\n", encoding="utf-8")
    assert build() == 1
    assert "bases/gate/job.yaml" in capsys.readouterr().err
    assert edited.read_text(encoding="utf-8") == "mine\n"
    assert build("--force") == 0
    assert edited.read_text(encoding="utf-8").startswith("# Generated")


def test_files_of_others_stay(workplace: Path) -> None:
    assert build() == 0
    note = workplace / "output/gke-aks/clusters/aks/NOTES.md"
    note.write_text("ours\n", encoding="utf-8")
    text = Path(BLUEPRINT).read_text(encoding="utf-8").replace("demo:\n  enabled: true\n", "")
    text = text.split("policies:")[0] + "namespaces: [{name: multi-cluster, exported: true}]\n"
    Path(BLUEPRINT).write_text(text, encoding="utf-8")
    assert build() == 0
    assert not (workplace / "output/gke-aks/clusters/aks/workloads").exists()
    assert note.read_text(encoding="utf-8") == "ours\n"


def test_two_blueprints_in_one_folder_are_refused(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build("-o", "tree") == 0
    before = snapshot(workplace / "tree")
    assert run(["build", "blueprints/minimal.yaml", "-o", "tree", "--force"]) == 1
    assert "gke-aks" in capsys.readouterr().err
    assert snapshot(workplace / "tree") == before


def test_problems_come_as_json_and_sarif(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(BLUEPRINT).write_text(
        Path(BLUEPRINT).read_text(encoding="utf-8").replace("platform: gke", "platform: gkee"), encoding="utf-8"
    )
    assert build("--format", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert [(p["code"], p["file"]) for p in report["problems"]] == [("MC105", BLUEPRINT)]
    assert build("--format", "sarif") == 1
    log = json.loads(capsys.readouterr().out)
    assert log["runs"][0]["results"][0]["ruleId"] == "MC105"


BAD_PLACES = {
    "no such file": ["nowhere.yaml"],
    "a directory": ["blueprints"],
    "a device": ["/dev/null"],
}


@pytest.mark.parametrize("arguments", BAD_PLACES.values(), ids=BAD_PLACES)
def test_unusable_blueprints(workplace: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("mcgen: ")
    assert "Traceback" not in error
    assert not (workplace / "output").exists()


HOSTILE = {
    "not UTF-8": b"\xff\xfe\xfa",
    "a binary": bytes(range(256)) * 40,
    "an empty file": b"",
    "50 MB": b"a: " + b"x" * 50_000_000,
    "an alias bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(ord("b"), ord("j"))),
    "10,000 levels": b"a: " + b"[" * 10_000,
    "duplicate keys": b"a: 1\na: 2\n",
    "several documents": b"a: 1\n---\nb: 2\n",
    "tabs": b"a:\n\tb: 1\n",
    "unknown keys": b"apiVersion: mcgen/v1alpha1\nkind: Mesh\nkluster: []\n",
    "a number for a version": b"apiVersion: mcgen/v1alpha1\nkind: Mesh\nistio: {version: 1.20}\n",
    "a list": b"- 1\n",
    "null": b"~\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_blueprints(workplace: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.yaml").write_bytes(content)
    assert run(["build", "b.yaml"]) == 1
    error = capsys.readouterr().err
    assert "b.yaml" in error
    assert "MC" in error
    assert "Traceback" not in error
    assert not (workplace / "output").exists()


def test_an_output_inside_a_file(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("x", encoding="utf-8")
    assert build("-o", "file/tree") in {1, 3}
    assert "file" in capsys.readouterr().err
    assert build("-o", "file") in {1, 3}
    assert Path("file").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("out", ["/", "../" * 40, "/tmp/.."])
def test_the_root_of_the_file_system(workplace: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert build("-o", out, "--dry-run") == 1
    assert "root of the file system" in (told := capsys.readouterr().err)
    assert "[MC604]" in told


@pytest.mark.parametrize(
    ("out", "seen"), [("output/gke-aks", True), ("ro/x", False), ("checkout/output/gke-aks", True), (".", False)]
)
def test_files_are_named_where_they_are(
    workplace: Path, out: str, seen: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build("-o", out) == 0
    said = capsys.readouterr().out
    prefix = "" if out == "." else f"{out}/"
    for path in ("argocd/setup/README.md", "RUNBOOK.md", "bootstrap/README.md"):
        assert f"see {prefix}{path}\n" in said
        assert (workplace / out / path).is_file()
    note = "note: Argo CD looks for this tree at output/gke-aks of its repository (gitops.path)"
    assert (note in said) is not seen
    assert build("-o", out, "--check") == 0
    assert note not in capsys.readouterr().out


def test_a_symlink_that_leaves_the_output(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("elsewhere").mkdir()
    Path("output/gke-aks").mkdir(parents=True)
    Path("output/gke-aks/clusters").symlink_to(workplace / "elsewhere")
    assert build("--force") == 1
    assert "clusters" in capsys.readouterr().err
    assert list(Path("elsewhere").iterdir()) == []


@pytest.mark.parametrize("path", ["../up", "/absolute", "a/../b"])
def test_paths_that_leave_the_repository(workplace: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(BLUEPRINT).read_text(encoding="utf-8").replace("gitops:\n", f"gitops:\n  path: {path}\n")
    Path(BLUEPRINT).write_text(text, encoding="utf-8")
    assert build() == 1
    assert f"path: {path}" in capsys.readouterr().err
    assert not (workplace / "output").exists()


def test_a_reader_that_goes_away(workplace: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m mcgen schema | head -n 1; exit ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.stdout == "{\n"


def test_the_published_schema_is_that_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, name in ((["schema"], "blueprint.json"), (["schema", "--facts"], "facts.json")):
        assert run(arguments) == 0
        assert capsys.readouterr().out == (CHECKOUT / "schemas" / name).read_text(encoding="utf-8")


def test_every_field_is_described() -> None:
    schema = json.loads((CHECKOUT / "schemas/blueprint.json").read_text(encoding="utf-8"))
    for name, section in schema["$defs"].items():
        assert section.get("description"), name


def test_validate_finds_an_edit(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(BY_TREE["gke-aks"].folder, "tree")
    assert run(["validate", "tree"]) == 0
    job = Path("tree/bases/gate/job.yaml")
    job.write_text(job.read_text(encoding="utf-8").replace("suspend: true", "suspend: yep"), encoding="utf-8")
    Path("tree/bases/policies/peer-authentication.yaml").unlink()
    assert run(["validate", "tree"]) == 1
    error = capsys.readouterr().err
    assert "MC650" in error
    assert "MC401" in error
    assert "peer-authentication.yaml is missing" in error


def test_validate_wants_a_tree(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "blueprints"]) == 2
    assert "no tree" in capsys.readouterr().err


def test_validate_finds_what_others_put_into_a_chain(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(BY_TREE["gke-aks"].folder, "tree")
    Path("tree/clusters/aks/argocd/99-more.yaml").write_text("kind: Application\n", encoding="utf-8")
    Path("tree/clusters/aks/base/notes.yaml").write_text("not: applied\n", encoding="utf-8")
    assert run(["validate", "tree"]) == 1
    error = capsys.readouterr().err
    assert error.count("MC653") == 1
    assert "99-more.yaml" in error


@pytest.mark.parametrize("name", [".argocd-source.yaml", ".argocd-source-x.yaml", "kustomization.yml", "Chart.yaml"])
@pytest.mark.parametrize("place", ["clusters/gke/control-plane", "bases/namespaces"])
def test_validate_finds_what_makes_a_folder_something_else(
    workplace: Path, place: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(BY_TREE["gke-aks"].folder, "tree")
    Path("tree", place, name).write_text("kustomize: {namePrefix: x}\n", encoding="utf-8")
    assert run(["validate", "tree"]) == 1
    assert f"{place}/{name} is not part of the tree" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cluster-aks", "cluster-eks"),
        ("namespace: istio-system", "namespace: default"),
        ("metadata:\n  name", "metadata:\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}\n  name"),
        ("    cluster-aks: ", "    cluster-aks2: "),
    ],
)
def test_validate_refuses_a_sealed_secret_of_another_cluster_name_or_scope(
    workplace: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even when whoever swapped the files also wrote the manifest anew."""
    shutil.copytree(BY_TREE["gke-aks-sealed"].folder, "tree")
    assert run(["validate", "tree"]) == 0
    path = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"
    file, manifest = Path("tree", path), Path("tree/.mcgen/manifest.json")
    before = file.read_bytes()
    after = before.replace(old.encode(), new.encode())
    assert after != before
    file.write_bytes(after)
    old_digest, new_digest = (hashlib.sha256(content).hexdigest() for content in (before, after))
    manifest.write_text(manifest.read_text().replace(old_digest, new_digest))
    assert run(["validate", "tree"]) == 1
    error = capsys.readouterr().err
    assert "MC235" in error
    assert "MC650" not in error
