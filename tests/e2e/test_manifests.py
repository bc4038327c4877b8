"""Delivery `manifests` beside delivery `plugin`: the same objects, from the same Applications but for their source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen.cli import run
from mcgen.validators import kubeconform
from tests import proofs
from tests.e2e.rendered import Rendered, applications, key
from tests.programs import CHECKOUT, program
from tests.samples import SAMPLES
from tests.snapshots import snapshot

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

KEPT = CHECKOUT / "output/minimal-manifests"
BLUEPRINT = "blueprints/delivery/minimal-manifests.yaml"
EXCLUDED = "wasmplugins.extensions.istio.io"
# What a patch does to an IstioOperator must reach what is rendered, in one cluster and in all.
PATCHES: list[dict[str, Any]] = [
    {
        "stage": "base",
        "clusters": ["gke-frankfurt"],
        "target": {"kind": "IstioOperator"},
        "patch": [{"op": "add", "path": "/spec/values/base", "value": {"excludedCRDs": [EXCLUDED]}}],
    },
    {
        "stage": "control-plane",
        "target": {"kind": "IstioOperator"},
        "patch": {
            "apiVersion": "install.istio.io/v1alpha1",
            "kind": "IstioOperator",
            "metadata": {"name": "control-plane"},
            "spec": {
                "meshConfig": {"accessLogFile": "/dev/stdout"},
                "values": {"global": {"logging": {"level": "default:1e3"}}},
            },
        },
    },
]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{CHECKOUT / '.tools'}:/usr/bin:/bin")
    monkeypatch.chdir(CHECKOUT)


def built(folder: Path, blueprint: str, inputs: str, delivery: str, **more: Any) -> Path:
    """Build a sample with another delivery."""
    data = yaml.safe_load((CHECKOUT / blueprint).read_text(encoding="utf-8"))
    data["istio"]["delivery"] = delivery
    folder.mkdir()
    (folder / "blueprint.yaml").write_text(yaml.safe_dump(data | more), encoding="utf-8")
    arguments = ["--inputs", inputs] if inputs else []
    out = folder / "tree"
    assert run(["build", str(folder / "blueprint.yaml"), *arguments, "-o", str(out), "--validator", "embedded"]) == 0
    return out


def pairs(tmp_path: Path, blueprint: str, inputs: str, **more: Any) -> list[tuple[Rendered, Rendered]]:
    trees = [applications(built(tmp_path / how, blueprint, inputs, how, **more)) for how in ("plugin", "manifests")]
    assert len(trees[0]) == len(trees[1])
    return list(zip(*trees, strict=True))


def present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def same(plugin: Rendered, manifests: Rendered) -> None:
    have = {key(thing): thing for thing in manifests.objects}
    # The charts write `annotations: null`, which is none to every API server, and kustomize leaves it out.
    wanted = {key(thing): thing | {"metadata": present(thing["metadata"])} for thing in plugin.objects}
    assert have == wanted
    specs = [dict(one.application["spec"]) for one in (plugin, manifests)]
    sources = [dict(spec.pop("source")) for spec in specs]
    assert specs[0] == specs[1]
    assert plugin.application["metadata"]["name"] == manifests.application["metadata"]["name"]
    if sources[0].pop("plugin", None):
        sources[0]["path"] += "/manifests"
    assert sources[0] == sources[1]


@proofs.proves(proofs.DELIVERY, "manifests")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.tree)
def test_the_objects_are_those_of_the_plugin(sample: Any, tmp_path: Path) -> None:
    found = pairs(tmp_path, sample.blueprint, sample.inputs)
    rendered = sum("plugin" in one.application["spec"]["source"] for one, _ in found)
    # Where every primary waits for its CA, nothing is rendered yet.
    assert (rendered >= 3) is (sample.tree not in {"multi-primary", "one-network", "two-networks"})
    for plugin, manifests in found:
        same(plugin, manifests)


def test_patches_reach_what_is_rendered(tmp_path: Path) -> None:
    found = pairs(tmp_path, "blueprints/three-clouds.yaml", "", patches=PATCHES)
    for plugin, manifests in found:
        same(plugin, manifests)
    # Those that share the CRDs have them from bases, the other one has its own.
    tree = tmp_path / "manifests/tree"
    counts = {path.parts[-3]: len(list(path.iterdir())) for path in tree.glob("clusters/*/base/manifests")}
    assert counts.pop("gke-frankfurt") == 15
    assert set(counts.values()) == {1}
    assert len(list((tree / "bases/base").iterdir())) == 16


def test_kubeconform_accepts_the_tree(tmp_path: Path) -> None:
    tree = built(tmp_path / "tree", "blueprints/gke-aks.yaml", "blueprints/gke-aks.inputs", "manifests")
    assert run(["validate", str(tree), "--validator", "both"]) == 0
    texts = [(f"{one.folder}.yaml", one.text) for one in applications(tree)]
    assert kubeconform.check(texts, program("kubeconform")) == []


def test_the_kept_tree_is_what_istioctl_gives(tmp_path: Path) -> None:
    assert run(["build", BLUEPRINT, "-o", str(tmp_path / "tree"), "--validator", "embedded"]) == 0
    assert snapshot(tmp_path / "tree") == snapshot(KEPT), "run `make golden` and read the diff"


def test_a_second_run_of_istioctl_changes_no_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run(["build", BLUEPRINT, "-o", str(tmp_path / name), "--validator", "embedded"]) == 0
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


def test_what_istioctl_refuses_is_a_problem_of_the_blueprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = yaml.safe_load((CHECKOUT / BLUEPRINT).read_text(encoding="utf-8"))
    data["istio"]["values"] = {"global": {"platform": "nowhere"}}
    (tmp_path / "blueprint.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    code = run(["build", str(tmp_path / "blueprint.yaml"), "-o", str(tmp_path / "tree")])
    err = capsys.readouterr().err
    assert code == 1, err
    assert "istioctl does not render stage control-plane of east" in err
    assert "[MC404]" in err
    assert not (tmp_path / "tree").exists()


def test_diff_renders_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trees = [
        built(tmp_path / how, "blueprints/gke-aks.yaml", "blueprints/gke-aks.inputs", how)
        for how in ("plugin", "manifests")
    ]
    capsys.readouterr()
    for old, new in (trees, reversed(trees)):
        run(["diff", str(old), str(new), "--rendered", "--format", "json"])
        found = json.loads(capsys.readouterr().out)["changes"]
        assert [one for one in found if one["rendered"]] == []
        assert len([one for one in found if one["kind"] == "delivery" and one["turn"] == "changed"]) == 4
