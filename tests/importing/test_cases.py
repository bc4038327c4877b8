"""What people write, as they write it: each folder of cases/ with the blueprint and the report that come of it.

`primary-remote` and `multi-primary` are the files of Istio's pages "Install Primary-Remote on different networks" and
"Install Multi-Primary on different networks", with what samples/multicluster/gen-eastwest-gateway.sh prints.
MCGEN_UPDATE=1 writes the expected files anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcgen import source
from mcgen.cli import run
from mcgen.importing.hand.sources import documents
from tests import judged

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)


def imported(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["import", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def kept(file: str, text: str) -> str:
    if os.environ.get("MCGEN_UPDATE"):
        Path(file).write_text(text, encoding="utf-8")
    return Path(file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_of_a_folder(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, blueprint, report = imported(capsys, name)
    assert code == 1
    assert blueprint == kept(f"{name}.blueprint.yaml", blueprint)
    assert report == kept(f"{name}.report.txt", report)


def test_a_folder_without_manifests_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, report = imported(capsys, str(tmp_path))
    assert (code, report.splitlines()[0]) == (1, f"{tmp_path}: no manifest lies here (.yaml, .yml or .json) [MC907]")


def test_a_blueprint_is_one_already(capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = "primary-remote.blueprint.yaml"
    code, made, report = imported(capsys, blueprint)
    assert (code, made) == (1, "")
    assert report.startswith(f"{blueprint}:")
    assert ": this is a blueprint already [MC907]\n" in report
    assert f"mcgen validate {blueprint}" in report


@pytest.mark.parametrize("name", [name for name in NAMES if name != "other-istio"])
def test_the_blueprint_is_one_that_can_be_built(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, blueprint, _ = imported(capsys, name)
    found = source.parse(blueprint.encode(), "blueprint.yaml")
    errors = [problem for problem in judged.problems(found) if problem.severity == "error"]
    assert errors == []
    assert judged.build(found) == []


def test_no_secret_is_ever_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        for form in ("text", "json", "sarif"):
            run(["import", name, "-o", str(tmp_path / f"{name}-{form}.yaml"), "--format", form])
    said = capsys.readouterr()
    everything = said.out + said.err + "".join(path.read_text() for path in tmp_path.iterdir())
    assert "istio-remote-secret-cluster2" in everything
    for secret in ("not-a-real-token", "bm90LWEtcmVhbC1rZXk", "client-key-data"):
        assert secret not in everything


def test_what_a_person_says_leaves_nothing_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mesh.yaml"
    told = ["--repo", "https://git.example.com/m.git", "--istio", "1.31.1", "--name", "shop"]
    told += ["--platform", "cluster1=gke", "--platform", "cluster2=aks", "--format", "json"]
    assert run(["import", "multi-primary", "-o", str(out), *told]) == 1
    report = json.loads(capsys.readouterr().out)
    # GKE takes an annotation off the gateway again that it did not begin with.
    assert {problem["code"] for problem in report["problems"]} == {"MC903", "MC910"}
    data: dict[str, Any] = yaml.safe_load(out.read_text())
    assert data["metadata"] == {"name": "shop"}
    assert [cluster["platform"] for cluster in data["clusters"]] == ["gke", "aks"]
    assert "FILL IN: the Git" not in out.read_text()
    assert run(["import", "multi-primary", "--platform", "cluster3=gke"]) == 2
    assert "the manifests have no such cluster; there are cluster1, cluster2" in capsys.readouterr().err


def test_an_ingress_gateway_that_becomes_public_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--platform", "cluster1=eks", "--platform", "cluster2=aks", "--format", "json"]
    assert run(["import", "multi-primary", "-o", str(tmp_path / "mesh.yaml"), *told]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    (found,) = (problem["message"] for problem in problems if problem["code"] == "MC903")
    assert found.startswith('the ingress gateway of "cluster1" asks for a public load balancer on eks')


HIDDEN = "not-a-real-value"
PLANE = 'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {values: {pilot: {env: {A: "%s"}}}}\n'


@pytest.mark.parametrize(
    "text",
    [
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n\ttoken: {HIDDEN}\n",
        f"kind: Secret\nmetadata: {{name: a}}\nstringData: {{token: !x {HIDDEN}}}\n",
        f"kind: Secret\nmetadata: {{name: a}}\nstringData: {{{HIDDEN}: 1, {HIDDEN}: 2}}\n",
        f"apiVersion: v1\nkind: Config\nusers: [{{name: a, user: {{token: {HIDDEN}}}}}]\n",
        f"apiVersion: v1\nkind: SecretList\nitems: [{{kind: Secret, data: {{a: {HIDDEN}}}}}]\n",
        PLANE % f"-----BEGIN PRIVATE KEY-----{HIDDEN}",
    ],
    ids=["a tab", "a tag", "a key twice", "a kubeconfig", "a list", "a key in a value"],
)
def test_not_even_of_what_cannot_be_read(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "istio.yaml").write_text(PLANE % "1")
    (tmp_path / "other.yaml").write_text(text)
    for form in ("text", "json", "sarif"):
        assert run(["import", str(tmp_path), "-o", f"{tmp_path}.{form}", "--format", form, "--verbose"]) == 1
        said = capsys.readouterr()
        assert "other.yaml" in said.out + said.err
        assert HIDDEN not in said.out + said.err + Path(f"{tmp_path}.{form}").read_text()


def test_of_a_secret_nothing_is_kept_but_its_name() -> None:
    text = (
        b"kind: Secret\nmetadata: {name: a, annotations: {last: x}}\ntype: Opaque\ndata: {a: b}\nstringData: {c: d}\n"
    )
    (found,) = documents({"a.yaml": text}, [])
    assert found.data == {"kind": "Secret", "type": "Opaque", "metadata": {"name": "a"}}


OPERATOR = (
    "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: one}\nspec: {profile: default}\n"
)
NOT_FOLLOWED = "this patch cannot be followed here"


def told(folder: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return what is said of each place in files, by file and line."""
    for name, text in files.items():
        file = folder / "mesh" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    run(["import", str(folder / "mesh"), "-o", str(folder / "out.yaml"), "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    return {
        f"{Path(each['file']).relative_to(folder / 'mesh')}:{each['line']} {each['code']}": each["message"]
        for each in report["problems"]
    }


def test_files_without_a_control_plane_are_no_mesh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "objects.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\n")
    out = tmp_path / "blueprint.yaml"
    assert run(["import", str(tmp_path / "objects.yaml"), "-o", str(out)]) == 1
    said = capsys.readouterr().err
    assert "no IstioOperator here installs a control plane, or leads a cluster to one" in said
    assert "`istioctl install -f` was given" in said
    assert not out.exists()


def test_a_document_that_cannot_be_read_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(tmp_path, {"a/istio.yaml": OPERATOR, "a/broken.yaml": "kind: Service\nspec: [1, 2\n"}, capsys)
    (message,) = [said for place, said in found.items() if place.startswith("a/broken.yaml:")]
    assert message.startswith("this document is left out, because it cannot be read: ")


HITS_NONE = "this patch hits none of the objects that were read"
HUB, NOWHERE = (
    json.dumps([{"op": op, "path": path, "value": "a"}])
    for op, path in (("add", "/spec/hub"), ("replace", "/spec/a/b"))
)


@pytest.mark.parametrize(
    ("target", "patch", "message"),
    [
        ("kind: IstioOperator", "[1, {", NOT_FOLLOWED),
        ("kind: IstioOperator", NOWHERE, NOT_FOLLOWED),
        ("kind: [IstioOperator]", HUB, NOT_FOLLOWED),
        ("kind: IstioOperator, name: other", HUB, HITS_NONE),
    ],
)
def test_a_patch_that_only_kustomize_follows_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, patch: str, message: str
) -> None:
    kustomization = f"resources: [istio.yaml]\npatches:\n- {{target: {{{target}}}, patch: '{patch}'}}\n"
    found = told(tmp_path, {"a/istio.yaml": OPERATOR, "a/kustomization.yaml": kustomization}, capsys)
    assert {NOT_FOLLOWED, HITS_NONE} & set(found.values()) == {message}
    # The object itself is read all the same.
    assert yaml.safe_load((tmp_path / "out.yaml").read_text())["clusters"][0]["name"] == "a"


def test_a_patch_that_deletes_an_object_takes_it_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n"
    delete = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}, $patch: delete}"
    files = {"a/istio.yaml": OPERATOR + space, "a/kustomization.yaml": "resources: [istio.yaml]\n"}
    told(tmp_path, files, capsys)
    assert "namespaces" in yaml.safe_load((tmp_path / "out.yaml").read_text())
    (tmp_path / "out.yaml").unlink()
    told(
        tmp_path, files | {"a/kustomization.yaml": f"resources: [istio.yaml]\npatches:\n- patch: '{delete}'\n"}, capsys
    )
    assert "namespaces" not in yaml.safe_load((tmp_path / "out.yaml").read_text())


BESIDE = "keep it beside the mesh, with an Application of your own, or drop it"
IN_PRIMARIES = "keep it beside the mesh, with an Application of your own in each primary, or drop it"


@pytest.mark.parametrize(
    ("kind", "group", "advice"),
    [
        ("ServiceEntry", "networking.istio.io", IN_PRIMARIES),
        ("Sidecar", "networking.istio.io", IN_PRIMARIES),
        ("DestinationRule", "networking.istio.io", IN_PRIMARIES),
        ("EnvoyFilter", "networking.istio.io", IN_PRIMARIES),
        ("RequestAuthentication", "security.istio.io", IN_PRIMARIES),
        ("Telemetry", "telemetry.istio.io", IN_PRIMARIES),
        ("WasmPlugin", "extensions.istio.io", IN_PRIMARIES),
        # istiod reads these in remotes, too.
        ("WorkloadEntry", "networking.istio.io", BESIDE),
        ("Deployment", "apps", BESIDE),
    ],
)
def test_what_istiod_reads_belongs_into_each_primary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, group: str, advice: str
) -> None:
    (tmp_path / "istio.yaml").write_text(OPERATOR)
    (tmp_path / "own.yaml").write_text(
        f"apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: a, namespace: shop}}\n"
    )
    run(["import", str(tmp_path), "-o", str(tmp_path / "out.yaml"), "--format", "json"])
    problems = json.loads(capsys.readouterr().out)["problems"]
    (found,) = (each for each in problems if each["code"] == "MC902")
    assert found["message"] == f"{kind} shop/a is no part of a blueprint"
    assert found["advice"] == advice


def test_what_istiod_does_not_read_in_a_remote_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remote = OPERATOR.replace("profile: default", "profile: remote").replace("name: one", "name: two")
    entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a, namespace: shop}\n"
    files = {"a/istio.yaml": OPERATOR, "b/istio.yaml": remote, "b/own.yaml": entry}
    found = told(tmp_path, files, capsys)
    assert found["b/own.yaml:2 MC902"] == (
        'ServiceEntry shop/a is no part of a blueprint, and istiod does not read it in "b", which is a remote: '
        "it had no effect"
    )
