"""mcgen diff --rendered with the real kustomize and istioctl: what a change does to the objects in the clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mcgen.changes.show import FORMS
from mcgen.cli import run
from tests.changes.cases import trees
from tests.programs import CHECKOUT, program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

KUSTOMIZATION = "clusters/gke/policies/kustomization.yaml"


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert program("kustomize")
    assert program("istioctl")
    monkeypatch.setenv("PATH", f"{CHECKOUT / '.tools'}:/usr/bin:/bin")


def written(folder: Path, tree: dict[str, bytes]) -> Path:
    for path, raw in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return folder


def both(tmp_path: Path, name: str) -> list[str]:
    return [str(written(tmp_path / side, tree)) for side, tree in zip(("old", "new"), trees(name), strict=True)]


def rendered(folders: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert run(["diff", *folders, "--verify", "--rendered", "--format", "json"]) == 1
    found: list[dict[str, Any]] = orjson.loads(capsys.readouterr().out)["changes"]
    return [change for change in found if change["rendered"]]


def test_what_istioctl_makes_of_an_operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rendered(both(tmp_path, "replicas-up"), capsys)
    assert [change["what"].split(":")[0] for change in found] == [
        '"HorizontalPodAutoscaler istio-system/istio-eastwestgateway"'
    ]
    assert {change["kind"] for change in found} == {"replicas"}
    assert all(change["clusters"] for change in found)


def test_what_a_patch_makes_of_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rendered(both(tmp_path, "patch-changed"), capsys)
    assert found
    assert not {"patch", "text"} & {change["kind"] for change in found}


def test_a_base_reaches_every_overlay_that_takes_it_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rendered(both(tmp_path, "policy-any-caller"), capsys)
    assert [(change["risk"], change["kind"], change["turn"]) for change in found] == [("high", "policy", "widened")]


def test_a_mesh_config_is_compared_by_its_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rendered(both(tmp_path, "trust-domain"), capsys)
    assert any("data.mesh.trustDomain" in change["what"] for change in found)


def test_nothing_is_fetched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = both(tmp_path, "policy-any-caller")
    path = tmp_path / "new" / KUSTOMIZATION.replace("/gke/", f"/{_primary(tmp_path / 'new')}/")
    path.write_text(path.read_text().replace("resources:\n", "resources:\n- https://git.example.com/mesh//x\n"))
    [found] = [change for change in rendered([old, new], capsys) if change["kind"] == "rendered"]
    assert "https://git.example.com/mesh//x, which is not in the tree" in found["what"]
    assert found["risk"] == "high"


def test_what_kustomize_refuses_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = both(tmp_path, "policy-any-caller")
    path = tmp_path / "new" / KUSTOMIZATION.replace("/gke/", f"/{_primary(tmp_path / 'new')}/")
    path.write_text(path.read_text() + "patches:\n- patch: |\n    kind: Nothing\n")
    [found] = [change for change in rendered([old, new], capsys) if change["kind"] == "rendered"]
    assert "cannot be rendered" in found["what"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_it(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = both(tmp_path, "policy-any-caller")
    assert run(["diff", *folders, "--rendered", "--format", form]) == 1
    assert "rendered" in capsys.readouterr().out
    assert run(["diff", *folders, "--format", form]) == 1
    assert "(rendered)" not in capsys.readouterr().out


def test_missing_programs_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert run(["diff", *both(tmp_path, "policy-any-caller"), "--rendered"]) == 3
    assert "'kustomize' is not there" in capsys.readouterr().err


def _primary(tree: Path) -> str:
    [found] = tree.glob("clusters/*/policies")
    return found.parent.name
