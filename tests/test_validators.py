"""The engines on documents: the corpus beside this file, and every kind of defect put into its valid half."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen.problems import Pos, ToolError
from mcgen.resources import schemas_dir
from mcgen.validators import ENGINES, SCHEMA_LOCATION, Choice, Finding, checker, choose, problems
from mcgen.validators.embedded import Embedded, default_engine, python_engine, rust_engine, schema_file
from mcgen.validators.explain import place
from tests.documents import CORPUS, INVALID, VALID, load, mutations

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.validators.embedded import Engine

both = pytest.mark.parametrize("engine", [rust_engine, python_engine])


def expected(path: Path) -> str:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# expect: "), f"{path.name} does not say what is expected"
    return first.removeprefix("# expect: ")


def told(finding: Finding) -> str:
    return f"{finding.where}: {finding.message}" if finding.where else finding.message


def test_the_corpus_is_large_enough() -> None:
    assert len(INVALID) >= 70
    assert len(VALID) >= 25
    kinds = {(load(path)["apiVersion"], load(path)["kind"]) for path in VALID}
    assert len(kinds) >= 35


@both
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_documents_pass(path: Path, engine: Engine) -> None:
    assert list(Embedded(engine=engine).validate([load(path)], path.name)) == []


@both
@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_documents_are_explained(path: Path, engine: Engine) -> None:
    found = list(Embedded(engine=engine).validate([load(path)], path.name))
    assert expected(path) in "\n".join(map(told, found))


def test_every_defect_is_told() -> None:
    document = load(CORPUS / "invalid" / "deployment-three-defects.yaml")
    assert [told(finding) for finding in Embedded().validate([document], "a.yaml")] == [
        "spec: 'selector' is missing",
        "spec.replica: unknown key 'replica', did you mean 'replicas'?",
        "spec.template.spec.containers[0].image: expected a string, found the number '7'",
    ]


def test_a_finding_names_the_document() -> None:
    good, bad = (load(CORPUS / half / "service.yaml") for half in ("valid", "valid"))
    bad["spec"]["ports"][2]["port"] = "x"
    (found,) = Embedded().validate([good, bad, good], "clusters/a/service.yaml")
    assert (found.path, found.index, found.kind, found.name) == (
        "clusters/a/service.yaml",
        1,
        "Service",
        "istio-eastwestgateway",
    )


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        (None, "MC403", "the document is no object"),
        (["a"], "MC403", "the document is no object"),
        ({"kind": "Service"}, "MC403", "'apiVersion' is missing"),
        ({"apiVersion": "v1", "kind": ["Service"]}, "MC403", "'kind' is no string"),
        ({"apiVersion": "v1", "kind": "Pod"}, "MC402", "there is no schema for Pod of 'v1'"),
        ({"apiVersion": "../core/v1", "kind": "Service"}, "MC402", "there is no schema for Service"),
        ({"apiVersion": "v1", "kind": "../core/service"}, "MC402", "there is no schema for ../core/service"),
    ],
)
@both
def test_documents_without_a_schema(document: Any, code: str, message: str, engine: Engine) -> None:
    (found,) = Embedded(engine=engine).validate([document], "a.yaml")
    assert found.code == code
    assert message in found.message


@both
def test_a_value_that_json_has_not_is_a_finding(engine: Engine) -> None:
    document = yaml.safe_load("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {day: 2026-11-23}}")
    (found,) = Embedded(engine=engine).validate([document], "a.yaml")
    assert told(found) == "data.day: expected a string, found the date '2026-11-23'"


def test_values_of_secrets_are_not_shown() -> None:
    document = load(CORPUS / "invalid" / "secret-data-not-base64.yaml")
    assert "not base64" not in "".join(told(finding) for finding in Embedded().validate([document], "a"))


def test_the_engine_is_jsonschema_where_the_wheel_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_engine() is rust_engine
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)
    assert default_engine() is python_engine


def test_the_python_engines_agree_on_mutations() -> None:
    rust, python, picked = Embedded(engine=rust_engine), Embedded(engine=python_engine), random.Random(7)
    compared = 0
    for path in VALID:
        for document in mutations(load(path)):
            if picked.random() < 0.06:
                compared += 1
                assert list(rust.validate([document], path.name)) == list(python.validate([document], path.name))
    assert compared > 500


def test_choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [str(choose(name)) for name in ("auto", "embedded")] == ["embedded", "embedded"]
    for name in ("kubeconform", "both"):
        with pytest.raises(ToolError, match="--validator embedded"):
            choose(name)
    stand_in = tmp_path / "kubeconform"
    stand_in.touch(mode=0o755)
    assert [str(choose(name)) for name in ENGINES] == [
        f"kubeconform ({stand_in})",
        f"kubeconform ({stand_in})",
        "embedded",
        f"kubeconform ({stand_in}) and embedded",
    ]


def test_the_embedded_check_runs_where_it_is_chosen() -> None:
    for _ in range(2):
        assert list(checker(Choice(embedded=True, kubeconform=None))([None], "a.yaml"))
    assert not list(checker(Choice(embedded=False, kubeconform="kubeconform"))([None], "a.yaml"))


def test_problems_stand_at_the_origin() -> None:
    findings = [
        Finding(path="a.yaml", index=0, kind="Service", name="x", where="spec.type", message="no"),
        Finding(path="a.yaml", index=1, kind="", name="", where="", message="odd", code="MC403"),
    ]
    pos = Pos(file="mesh.yaml", line=3, col=1)
    made = list(problems(findings, {"a.yaml": pos}.__getitem__))
    assert [(problem.code, problem.message) for problem in made] == [
        ("MC401", "a.yaml: Service 'x': spec.type: no"),
        ("MC403", "a.yaml: document 2: odd"),
    ]
    assert all(problem.pos == pos and problem.advice for problem in made)


def test_places_are_readable() -> None:
    assert place(()) == ""
    assert place(("spec", "ports", 2, "port")) == "spec.ports[2].port"
    assert place(("metadata", "labels", 'a.b/c"', 0, "istio-x")) == 'metadata.labels["a.b/c\\""][0].istio-x'


def test_the_template_and_the_code_name_the_same_files() -> None:
    """What kubeconform makes of SCHEMA_LOCATION, its conditional resolved by hand."""
    condition = "{{if eq .Group .ResourceAPIVersion}}core{{else}}{{.Group}}{{end}}"
    assert SCHEMA_LOCATION.startswith(condition)
    for path in sorted((schemas_dir() / "output").rglob("*.json")):
        group, (kind, _, version) = path.parent.name, path.stem.partition("_")
        rest = SCHEMA_LOCATION.removeprefix(condition)
        rest = rest.replace("{{.ResourceKind}}", kind).replace("{{.ResourceAPIVersion}}", version)
        api_version = version if group == "core" else f"{group}/{version}"
        assert schema_file(api_version, kind.upper(), schemas_dir() / "output") == path
        assert path.as_posix().endswith(f"{group}{rest}")
