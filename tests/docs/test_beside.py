"""docs/beside.md: its files fit their kinds and the blueprint that it speaks of, and keep out of the mesh's way."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from mcgen import names
from mcgen.validators import kubeconform
from mcgen.validators.embedded import Embedded
from tests.programs import program
from tests.samples import CHECKOUT

PAGE = (CHECKOUT / "docs/beside.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```\n", re.DOTALL)
FILES: dict[str, str] = dict(BLOCK.findall(PAGE))
OBJECTS: dict[str, Any] = {path: yaml.safe_load(text) for path, text in FILES.items()}
MESH: dict[str, Any] = yaml.safe_load((CHECKOUT / "blueprints/three-clouds.yaml").read_bytes())
PRIMARIES = [each["name"] for each in MESH["clusters"] if each["role"] == "primary"]


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = (each for each in OBJECTS.values() if each["kind"] == kind)
    assert isinstance(found, dict)
    return found


PROJECT, SET = of_kind("AppProject"), of_kind("ApplicationSet")
TEMPLATE: dict[str, Any] = SET["spec"]["template"]
SPEC: dict[str, Any] = TEMPLATE["spec"]
CONTENT = {path: found for path, found in OBJECTS.items() if PurePosixPath(path).parent.name == "shop"}


def test_every_block_of_yaml_is_one_of_the_files() -> None:
    assert PAGE.count("```yaml") == len(FILES) == 3


@pytest.mark.parametrize("path", FILES)
def test_a_file_fits_its_kind(path: str) -> None:
    assert list(Embedded().validate([OBJECTS[path]], path)) == []


@pytest.mark.e2e
def test_kubeconform_takes_the_files() -> None:
    files = [(path, text.encode()) for path, text in FILES.items()]
    assert kubeconform.check(files, program("kubeconform")) == []


def test_they_go_into_every_primary_and_into_no_remote() -> None:
    assert MESH["istio"]["meshConfig"]["outboundTrafficPolicy"] == {"mode": "REGISTRY_ONLY"}
    (generator,) = SET["spec"]["generators"]
    assert [each["cluster"] for each in generator["list"]["elements"]] == PRIMARIES
    assert [each["name"] for each in PROJECT["spec"]["destinations"]] == PRIMARIES


def test_they_are_read_from_where_they_lie() -> None:
    gitops = MESH["gitops"]
    assert SPEC["source"]["repoURL"] == gitops["repo"]
    assert SPEC["source"]["targetRevision"] == gitops["revision"]
    assert {str(PurePosixPath(path).parent) for path in CONTENT} == {SPEC["source"]["path"]}
    assert not any(PurePosixPath(path).is_relative_to(gitops["path"]) for path in FILES)
    assert {each["metadata"]["namespace"] for each in (PROJECT, SET)} == {gitops["argocd"]["namespace"]}


def test_the_project_permits_them_and_little_else() -> None:
    assert SPEC["project"] == PROJECT["metadata"]["name"]
    assert PROJECT["spec"]["sourceRepos"] == [SPEC["source"]["repoURL"]]
    assert PROJECT["spec"]["clusterResourceWhitelist"] == []
    permitted = {(each["group"], each["kind"]) for each in PROJECT["spec"]["namespaceResourceWhitelist"]}
    for found in CONTENT.values():
        assert (found["apiVersion"].rpartition("/")[0], found["kind"]) in permitted
        namespace = found["metadata"]["namespace"]
        assert {each["namespace"] for each in PROJECT["spec"]["destinations"]} == {namespace}
        # Without `clusters` it is in every cluster, the primaries among them.
        assert [each for each in MESH["namespaces"] if each["name"] == namespace and "clusters" not in each]


def test_they_are_not_taken_for_the_meshs_own() -> None:
    mesh = MESH["metadata"]["name"]
    for found in (PROJECT["metadata"], SET["metadata"], TEMPLATE["metadata"]):
        assert not found["name"].startswith(mesh)
        assert not {names.PART_OF, names.CLUSTER, names.STAGE} & found.get("labels", {}).keys()
    assert SPEC["syncPolicy"]["syncOptions"] == ["FailOnSharedResource=true"]
    assert SPEC["syncPolicy"]["retry"]["limit"] == -1
