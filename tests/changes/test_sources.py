"""Trees from folders, from Git and from a blueprint: only what differs is read, and nobody's word is taken for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mcgen import layout
from mcgen.changes import sources
from mcgen.changes.classify import findings
from mcgen.changes.finding import Finding, Turn
from mcgen.changes.trees import whole
from mcgen.problems import ToolError, UsageError
from tests.bench import fleet
from tests.changes.cases import trees
from tests.samples import BY_TREE

GATEWAY = "clusters/gke-frankfurt/east-west-gateway/istio-operator.yaml"
POLICY = "bases/policies/shop.nobody-deletes.yaml"


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    old, new = trees("sources-everybody")
    return put(tmp_path / "old", old), put(tmp_path / "new", new)


def reading(patch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that the names of all files come into that are read from now on."""
    read: list[str] = []
    original = Path.read_bytes

    def noted(self: Path) -> bytes:
        read.append(self.name)
        return original(self)

    patch.setattr(Path, "read_bytes", noted)
    return read


def kinds(found: list[Finding]) -> set[str]:
    """The READMEs change with nearly everything."""
    return {finding.kind for finding in found} - {"text"}


def test_folders_are_compared_by_their_manifests(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    read = reading(monkeypatch)
    assert kinds(findings(sources.folders(*pair))) == {"sources"}
    assert sorted(read) == ["RUNBOOK.md"] * 2 + ["istio-operator.yaml"] * 2 + ["manifest.json"] * 2


def test_a_further_cluster_costs_no_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two fleets of many clusters that differ in one: what is read does not grow with them."""
    from mcgen.cli import run

    counts = []
    for clusters in (4, 24):
        folder = tmp_path / str(clusters)
        path = fleet.write(clusters, folder)
        options = ["--inputs", str(folder / "inputs"), "--validator", "embedded", "-o"]
        assert run(["build", str(path), *options, str(folder / "old")]) == 0
        text = path.read_text()
        path.write_text(text.replace("198.51.100.2/32", "198.51.100.77/32"))
        assert run(["build", str(path), *options, str(folder / "new")]) == 0
        with monkeypatch.context() as patch:
            read = reading(patch)
            found = findings(sources.folders(folder / "old", folder / "new"))
        assert {(f.kind, f.turn, f.clusters) for f in found if f.kind != "text"} == {
            ("sources", "widened", ("generic-0002",)),
            ("sources", "narrowed", ("generic-0002",)),
        }
        counts.append(sorted(read))
    assert counts[0] == counts[1]


def test_what_no_manifest_says_is_seen_by_those_who_ask(pair: tuple[Path, Path]) -> None:
    path = pair[1] / POLICY
    path.write_bytes(path.read_bytes().replace(b"DENY", b"AUDIT"))
    assert kinds(findings(sources.folders(*pair))) == {"sources"}
    assert kinds(findings(sources.folders(*pair, verify=True))) == {"sources", "policy", "edited"}


def test_git_believes_no_manifest(pair: tuple[Path, Path]) -> None:
    old, _ = pair
    git(old, "init", "-q")
    git(old, "add", "-A")
    git(old, "commit", "-qm", "old")
    (old / POLICY).write_bytes((old / POLICY).read_bytes().replace(b"DENY", b"AUDIT"))
    (old / "clusters/gke-frankfurt/argocd/more.yaml").write_text("kind: Service\nmetadata: {name: x}\n")
    found = findings(sources.revisions(old, "HEAD", None))
    assert kinds(found) == {"policy", "edited", "foreign", "object"}
    git(old, "add", "-A")
    git(old, "commit", "-qm", "new")
    assert findings(sources.revisions(old, "HEAD~1", "HEAD")) == found
    assert findings(sources.revisions(old, "HEAD~1", None)) == found
    assert findings(sources.revisions(old, "HEAD", None)) == []


def test_a_tree_below_the_root_of_its_repository(tmp_path: Path) -> None:
    old, new = trees("namespace-removed")
    git(tmp_path, "init", "-q")
    put(tmp_path / "mesh ü/tree", old)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "old")
    shutil.rmtree(tmp_path / "mesh ü/tree")
    put(tmp_path / "mesh ü/tree", new)
    found = findings(sources.revisions(tmp_path / "mesh ü/tree", "HEAD", None))
    removed = [f for f in found if f.kind == "namespace"]
    assert [(f.turn, f.clusters) for f in removed] == [(Turn.REMOVED, ("aks-amsterdam",))]


def test_a_new_tree_is_all_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-qm", "nothing", "--allow-empty")
    put(tmp_path / "tree", trees("cidrs")[0])
    found = findings(sources.revisions(tmp_path / "tree", "HEAD", None))
    assert {f.clusters for f in found if f.kind == "cluster"} >= {("aks-amsterdam", "eks-ireland")}
    assert {f.turn for f in found} <= {Turn.ADDED, Turn.WIDENED, Turn.NARROWED, Turn.OPENED}


def test_links_are_not_followed(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kind: Secret\n")
    (pair[1] / GATEWAY).unlink()
    (pair[1] / GATEWAY).symlink_to(tmp_path / "secret")
    tree = sources.folders(*pair)
    assert tree.new.contents[GATEWAY] == str(tmp_path / "secret").encode()


def test_what_is_no_tree_and_no_revision(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="no tree"):
        sources.folders(pair[0], tmp_path)
    with pytest.raises(UsageError, match="no Git revision"):
        sources.revisions(pair[0], "--output=x", None)
    git(tmp_path, "init", "-q")
    with pytest.raises(ToolError, match="there is no revision 'v9'"):
        sources.revisions(tmp_path, "v9", None)


def test_a_sample_is_equal_to_itself() -> None:
    folder = BY_TREE["three-clouds"].folder
    assert findings(sources.folders(folder, folder, verify=True)) == []
    assert layout.MANIFEST in sources.folders(folder, folder).old.paths


def test_a_manifest_that_is_gone_is_told_of(pair: tuple[Path, Path]) -> None:
    old, _ = pair
    git(old, "init", "-q")
    git(old, "add", "-A")
    git(old, "commit", "-qm", "old")
    (old / layout.MANIFEST).unlink()
    assert kinds(findings(sources.revisions(old, "HEAD", None))) == {"edited"}
    (old / layout.MANIFEST).write_text("{}")
    assert kinds(findings(sources.revisions(old, "HEAD", None))) == {"edited"}


def test_a_value_of_a_secret_is_never_shown(tmp_path: Path) -> None:
    old, new = dict(trees("secret-in-plain-text")[1]), dict(trees("secret-in-plain-text")[1])
    path = "clusters/eks-ireland/namespaces/secret.yaml"
    new[path] = new[path].replace(b"not-a-real-token", b"another-token")
    for found in (findings(whole(old, new)), findings(whole({**old, path: b""}, new))):
        assert "token" in {f.kind for f in found}
        assert "another-token" not in repr(found)
        assert "not-a-real" not in repr(found)
