"""Both istioctls over the tree of an upgrade, and over what the tag and the table of minors claim."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen import upgrades
from mcgen.cli import run
from mcgen.manifests import readers, revision_tag
from mcgen.minors import MINORS
from mcgen.order import istio, kinds
from mcgen.upgrades import Revision
from mcgen.validators import kubeconform
from tests import proofs
from tests.e2e.guards import faults, guards
from tests.e2e.rendered import Rendered, applications, key, plugin, rights
from tests.goyaml import documents
from tests.programs import CHECKOUT, program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.upgrade]

MINOR = pytest.mark.parametrize(
    "minor", [pytest.param(minor, marks=proofs.proves(proofs.ISTIO, minor), id=minor) for minor in MINORS]
)
OPERATOR: dict[str, Any] = {
    "apiVersion": "install.istio.io/v1alpha1",
    "kind": "IstioOperator",
    "metadata": {"name": "control-plane", "namespace": "istio-system"},
}


@pytest.fixture(scope="module", params=["prepared", "remotes", "gateways", "removed"])
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample in the middle of an upgrade from an istiod without a revision."""
    folder = tmp_path_factory.mktemp(request.param)
    text = (CHECKOUT / "blueprints/gke-aks.yaml").read_text(encoding="utf-8")
    new = f'  version: "1.30.4"\n  upgrade: {{to: "1.31.1", step: {request.param}}}\n'
    blueprint = folder / "gke-aks.yaml"
    blueprint.write_text(text.replace('  version: "1.31.1"\n', new), encoding="utf-8")
    out = folder / "output"
    inputs = str(CHECKOUT / "blueprints/gke-aks.inputs")
    assert run(["build", str(blueprint), "--inputs", inputs, "-o", str(out), "--validator", "embedded"]) == 0
    return out


def test_every_step_renders_with_one_owner_per_object(tree: Path) -> None:
    owners: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for rendered in applications(tree):
        assert rendered.objects, rendered.folder
        for thing in rendered.objects:
            owners[rendered.cluster, *key(thing)].append(rendered.application["metadata"]["name"])
    assert {thing: names for thing, names in owners.items() if len(names) > 1} == {}


def test_kubeconform_accepts_all_that_comes_out(tree: Path) -> None:
    texts = [(f"{one.folder}.yaml", one.text) for one in applications(tree)]
    assert kubeconform.check(texts, program("kubeconform")) == []


def test_the_proof_knows_what_both_render(tree: Path) -> None:
    seen = 0
    for rendered in applications(tree):
        file = tree / rendered.folder / "istio-operator.yaml"
        if not file.exists():
            continue
        operator = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
        assert set(istio.rendered(istio.operator(operator), "istio-system")) == set(_found(rendered)), rendered.folder
        seen += 1
    assert seen >= 7


def test_each_revision_has_its_own_network_policies(tree: Path) -> None:
    objects: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rendered in applications(tree):
        objects[rendered.cluster] += rendered.objects
    assert {cluster: list(faults(things)) for cluster, things in objects.items()} == {"gke": [], "aks": []}
    assert {guard.name for guard in guards(objects["gke"])} >= {"istio-eastwestgateway", "istio-ingressgateway"}


def _found(rendered: Rendered) -> list[istio.Rendered]:
    found = []
    for thing in rendered.objects:
        group, kind, namespace, name = key(thing)
        own = f"*.{istio.FAMILY}" if f"{group}/{kind}" == kinds.CRD else name
        found.append((f"{group}/{kind}", namespace, own))
    return found


def test_no_two_injectors_take_one_pod_of_different_istiods(tree: Path) -> None:
    """Two injectors for pods that ask for no revision may only lead to the same istiod."""
    for cluster in ("gke", "aks"):
        leads = {
            webhook["clientConfig"]["service"]["name"]
            for rendered in applications(tree)
            if rendered.cluster == cluster
            for thing in rendered.objects
            if thing["kind"] == "MutatingWebhookConfiguration"
            for webhook in thing["webhooks"]
            if webhook["name"] == "namespace.sidecar-injector.istio.io"
        }
        assert len(leads) == 1, (cluster, leads)


def test_the_tag_tells_aks_to_leave_it_alone(tree: Path) -> None:
    told = [
        thing["metadata"].get("annotations")
        for rendered in applications(tree)
        if rendered.cluster == "aks"
        for thing in rendered.objects
        if thing["kind"] == "MutatingWebhookConfiguration"
    ]
    assert told
    assert all(annotations == {"admissions.enforcer/disabled": "true"} for annotations in told)


@MINOR
@pytest.mark.parametrize("primary", [True, False])
def test_the_tag_is_what_istio_renders(minor: str, primary: bool, tmp_path: Path) -> None:
    path = "/inject" if primary else "/inject/cluster/aks/net/n"
    annotations = {"example.com/left-alone": "true"}
    unvalidated = {"sidecarInjectorWebhookAnnotations": annotations}
    values: dict[str, Any] = {"revisionTags": ["default"]}
    if not primary:
        values |= {"global": {"remotePilotAddress": "192.0.2.1"}, "istiodRemote": {"injectionPath": path}}
    spec = {"profile": "minimal" if primary else "remote", "revision": "1-31", "values": values}
    spec |= {"unvalidatedValues": unvalidated}
    objects = _render(spec, minor, tmp_path)
    wanted = next(thing for thing in objects if thing["metadata"]["name"] == "istio-revision-tag-default")
    own = revision_tag.injector(Revision(name="1-31", version="1.31.1"), path, {}, annotations)
    by_name = [{hook["name"]: hook for hook in thing["webhooks"]} for thing in (own, wanted)]
    assert by_name[0] == by_name[1]
    assert own["metadata"]["labels"].items() <= wanted["metadata"]["labels"].items()
    assert own["metadata"]["annotations"] == wanted["metadata"]["annotations"] == annotations


@MINOR
def test_an_istiod_that_leaves_injection_to_the_tag_has_no_injector(minor: str, tmp_path: Path) -> None:
    names = [
        {
            (thing["kind"], thing["metadata"]["name"])
            for thing in _render({"profile": "minimal", "values": values}, minor, tmp_path)
        }
        for values in ({}, {"global": {"operatorManageWebhooks": True}})
    ]
    assert names[0] - names[1] == {("MutatingWebhookConfiguration", "istio-sidecar-injector")}


@MINOR
def test_the_reader_has_the_rights_of_each_minor(minor: str, tmp_path: Path) -> None:
    values = {"global": {"enableReaderRBAC": True}, "istiodRemote": {"enabled": True}}
    objects = _render({"profile": "minimal", "values": values}, minor, tmp_path)
    role = next(t for t in objects if t["kind"] == "ClusterRole" and t["metadata"]["name"].startswith("istio-reader"))
    assert rights(role["rules"]) == rights(readers.rules(serves=True))


def test_the_crds_of_a_later_minor_only_add(tmp_path: Path) -> None:
    """The base moves first, so an older istiod lives with the CRDs of the next minor."""
    spec = {"profile": "empty", "components": {"base": {"enabled": True}}}
    old, new = (
        {t["metadata"]["name"]: t for t in _render(spec, m, tmp_path) if t["kind"] == "CustomResourceDefinition"}
        for m in MINORS
    )
    assert old.keys() <= new.keys()
    for name, crd in old.items():
        assert list(_lost(crd["spec"]["versions"], new[name]["spec"]["versions"])) == [], name


def _lost(old: Any, new: Any, path: str = "") -> Any:
    """Yield the places of a schema that are gone; texts may differ."""
    if isinstance(old, dict):
        for name, value in old.items():
            if name == "description":
                continue
            if not isinstance(new, dict) or name not in new:
                yield f"{path}/{name}"
            else:
                yield from _lost(value, new[name], f"{path}/{name}")
    elif isinstance(old, list) and isinstance(new, list) and all(isinstance(one, str) for one in old):
        yield from (f"{path}/{one}" for one in old if one not in new)
    elif isinstance(old, list):
        for i, value in enumerate(old):
            if i < len(new):
                yield from _lost(value, new[i], f"{path}/{i}")
            else:
                yield f"{path}/{i}"


@MINOR
def test_what_a_later_minor_added_is_not_known_before(minor: str, tmp_path: Path) -> None:
    for other, known in MINORS.items():
        for version in known.compatible:
            spec = {"profile": "minimal", "values": {"compatibilityVersion": version}}
            if version in MINORS[minor].compatible:
                assert _render(spec, minor, tmp_path)
            else:
                assert other != minor
                with pytest.raises(AssertionError):
                    _render(spec, minor, tmp_path)


def _render(spec: dict[str, Any], minor: str, folder: Path) -> list[dict[str, Any]]:
    spec = {"hub": "docker.io/istio", "tag": f"{minor}.0"} | spec
    (folder / "kustomization.yaml").write_text("resources: [istio-operator.yaml]\n", encoding="utf-8")
    (folder / "istio-operator.yaml").write_text(yaml.safe_dump(OPERATOR | {"spec": spec}), encoding="utf-8")
    return [thing for thing in documents(plugin(folder, minor)) if thing]


def test_each_minor_has_its_own_istioctl() -> None:
    for minor in MINORS:
        name = "istioctl" if minor == list(MINORS)[-1] else f"istioctl-{minor}"
        assert (CHECKOUT / "tools" / name / "go.mod").exists()
        assert program(name)
    assert upgrades.revision("1.31.1") == "1-31"
