"""The engines on documents: the corpus beside this file, and every kind of defect put into its valid half."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import yaml

from mcgen.problems import Pos, ToolError
from mcgen.resources import schemas_dir
from mcgen.validators import ENGINES, SCHEMA_LOCATION, Choice, Finding, checker, choose, kubeconform, problems
from mcgen.validators.embedded import Embedded, default_engine, python_engine, rust_engine, schema_file
from mcgen.validators.explain import place
from tests.programs import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.validators.embedded import Engine

CORPUS = Path(__file__).parent / "corpus"
INVALID = sorted((CORPUS / "invalid").glob("*.yaml"))
VALID = sorted((CORPUS / "valid").glob("*.yaml"))
REPLACEMENTS: tuple[Any, ...] = (None, True, 7, -1, 1.5, "x", "", "7", [], ["x"], {}, {"x": "y"})

both = pytest.mark.parametrize("engine", [rust_engine, python_engine])


def load(path: Path) -> Any:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


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


def mutations(document: Any) -> Iterator[Any]:
    """Yield the document with each value replaced and each key misspelt, one at a time, in place."""
    for container, key in list(slots(document)):
        before = container[key]
        for value in REPLACEMENTS:
            container[key] = value
            yield document
        container[key] = before
        if isinstance(container, dict):
            container[f"{key}x"] = container.pop(key)
            yield document
            container[key] = container.pop(f"{key}x")


def slots(node: Any) -> Iterator[tuple[Any, Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key
        yield from slots(value)


def test_the_python_engines_agree_on_mutations() -> None:
    rust, python, picked = Embedded(engine=rust_engine), Embedded(engine=python_engine), random.Random(7)
    compared = 0
    for path in VALID:
        for document in mutations(load(path)):
            if picked.random() < 0.06:
                compared += 1
                assert list(rust.validate([document], path.name)) == list(python.validate([document], path.name))
    assert compared > 500


@pytest.mark.e2e
def test_kubeconform_agrees_on_the_corpus() -> None:
    files = [(path.name, path.read_bytes()) for path in (*INVALID, *VALID)]
    embedded = Embedded()
    wanted = [found for path in (*INVALID, *VALID) for found in embedded.validate([load(path)], path.name)]
    assert kubeconform.check(files, program("kubeconform")) == sorted(wanted)


@pytest.mark.e2e
def test_kubeconform_agrees_on_mutations() -> None:
    embedded, wanted, files = Embedded(), {}, []
    for path in VALID:
        for number, document in enumerate(islice(mutations(load(path)), 0, None, 3)):
            name = f"{path.stem}-{number}.yaml"
            wanted[name] = bool(list(embedded.validate([document], name)))
            files.append((name, orjson.dumps(document)))  # which is YAML, read alike by all
    found = {finding.path for finding in kubeconform.check(files, program("kubeconform"))}
    assert {name for name, invalid in wanted.items() if invalid} == found
    assert len(files) > 2000


@pytest.mark.e2e
def test_kubeconform_findings_lead_to_the_document() -> None:
    good = (CORPUS / "valid" / "namespace.yaml").read_bytes()
    text = b"# made by mcgen\n---\n" + good + b"---\n" + good.replace(b"  name: istio-system", b"  nam: istio-system")
    twice = good + b"kind: Namespace\n"
    files = [("a.yaml", text), ("b.yaml", twice), ("c.yaml", b"\tkind: x\n"), ("d.yaml", b"a: 1\n")]
    files += [("README.md", b"nothing"), ("patch.yaml", b"spec: {}\n"), ("empty.yaml", b"# nothing\n---\n")]
    found = kubeconform.check(files, program("kubeconform"), partial={"patch.yaml"})
    assert [(finding.path, finding.index, finding.code, finding.where) for finding in found] == [
        ("a.yaml", 1, "MC401", "metadata"),
        ("a.yaml", 1, "MC401", "metadata.nam"),
        ("b.yaml", 0, "MC403", ""),
        ("c.yaml", 0, "MC403", ""),
        ("d.yaml", 0, "MC403", ""),
    ]
    assert 'key "kind" already set in map' in found[2].message


@pytest.mark.e2e
def test_kubeconform_tells_what_only_it_sees() -> None:
    # `y` is a boolean to Go's reader of YAML and a string to PyYAML.
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: y\n"
    (found,) = kubeconform.check([("a.yaml", text)], program("kubeconform"))
    assert (found.code, found.where, found.message) == ("MC401", "/data/a", "got boolean, want string")


@pytest.mark.e2e
def test_kubeconform_works_under_any_folder_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "a b#c%41{{d"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    (path,) = (path for path in INVALID if path.stem == "service-type-unknown")
    assert len(kubeconform.check([("a.yaml", path.read_bytes())], program("kubeconform"))) == 1
    assert list(odd.iterdir()) == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("true", "no report: no output"),
        ("echo broken; exit 2", "ended with 2 and no report: broken"),
        ("echo oh no >&2; exit 139", "ended with 139 and no report: oh no"),
        ('echo "{}"', "no report"),
        (
            """echo '{"resources": [], "summary": {"valid": 1, "invalid": 0, "errors": 0, "skipped": 0}}'""",
            "looked at 1 of 2 documents",
        ),
        (
            """echo '{"resources": [], "summary": {"valid": 0, "invalid": 0, "errors": 0, "skipped": 2}}'""",
            "looked at 0 of 2 documents",
        ),
        (
            """echo '{"resources": [], "summary": {"valid": 1, "invalid": 1, "errors": 0, "skipped": 0}}'""",
            "ended with 0 and looked at 2 of 2",
        ),
        (
            """echo '{"resources": [], "summary": {"valid": 2, "invalid": 0, "errors": 0, "skipped": 0}}'; exit 1""",
            "ended with 1 and looked at 2 of 2",
        ),
    ],
)
def test_a_kubeconform_that_fails_is_no_verdict(tmp_path: Path, output: str, words: str) -> None:
    stand_in = tmp_path / "kubeconform"
    stand_in.write_text(f"#!/bin/sh\n{output}\n")
    stand_in.chmod(0o755)
    with pytest.raises(ToolError, match=words):
        kubeconform.check([("a.yaml", b"a: 1\n---\nb: 1\n")], str(stand_in))


def test_no_documents_need_no_kubeconform() -> None:
    assert kubeconform.check([("README.md", b"text")], "/nowhere/kubeconform") == []


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
