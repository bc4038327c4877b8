"""argocd/setup before the real programs: Argo CD's own code, the API server's, kustomize and istioctl."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import textwrap
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcgen.emit import emit
from mcgen.manifests import setup
from mcgen.manifests.setup import SUPPORTED
from mcgen.manifests.setup_delivery import HELM_VALUES
from tests import proofs
from tests.programs import program, run
from tests.unit.test_setup import OWN_IMAGE, SETUP, TWO_MINORS, document, tree
from tests.unit.test_setup_health import APPLICATIONS, WEBHOOKS

pytestmark = pytest.mark.e2e

NAMES = ("argocd-cm", "argocd-cmd-params-cm", "argocd-repo-server")


def argocheck(question: str, request: Any) -> Any:
    text = request if isinstance(request, str) else json.dumps(request)
    return json.loads(run([program("argocheck"), question], stdin=text.encode()))


@cache
def module(version: str) -> Path:
    """Return the folder of an Argo CD release. One that wants a newer Go is refused, but downloaded first."""
    name = f"github.com/argoproj/argo-cd/v3@v{version}"
    done = subprocess.run(["go", "mod", "download", name], capture_output=True, text=True, check=False, cwd="/")
    folder = Path(run(["go", "env", "GOMODCACHE"]).decode().strip()) / name
    assert folder.is_dir(), done.stderr
    return folder


@cache
def stock(version: str) -> dict[str, Any]:
    """Return the objects of the stock install that the setup changes, by name."""
    documents = yaml.load_all((module(version) / "manifests/install.yaml").read_bytes(), yaml.CSafeLoader)
    found = {each["metadata"]["name"]: each for each in documents if each["kind"] in ("ConfigMap", "Deployment")}
    return {name: found[name] for name in NAMES}


@pytest.mark.parametrize("version", proofs.releases_of_argocd())
def test_the_table_is_what_the_release_has(version: str) -> None:
    release = SUPPORTED[version]
    assert stock(release.newest)["argocd-cm"]["data"]["resource.exclusions"] == release.exclusions
    types = module(release.newest) / "pkg/apis/application/v1alpha1/types.go"
    assert 'json:"refresh,omitempty"' in types.read_text(encoding="utf-8")
    reference = next(
        variable["valueFrom"]["configMapKeyRef"]
        for variable in stock(release.newest)["argocd-repo-server"]["spec"]["template"]["spec"]["containers"][0]["env"]
        if variable["name"] == "ARGOCD_REPO_SERVER_PLUGIN_USE_MANIFEST_GENERATE_PATHS"
    )
    patch = document(SETUP, "patches/plugin-paths.yaml")
    assert reference["name"] == patch["metadata"]["name"]
    assert [reference["key"]] == list(patch["data"])


def test_the_recipes_base_is_argo_cds() -> None:
    newest = list(SUPPORTED.values())[-1].newest
    first = (module(newest) / "Dockerfile").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"ARG BASE_IMAGE={setup.BASE_IMAGE}"


def test_argo_cd_judges_as_the_table_says() -> None:
    data = yaml.safe_load(emit(tree(SETUP)[Path(HELM_VALUES).name].documents))["configs"]["cm"]
    application = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
    webhook = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    cases: list[tuple[Any, str, str | None]] = [
        *((application | obj, status, message) for obj, (status, message) in APPLICATIONS.values()),
        *((webhook | obj, status, None) for obj, status in WEBHOOKS.values()),
    ]
    answers = argocheck("settings", {"data": data, "objects": [obj for obj, _, _ in cases]})["health"]
    for answer, (obj, status, message) in zip(answers, cases, strict=True):
        assert answer["status"] == status, obj
        assert message is None or answer.get("message", "") == message, obj


def test_argo_cd_excludes_all_but_endpoint_slices() -> None:
    before = stock("3.5.7")["argocd-cm"]["data"]
    after = before | document(SETUP, "patches/resource-exclusions.yaml")["data"]
    resources = [["discovery.k8s.io", "EndpointSlice"]] + [
        [group, kind]
        for entry in yaml.safe_load(before["resource.exclusions"])
        for group in entry["apiGroups"]
        for kind in entry["kinds"]
        if kind != "EndpointSlice"
    ]
    asked = {"resources": [*resources, ["apps", "Deployment"]]}
    assert argocheck("settings", asked | {"data": before})["excluded"] == [*[True] * len(resources), False]
    lifted = argocheck("settings", asked | {"data": after})["excluded"]
    assert lifted == [False, *[True] * (len(resources) - 1), False]


def test_argo_cd_finds_the_plugin_by_its_name() -> None:
    for plugin in TWO_MINORS.plugins:
        config = document(TWO_MINORS, f"plugin/{plugin.name}.yaml")["data"]["plugin.yaml"]
        answer = argocheck("plugin", config)
        assert answer == {"socket": f"{plugin.name}.sock", "shell": list(setup.COMMAND), "discovery": False}
    assert setup.plugin_name("1.31") == "mcgen-istio-1.31"


@pytest.mark.parametrize("given", [SETUP, TWO_MINORS, OWN_IMAGE], ids=["one minor", "two minors", "own image"])
@pytest.mark.parametrize("version", ["3.4", "3.5", "3.6"])
def test_kubectl_and_kustomize_end_in_the_same_and_undo_takes_it_back(given: Any, version: str, tmp_path: Path) -> None:
    given = replace(given, argocd=version)
    originals = stock(SUPPORTED[version].newest)
    patched = dict(originals)
    for path in [each["path"] for each in document(given, "kustomization.yaml")["patches"]]:
        patch = document(given, path)
        name = patch["metadata"]["name"]
        patched[name] = argocheck("patch", {"object": patched[name], "patches": [patch]})

    built = kustomize(given, originals, tmp_path)
    assert {name: normal(built[name]) for name in NAMES} == {name: normal(each) for name, each in patched.items()}
    assert {plugin.name for plugin in given.plugins} <= built.keys()
    images = [each["image"] for each in built["argocd-repo-server"]["spec"]["template"]["spec"]["containers"]]
    assert len(images) == 1 + len(given.plugins)

    undo = [
        yaml.safe_load(textwrap.dedent(text))
        for text in re.findall(r"--patch '\n(  spec:.*?\n)  '", tree(given)["README.md"].text or "", re.DOTALL)
    ]
    assert len(undo) == len(given.plugins)
    undone = argocheck("patch", {"object": patched["argocd-repo-server"], "patches": undo})
    assert normal(undone) == normal(originals["argocd-repo-server"])


def kustomize(given: Any, objects: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a team gets that includes the Component over its stock install in a namespace of its own."""
    for path, file in tree(given).items():
        target = folder / "tree/argocd/setup" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text if file.text is not None else emit(file.documents), encoding="utf-8")
    install = folder / "argocd"
    install.mkdir()
    (install / "install.yaml").write_text(yaml.safe_dump_all(objects.values()), encoding="utf-8")
    (install / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: argocd-mesh\n"
        "resources: [install.yaml]\ncomponents: [../tree/argocd/setup]\n",
        encoding="utf-8",
    )
    built = yaml.safe_load_all(run([program("kustomize"), "build", str(install)]))
    found = {each["metadata"]["name"]: each for each in built}
    assert {each["metadata"].pop("namespace") for each in found.values()} == {"argocd-mesh"}
    return found


def normal(obj: Any) -> Any:
    """Return an object without empty maps, its named lists in the order of the names."""
    if isinstance(obj, dict):
        return {key: normal(value) for key, value in obj.items() if value != {} or key == "emptyDir"}
    if isinstance(obj, list):
        named = all(isinstance(item, dict) and "name" in item for item in obj)
        return [normal(item) for item in (sorted(obj, key=lambda item: str(item["name"])) if named else obj)]
    return obj


OPERATOR = """\
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: base}
spec: {profile: empty, hub: registry.example.com/istio, tag: 1.31.1, components: {base: {enabled: true}}}
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost}\ndata: {note: 'kind: IstioOperator'}\n"
BROKEN = {
    "kustomize fails": ("resources: [missing.yaml]\n", OPERATOR, "missing.yaml"),
    "istioctl fails": ("resources: [it.yaml]\n", OPERATOR.replace("empty", "unheard-of"), "unheard-of"),
    "no IstioOperator": ("resources: [it.yaml]\n", CONFIG_MAP, "built no IstioOperator"),
    "two of them": ("resources: [it.yaml]\n", f"{OPERATOR}---\n{OPERATOR.replace('base}', 'b}')}", "only one"),
    "nothing": ("resources: []\n", OPERATOR, "built no IstioOperator"),
}


def render(folder: Path, kustomization: str, resource: str, shell: str) -> subprocess.CompletedProcess[str]:
    """Run the plugin's own command as argocd-cmp-server does: in the folder, with a bare environment."""
    (folder / "kustomization.yaml").write_text(kustomization, encoding="utf-8")
    (folder / "it.yaml").write_text(resource, encoding="utf-8")
    tools = Path(program("kustomize")).parent
    assert program("istioctl")
    environment = {"PATH": f"{tools}:{os.defpath}", "HOME": "/nonexistent"}
    command = [shutil.which(shell) or shell, *setup.COMMAND[1:]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_plugins_command_renders(shell: str, tmp_path: Path) -> None:
    done = render(tmp_path, "resources: [it.yaml]\n", OPERATOR, shell)
    assert done.returncode == 0, done.stderr
    kinds = {each["kind"] for each in yaml.load_all(done.stdout, yaml.CSafeLoader) if each}
    assert "CustomResourceDefinition" in kinds
    assert "Deployment" not in kinds, "that would be the default profile"


@pytest.mark.parametrize(("kustomization", "resource", "complaint"), BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_plugins_command_fails_and_says_nothing(
    shell: str, kustomization: str, resource: str, complaint: str, tmp_path: Path
) -> None:
    done = render(tmp_path, kustomization, resource, shell)
    assert done.returncode != 0
    assert complaint in done.stderr
    assert done.stdout == ""


def test_output_of_a_kustomize_that_fails_after_all_is_not_used(tmp_path: Path) -> None:
    stub = tmp_path / "bin/kustomize"
    stub.parent.mkdir()
    stub.write_text(f"#!/bin/sh\ncat <<'END'\n{OPERATOR}END\nexit 7\n", encoding="utf-8")
    stub.chmod(0o755)
    environment = {"PATH": f"{stub.parent}:{Path(program('istioctl')).parent}:{os.defpath}"}
    done = subprocess.run(setup.COMMAND, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "")
