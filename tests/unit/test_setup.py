"""argocd/setup: patches, Component and Helm values say the same; commands, recipe and policy name what exists."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
import yaml

from mcgen import blueprint, chain, layout, mesh, runbook, source
from mcgen.emit import emit
from mcgen.facts import Inputs
from mcgen.manifests import setup, setup_argocd, setup_plugin
from mcgen.manifests.setup import SUPPORTED, Plugin, Setup
from mcgen.prose import render
from tests.helpers import BLUEPRINTS

if TYPE_CHECKING:
    from mcgen.tree import File

SETUP = Setup(
    mesh="gke-aks",
    namespace="argocd-mesh",
    argocd="3.5.7",
    hub="registry.example.com/istio",
    path="output/gke-aks",
    plugins=(Plugin(version="1.31.1"),),
    parents=("gke-aks-root", "gke-aks-gke", "gke-aks-aks"),
    application_sets=("gke-aks-primaries", "gke-aks-remotes"),
)
TWO_MINORS = replace(SETUP, plugins=(Plugin(version="1.30.4"), Plugin(version="1.31.1")))
OWN_IMAGE = replace(SETUP, plugins=(Plugin(version="1.31.1", image="registry.example.com/render@sha256:00"),))
NO_PLUGIN = replace(SETUP, plugins=())
SETUPS = {"one minor": SETUP, "two minors": TWO_MINORS, "own image": OWN_IMAGE, "no plugin": NO_PLUGIN}

each_setup = pytest.mark.parametrize("given", SETUPS.values(), ids=SETUPS.keys())


def tree(given: Setup) -> dict[str, File]:
    return {file.path.removeprefix("argocd/setup/"): file for file in setup.for_setup(given)}


def document(given: Setup, path: str) -> Any:
    """Return a file's only document, as somebody who reads the file sees it."""
    return yaml.safe_load(emit(tree(given)[path].documents))


def patches(given: Setup) -> list[Any]:
    return [document(given, path) for path in tree(given) if path.startswith("patches/")]


def pod_template(given: Setup) -> dict[str, Any]:
    """Return what all patches of the repo-server add, lists one after the other."""
    found: dict[str, Any] = {"annotations": {}, "initContainers": [], "containers": [], "volumes": []}
    for patch in patches(given):
        if patch["kind"] == "Deployment":
            template = patch["spec"]["template"]
            found["annotations"] |= template["metadata"]["annotations"]
            for key, items in template["spec"].items():
                found[key] += items
    return found


@each_setup
def test_patches_and_helm_values_say_the_same(given: Setup) -> None:
    values = document(given, "helm-values.yaml")
    data: dict[str, dict[str, str]] = {}
    for patch in patches(given):
        if patch["kind"] == "ConfigMap":
            assert len(patch["data"]) == 1
            data.setdefault(patch["metadata"]["name"], {}).update(patch["data"])
    sections = {"argocd-cm": "cm", "argocd-cmd-params-cm": "params"}
    assert values["configs"] == {sections[name]: keys for name, keys in data.items()}

    pod, chart = pod_template(given), values.get("repoServer", {})
    assert chart.get("podAnnotations", {}) == pod["annotations"]
    assert chart.get("initContainers", []) == pod["initContainers"]
    assert chart.get("extraContainers", []) == pod["containers"]
    assert chart.get("volumes", []) == pod["volumes"]
    assert values.get("extraObjects", []) == [document(given, f"plugin/{p.name}.yaml") for p in given.plugins]


@each_setup
def test_the_chart_fills_no_template_in(given: Setup) -> None:
    """The chart runs extra objects and containers through its template engine."""
    assert "{{" not in emit(tree(given)["helm-values.yaml"].documents)


@each_setup
def test_the_component_has_every_patch_and_config_map(given: Setup) -> None:
    component = document(given, "kustomization.yaml")
    files = tree(given)
    assert [patch["path"] for patch in component["patches"]] == [p for p in files if p.startswith("patches/")]
    assert component.get("resources", []) == [p for p in files if re.fullmatch(r"plugin/.*\.yaml", p)]
    for patch in component["patches"]:
        content = document(given, patch["path"])
        assert patch["target"] == {"kind": content["kind"], "name": content["metadata"]["name"]}
        assert "namespace" not in content["metadata"], "a patch with a namespace fits no stock install"


def test_without_a_plugin_nothing_of_it_is_there() -> None:
    assert not [path for path in tree(NO_PLUGIN) if "plugin" in path or "repo-server" in path]
    assert set(document(NO_PLUGIN, "helm-values.yaml")) == {"configs"}


@pytest.mark.parametrize("version", SUPPORTED)
def test_only_endpoint_slices_are_lifted(version: str) -> None:
    stock = yaml.safe_load(SUPPORTED[version].exclusions)
    lifted = yaml.safe_load(SUPPORTED[version].lifted)
    assert [(entry["apiGroups"], set(entry["kinds"])) for entry in lifted] == [
        (entry["apiGroups"], set(entry["kinds"]) - {"EndpointSlice"}) for entry in stock
    ]
    assert sum("EndpointSlice" in entry["kinds"] for entry in stock) == 1
    assert SUPPORTED[version].exclusions.count("\n") == SUPPORTED[version].lifted.count("\n") + 1


def test_an_unknown_argo_cd_is_refused() -> None:
    with pytest.raises(KeyError):
        tree(replace(SETUP, argocd="3.1.16"))


def test_a_minor_version_stands_for_its_newest_patch() -> None:
    assert setup_argocd.image("3.5") == "quay.io/argoproj/argocd:v3.5.7"
    assert setup_argocd.image("3.5.2") == "quay.io/argoproj/argocd:v3.5.2"
    assert tree(replace(SETUP, argocd="3.5")).keys() == tree(SETUP).keys()


@each_setup
def test_the_sidecar_is_confined_and_complete(given: Setup) -> None:
    pod = pod_template(given)
    containers = pod["containers"] + pod["initContainers"]
    names = [container["name"] for container in containers]
    assert len(names) == len(set(names)), "container names are unique in a pod, init containers included"
    own = {volume["name"] for volume in pod["volumes"]}
    for container in containers:
        security = container["securityContext"]
        assert security["runAsUser"] == 999
        assert security["runAsNonRoot"] is True
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert set(container["resources"]) == {"requests", "limits"}
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted <= own | {"var-files", "plugins"}
        assert "tmp" not in mounted, "that volume is the repo-server's own"
    assert own == {mount["name"] for container in containers for mount in container["volumeMounts"]} - {
        "var-files",
        "plugins",
    }
    for name in [*names, *own]:
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name)


def test_an_image_of_your_own_is_used_as_it_stands() -> None:
    pod = pod_template(OWN_IMAGE)
    assert [container["image"] for container in pod["containers"]] == ["registry.example.com/render@sha256:00"]
    assert not pod["initContainers"]
    assert not [volume for volume in pod["volumes"] if volume["name"].endswith("-bin")]


def test_otherwise_the_makers_images_are() -> None:
    pod = pod_template(TWO_MINORS)
    assert {container["image"] for container in pod["containers"]} == {"quay.io/argoproj/argocd:v3.5.7"}
    assert [container["image"] for container in pod["initContainers"]] == [
        "registry.example.com/istio/istioctl:1.30.4",
        "registry.example.com/istio/istioctl:1.31.1",
    ]


def test_a_changed_configuration_restarts_the_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pod_template(SETUP)["annotations"]
    monkeypatch.setattr(setup_plugin, "SCRIPT", setup_plugin.SCRIPT + "true\n")
    after = pod_template(SETUP)["annotations"]
    assert before.keys() == after.keys()
    assert before != after


@each_setup
def test_the_readme_applies_every_file_and_names_no_other(given: Setup) -> None:
    files = tree(given)
    readme = files["README.md"].text or ""
    named = set(re.findall(r"output/gke-aks/argocd/setup/([\w./-]+\.yaml)", readme))
    assert named == {path for path in files if path.endswith(".yaml") and path != "kustomization.yaml"}
    assert "argocd-mesh" in readme
    assert "None" not in readme
    for line in re.findall(r'"path": "/data/([^"]+)"', readme):
        assert line in emit(tree(given)["helm-values.yaml"].documents)


def test_the_readme_says_for_each_setting_what_it_does_to_others_and_how_to_undo_it() -> None:
    readme = tree(TWO_MINORS)["README.md"].text or ""
    sections = readme.partition("## What each does")[2].partition("\n## ")[0].split("\n### ")[1:]
    assert len(sections) == len(patches(TWO_MINORS))
    for section in sections:
        assert "- Others: " in section, section
        assert "- Undo: " in section, section


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("plugin-Dockerfile.j2")


def test_the_policy_is_bound_to_argo_cds_namespace() -> None:
    documents = list(yaml.safe_load_all(emit(tree(SETUP)["admission-policy.yaml"].documents)))
    policies = {each["metadata"]["name"]: each["spec"] for each in documents[::2]}
    for binding in documents[1::2]:
        spec = binding["spec"]
        assert spec["policyName"] in policies
        assert spec["matchResources"]["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": "argocd-mesh"
        }
    resources = [policy["matchConstraints"]["resourceRules"][0]["resources"] for policy in policies.values()]
    assert resources == [["applications"], ["applicationsets"]]


def test_another_cluster_is_one_more_line_of_the_policy() -> None:
    def lines(given: Setup) -> list[str]:
        return emit(tree(given)["admission-policy.yaml"].documents).splitlines()

    more = lines(replace(SETUP, parents=(*SETUP.parents, "gke-aks-eks")))
    added = [line for line in more if "gke-aks-eks" in line]
    assert [line for line in more if line not in added] == lines(SETUP)
    assert {line.strip() for line in added} == {"'gke-aks-eks',"}


@pytest.mark.parametrize("sample", ["gke-aks", "multi-primary", "minimal", "external-secrets"])
def test_of_the_setup_a_new_cluster_changes_the_admission_policy_alone(sample: str) -> None:
    """As RUNBOOK.md and docs/lifecycle.md say to whoever adds one."""
    text = (BLUEPRINTS / f"{sample}.yaml").read_bytes()
    data = source.parse(text, sample).data
    before = mesh.resolve(blueprint.convert(data), Inputs())
    first = data["clusters"][0]["name"]
    data["clusters"].append({"name": "more", "platform": "generic", "role": "remote", "primary": first})
    after = mesh.resolve(blueprint.convert(data), Inputs())
    old, new = ({file.path: file for file in setup.files(each)} for each in (before, after))
    assert {path for path in old | new if old.get(path) != new.get(path)} == {layout.ADMISSION_POLICY}
    page = runbook.file(before, chain.chains(before)).text or ""
    assert f"applies `{before.path}/argocd/install` again, and `{before.path}/{layout.ADMISSION_POLICY}` where" in page
