"""What a change does to the objects in the clusters, with stand-ins for kustomize and istioctl; why there is none.

The stand-in for kustomize prints the files that a kustomization takes in and patches nothing; the one for istioctl
prints what it is given.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mcgen.cli import run
from tests.changes.cases import trees

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
KUSTOMIZE = """\
import sys, yaml
from pathlib import Path

def printed(folder):
    for entry in yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]:
        path = folder / entry
        if path.is_dir():
            printed(path)
        else:
            print("---")
            print(path.read_text())

printed(Path("."))
"""
ISTIOCTL = "#!/bin/sh\ncase $1 in version) echo 1.31.1 ;; *) exec cat ;; esac\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both stand-ins, which comes first on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "kustomize.py").write_text(KUSTOMIZE)
    script(folder, "kustomize", f"exec {sys.executable} {folder / 'kustomize.py'}")
    (folder / "istioctl").write_text(ISTIOCTL)
    (folder / "istioctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def script(folder: Path, name: str, line: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{line}\n")
    (folder / name).chmod(0o755)


def sides(tmp_path: Path, name: str) -> list[str]:
    """Write the two trees of a case."""
    for side, tree in zip(("old", "new"), trees(name), strict=True):
        for path, raw in tree.items():
            (tmp_path / side / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / side / path).write_bytes(raw)
    return [str(tmp_path / side) for side in ("old", "new")]


def rendered(tmp_path: Path, capsys: Capture, name: str = "policy-any-caller") -> list[dict[str, Any]]:
    """Return what is said of the objects."""
    folders = [str(tmp_path / side) for side in ("old", "new")]
    if not (tmp_path / "old").exists():
        folders = sides(tmp_path, name)
    assert run(["diff", *folders, "--verify", "--rendered", "--format", "json"]) == 1
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["changes"]
    return [change for change in found if change["rendered"]]


def primary(tmp_path: Path) -> Path:
    """Return the policies of the changed tree's primary."""
    (found,) = (tmp_path / "new").glob("clusters/*/policies")
    return found


def test_a_base_reaches_the_overlays_that_take_it_in(programs: Path, tmp_path: Path, capsys: Capture) -> None:
    (change,) = rendered(tmp_path, capsys)
    assert (change["risk"], change["kind"], change["turn"]) == ("high", "policy", "widened")
    assert change["clusters"] == [primary(tmp_path).parent.name]


def test_what_istioctl_makes_is_compared(programs: Path, tmp_path: Path, capsys: Capture) -> None:
    found = rendered(tmp_path, capsys, "replicas-up")
    assert found
    assert all(change["clusters"] and change["what"].startswith('"IstioOperator') for change in found)


def failure(tmp_path: Path, capsys: Capture) -> str:
    (change,) = [each for each in rendered(tmp_path, capsys) if each["kind"] == "rendered"]
    assert change["risk"] == "high"
    what: str = change["what"]
    return what


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("echo 'no matches for Id' >&2; exit 1", "no matches for Id"),
        ("echo 'a: ['", "what comes out is no YAML"),
    ],
)
def test_what_does_not_come_out_is_told(programs: Path, tmp_path: Path, capsys: Capture, line: str, words: str) -> None:
    script(programs, "kustomize", line)
    assert failure(tmp_path, capsys) == f'stage "policies" cannot be rendered: "{words}"'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("resources:\n", "generators: [x]\nresources:\n", "has fields that mcgen does not write: generators"),
        ("resources:\n", "resources:\n- https://git.example.com/x\n", "takes in https://git.example.com/x, which is"),
        ("resources:\n", "resources: [\n", "cannot be read"),
    ],
)
def test_a_kustomization_that_could_run_or_fetch_anything_is_not_rendered(
    programs: Path, tmp_path: Path, capsys: Capture, old: str, new: str, words: str
) -> None:
    sides(tmp_path, "policy-any-caller")
    file = primary(tmp_path) / "kustomization.yaml"
    file.write_text(file.read_text().replace(old, new))
    said = failure(tmp_path, capsys)
    assert words in said
    assert "cannot be rendered" in said


@pytest.mark.parametrize("name", ["kustomize", "istioctl"])
def test_a_missing_program_is_named(
    name: str, programs: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = sides(tmp_path, "policy-any-caller")
    (programs / name).unlink()
    monkeypatch.setenv("PATH", str(programs))
    assert run(["diff", *folders, "--rendered"]) == 3
    assert f"'{name}' is not there: --rendered needs it on PATH" in capsys.readouterr().err


# A text of YAML in which something differs between the two trees, and one that is none.
CONFIG_MAP = """\
size=$(cat ../../../bases/*/* | wc -c)
cat <<END
apiVersion: v1
kind: ConfigMap
metadata:
  name: istio
  namespace: istio-system
  annotations:
data:
  mesh: |-
    size: $size
    same: 1
  broken: "x: ["
END"""


def test_the_text_in_a_config_map_is_compared_by_its_fields(programs: Path, tmp_path: Path, capsys: Capture) -> None:
    script(programs, "kustomize", CONFIG_MAP)
    (change,) = rendered(tmp_path, capsys)
    assert "ConfigMap istio-system/istio" in change["what"]
    assert "data.mesh.size" in change["what"]
    assert "same" not in change["what"]
