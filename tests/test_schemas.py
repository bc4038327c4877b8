"""The schemas of the output: what is committed, how it is made, and whether upstream's programs agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import schemas
from mcgen.resources import schemas_dir
from mcgen.validators import kubeconform
from mcgen.validators.embedded import Embedded
from schemagen import bundle, crds, kubernetes
from tests.programs import program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
VALID = ROOT / "tests" / "corpus" / "valid"
OUTPUT = schemas_dir() / "output"
FILES = sorted(OUTPUT.rglob("*.json"))
# Objects that take any key, because upstream's type does.
OPEN = {
    "env",
    "gatewayClasses",
    "labels",  # of an access log
    "nodeSelector",  # of a waypoint
    "pluginConfig",
    "status",
    "templates",
    "unvalidatedValues",
    "value",
    "valuesObject",
    # Messages without fields in the newest Kubernetes.
    "all",
    "basic",
    "single",
}


def subschemas(schema: dict[str, Any], name: str = "", *, condition: bool = False) -> Iterator[tuple[str, Any, bool]]:
    """Yield (name of the property, schema, whether it only narrows another) for a schema and all inside."""
    yield name, schema, condition
    for key in ("properties", "$defs"):
        for member, inner in schema.get(key, {}).items():
            yield from subschemas(inner, member, condition=condition)
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key], "", condition=condition or key == "not")
    for key in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(key, ()):
            yield from subschemas(inner, name, condition=True)


def test_the_committed_schemas_are_few_and_small() -> None:
    assert len(FILES) >= 40
    assert sum(path.stat().st_size for path in FILES) < 1_000_000
    assert all(path.read_text(encoding="utf-8").count("\n") == 1 for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_committed_schema_is_whole_and_strict(path: Path) -> None:
    schema = json.loads(path.read_bytes())
    Draft202012Validator.check_schema(schema)
    allowed = {*crds.COPIED, *bundle.ONE, *bundle.MANY, *bundle.NAMED, "$ref", "$schema"}
    for name, inner, condition in subschemas(schema):
        assert inner.keys() <= allowed
        if "$ref" in inner:
            assert inner["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        if not condition and "object" in inner.get("type", ()) and "additionalProperties" not in inner:
            assert name in OPEN or not name, f"{name} takes any key"
    assert set(schema["required"]) >= {"apiVersion", "kind"}


def test_a_kind_is_named_by_its_file() -> None:
    for path in FILES:
        properties = json.loads(path.read_bytes())["properties"]
        (api_version,), (kind,) = properties["apiVersion"]["enum"], properties["kind"]["enum"]
        group, _, version = api_version.rpartition("/")
        assert (path.parent.name, path.name) == (group or "core", f"{kind.lower()}_{version}.json")


def test_bundles_share_what_repeats_and_keep_recursion() -> None:
    long = {"type": "object", "properties": {f"key{n}": {"type": "string"} for n in range(20)}}
    definitions = {
        "long": long,
        "tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"}, "data": {"$ref": "#/$defs/long"}}},
    }
    root = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/tree"}, "data": {"$ref": "#/$defs/long"}}}
    made = json.loads(bundle.bundle(root, definitions))
    assert made["properties"] == {"tree": {"$ref": "#/$defs/tree"}, "data": {"$ref": "#/$defs/s1"}}
    assert made["$defs"]["s1"] == long
    assert made["$defs"]["tree"]["properties"]["left"] == {"$ref": "#/$defs/tree"}
    validator = Draft202012Validator(made)
    assert validator.is_valid({"tree": {"left": {"left": {"data": {"key1": "x"}}}}})
    assert not validator.is_valid({"tree": {"left": {"left": {"data": {"key1": 1}}}}})


def test_a_required_list_is_not_null() -> None:
    absent: dict[str, Any] = {"type": ["array", "null"]}
    root = {"type": "object", "properties": {"must": absent, "may": absent}, "required": ["must"]}
    validator = Draft202012Validator(json.loads(bundle.bundle(root, {})))
    assert validator.is_valid({"must": [], "may": None})
    assert not validator.is_valid({"must": None})


def test_structural_schemas_become_strict() -> None:
    made = crds.strict(
        {
            "type": "object",
            "description": "dropped",
            "properties": {
                "description": {"type": "string", "format": "int32", "description": "a property of that name stays"},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "map": {"type": "object", "additionalProperties": {"type": "string"}, "nullable": True},
                "mode": {"type": "string", "enum": ["a"], "nullable": True},
                "count": {"type": "integer", "format": "int32", "minimum": 0},
            },
            "oneOf": [{"required": ["map"]}, {"not": {"required": ["map"], "description": "dropped"}}],
        }
    )
    assert made["additionalProperties"] is False
    assert "description" not in made
    assert made["oneOf"] == [{"required": ["map"]}, {"not": {"required": ["map"]}}]
    assert made["properties"]["port"] == {"type": ["integer", "string"]}
    assert made["properties"]["open"] == {"type": "object"}
    assert made["properties"]["map"] == {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
    assert made["properties"]["mode"] == {"type": ["string", "null"], "enum": ["a", None]}
    assert made["properties"]["count"] == {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    assert "description" in made["properties"]


def test_a_row_for_a_field_that_is_gone_is_an_error() -> None:
    with pytest.raises(KeyError):
        kubernetes.add({"a": {"properties": {"b": {}}}}, {"a": {"c": {"type": "string"}}})


def test_files_are_brought_to_the_wanted_state(tmp_path: Path) -> None:
    wanted = {"core/a_v1.json": "{}\n", "apps/b_v1.json": "{}\n"}
    assert schemas.differences(wanted, tmp_path) == sorted(wanted)
    schemas.write(wanted, tmp_path)
    assert schemas.differences(wanted, tmp_path) == []
    (tmp_path / "core" / "a_v1.json").write_text("{ }\n")
    (tmp_path / "core" / "old_v1.json").write_text("{}\n")
    assert schemas.differences(wanted, tmp_path) == ["core/a_v1.json", "core/old_v1.json"]
    schemas.write(wanted, tmp_path)
    assert schemas.differences(wanted, tmp_path) == []


@pytest.mark.e2e
@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_sources_give_the_committed_files(seed: str) -> None:
    argv = [sys.executable, str(ROOT / "tools" / "schemas.py"), "--check"]
    done = subprocess.run(argv, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.e2e
def test_reflection_reads_the_versions_of_the_tools() -> None:
    """The kustomize and istioctl that are built, and the types that the schemas are made from, are one version."""
    wanted = {line for line in requirements("structs") if line.startswith(("istio.io/istio ", "sigs.k8s.io/kustomize"))}
    assert len(wanted) == 3
    assert wanted <= requirements("istioctl") | requirements("kustomize")


def requirements(tool: str) -> set[str]:
    lines = (ROOT / "tools" / tool / "go.mod").read_text(encoding="utf-8").splitlines()
    return {line.strip().removesuffix(" // indirect") for line in lines}


OPERATORS = [path.stem for path in sorted(VALID.glob("operator-*.yaml"))]
PROFILES = ["ambient", "default", "demo", "minimal", "preview", "remote", "stable"]


@pytest.mark.e2e
@pytest.mark.parametrize("name", [*OPERATORS, *PROFILES])
def test_what_istioctl_renders_is_valid(name: str, tmp_path: Path) -> None:
    path = VALID / f"{name}.yaml"
    if name in PROFILES:
        path = tmp_path / "operator.yaml"
        path.write_text(
            "{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator,"
            f" spec: {{profile: {name}, hub: example.com, tag: 1.31.0}}}}"
        )
    rendered = render(path)
    assert rendered.returncode == 0, rendered.stderr.decode()
    documents = [document for document in yaml.load_all(rendered.stdout, Loader=yaml.CSafeLoader) if document]
    assert documents
    assert list(Embedded().validate(documents, name)) == []
    assert kubeconform.check([(f"{name}.yaml", rendered.stdout)], program("kubeconform")) == []


@pytest.mark.e2e
@pytest.mark.parametrize("section", ["values", "component", "k8s", "spec"])
def test_istioctl_refuses_what_the_schema_refuses(section: str) -> None:
    """Of misspelt keys; it lets some defects of other sorts pass, such as any key under meshConfig."""
    corpus = sorted((VALID.parent / "invalid").glob(f"operator-{section}*.yaml"))
    misspelt = [path for path in corpus if "unknown key" in path.read_text(encoding="utf-8").partition("\n")[0]]
    lenient = {"operator-values-camel-case", "operator-values-network", "operator-values-ztunnel"}
    assert misspelt
    assert [path.stem for path in misspelt if path.stem not in lenient and render(path).returncode == 0] == []


def render(path: Path) -> subprocess.CompletedProcess[bytes]:
    argv = [program("istioctl"), "manifest", "generate", "-f", str(path)]
    return subprocess.run(argv, capture_output=True, check=False)
