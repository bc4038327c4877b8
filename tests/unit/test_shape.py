from __future__ import annotations

import builtins
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mcgen import blueprint, facts, misfit, shape
from mcgen.platforms import PLATFORMS
from tests.judged import complaints, read
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.problems import Problem
    from mcgen.source import Source
    from mcgen.tree import DataPath

SCHEMA = shape.blueprint_schema()
BOTH = {"blueprint": SCHEMA, "facts": shape.facts_schema()}
SAMPLES = sorted((CHECKOUT / "blueprints").glob("*.yaml"))
CASES = sorted((Path(__file__).parents[1] / "rules").glob("*MC1*.yaml"))
EVERYTHING = read((CHECKOUT / "blueprints/three-clouds.yaml").read_bytes())
LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping of a schema with its place."""
    if isinstance(node, dict):
        yield path, node
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from nodes(inner, f"{path}/{key}")


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema of a value: not the mappings from names to schemas."""
    for path, node in nodes(schema):
        if not path.endswith(("/properties", "/$defs")) and "/default" not in path and "/examples" not in path:
            yield path, node


@pytest.mark.parametrize("schema", BOTH.values(), ids=BOTH)
def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert json.loads(shape.text(schema)) == schema


@pytest.mark.parametrize("schema", BOTH.values(), ids=BOTH)
def test_each_pattern_is_anchored_and_comes_with_an_example_or_with_words(schema: dict[str, Any]) -> None:
    found = [(path, node) for path, node in fields(schema) if "pattern" in node]
    assert found
    for path, node in found:
        assert node["pattern"].startswith("^"), path
        assert node["pattern"].endswith("$"), path
        examples = node.get("examples", [])
        assert examples or node["pattern"] == LABEL, path
        assert all(re.search(node["pattern"], example) for example in examples), path


@pytest.mark.parametrize("schema", BOTH.values(), ids=BOTH)
def test_nothing_may_be_null_and_each_keyword_can_be_explained(schema: dict[str, Any]) -> None:
    known = {"$schema", "$id", "$ref", "$defs", "title", "description", "default", "examples", "properties", "items"}
    for path, node in fields(schema):
        assert set(node) - known <= set(misfit.HANDLERS), path
        assert node.get("type") != "null", path
        assert node.get("default", 0) is not None, path


@pytest.mark.parametrize("schema", BOTH.values(), ids=BOTH)
def test_each_field_is_described(schema: dict[str, Any]) -> None:
    for path, node in fields(schema):
        for name, field in node.get("properties", {}).items():
            assert field.get("description"), f"{path}/{name}"


@pytest.mark.parametrize("schema", BOTH.values(), ids=BOTH)
def test_each_example_fits(schema: dict[str, Any]) -> None:
    found = [(path, node) for path, node in fields(schema) if "examples" in node]
    assert found
    for path, node in found:
        validator = Draft202012Validator(node | {"$defs": schema["$defs"]})
        for example in node["examples"]:
            assert validator.is_valid(example), path


def test_the_platforms_of_the_schema_are_those_of_the_code() -> None:
    assert SCHEMA["$defs"]["Cluster"]["properties"]["platform"]["enum"] == sorted(PLATFORMS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_fit(sample: Path) -> None:
    assert shape.check(read(sample.read_bytes()), SCHEMA) == []


@pytest.mark.parametrize("case", CASES + SAMPLES, ids=lambda path: path.stem)
def test_without_the_fast_engine_the_problems_are_the_same(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(case.read_bytes())
    expected = shape.check(found, SCHEMA)
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "jsonschema_rs":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert shape.check(found, SCHEMA) == expected


def paths(data: Any, path: DataPath = ()) -> Iterator[DataPath]:
    yield path
    if isinstance(data, dict):
        for key, inner in data.items():
            yield from paths(inner, (*path, key))
    elif isinstance(data, list):
        for index, inner in enumerate(data):
            yield from paths(inner, (*path, index))


# One place of each sort: the items of a list are alike.
PLACES = list(
    {tuple("*" if isinstance(step, int) else step for step in path): path for path in paths(EVERYTHING.data)}.values()
)


def replaced(data: Any, path: DataPath, value: Any) -> Any:
    if not path:
        return value
    if isinstance(data, list):
        return [replaced(inner, path[1:], value) if i == path[0] else inner for i, inner in enumerate(data)]
    return {key: replaced(inner, path[1:], value) if key == path[0] else inner for key, inner in data.items()}


def checked(data: Any) -> tuple[Source, list[Problem]]:
    found = read(json.dumps(data, indent=1))
    assert found.problems == ()
    return found, shape.check(found, SCHEMA)


WRONG = [True, -1, 3.0, "\x1b[2J" + "é" * 300, [], [None, ""], {"": [{}]}]


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20])
def test_any_value_in_any_place_is_a_problem_or_converts(value: Any) -> None:
    for path in PLACES:
        found, problems = checked(replaced(EVERYTHING.data, path, value))
        assert [fault for problem in problems for fault in complaints(problem, found)] == []
        if not problems:
            assert blueprint.convert(found.data)


@pytest.mark.parametrize("path", PLACES[1:], ids=lambda path: ".".join(map(str, path)))
def test_null_is_never_a_value_of_a_field(path: DataPath) -> None:
    is_operation = path[-2:-1] == ("patch",) and isinstance(path[-1], int)
    free = any(step in ("values", "meshConfig", "patch") for step in path[:-1]) and not is_operation
    _, problems = checked(replaced(EVERYTHING.data, path, None))
    assert bool(problems) is not free


def test_a_field_that_is_left_out_is_never_a_traceback() -> None:
    for path in PLACES:
        if not path or isinstance(path[-1], int):
            continue
        data = json.loads(json.dumps(EVERYTHING.data))
        holder = data
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        found, problems = checked(data)
        assert {problem.code for problem in problems} <= {"MC103"}
        if not problems:
            assert blueprint.convert(found.data)


def test_a_number_that_is_whole_in_json_only() -> None:
    data = replaced(EVERYTHING.data, ("clusters", 0, "gateway", "replicas", "min"), 3.0)
    found, (problem,) = checked(data)
    assert (problem.code, found.lines[problem.pos.line - 1].strip()) == ("MC104", '"min": 3.0,')


def test_too_many_problems_are_cut_off() -> None:
    data = EVERYTHING.data | {"clusters": list(range(20_000))}
    found = read(json.dumps(data))
    start = time.process_time()
    assert len(shape.check(found, SCHEMA)) == 1000
    assert time.process_time() - start < 5


def test_what_only_one_engine_refuses_is_a_problem_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "_fits", lambda data, schema: False)
    (problem,) = shape.check(EVERYTHING, SCHEMA)
    assert problem.code == "MC107"


def test_what_the_types_alone_refuse_is_a_problem_at_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "_fits", lambda data, schema: True)
    found = read(json.dumps(replaced(EVERYTHING.data, ("clusters", 1, "role"), "boss"), indent=1))
    (problem,) = shape.check(found, SCHEMA)
    assert (problem.code, found.lines[problem.pos.line - 1].strip()) == ("MC107", '"role": "boss",')
    assert complaints(problem, found) == []


def test_facts() -> None:
    found = read("addresses: {gke: 203.0.113.10}\ntokens: {gke: {aks: ['1', b]}}\n")
    assert shape.check(found, shape.facts_schema()) == []
    assert facts.convert(found.data).tokens == {"gke": {"aks": ["1", "b"]}}


def test_a_number_that_quotes_alone_do_not_mend_is_told_with_all_that_does() -> None:
    text = (CHECKOUT / "blueprints/minimal.yaml").read_bytes()
    found = read(text.replace(b'version: "1.31.1"', b"version: 1.30"))
    (problem,) = shape.check(found, SCHEMA)
    assert (problem.code, problem.advice) == ("MC104", 'put it in quotes, and write it like "1.31.1"')
    found = read(text.replace(b"gitops: {", b"gitops: {argocd: {version: 3.5}, "))
    assert [each.advice for each in shape.check(found, SCHEMA)] == ['put it in quotes: "3.5"']


@pytest.mark.parametrize(("cloud", "platform"), [("gcp", "gke"), ("AWS", "eks"), ("azure", "aks"), ("gkee", "gke")])
def test_a_cloud_leads_to_its_platform(cloud: str, platform: str) -> None:
    text = (CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8")
    found = read(text.replace("name: east, platform: generic", f"name: east, platform: {cloud}").encode())
    (problem,) = shape.check(found, SCHEMA)
    assert problem.code == "MC105"
    assert problem.advice.endswith(f', probably "{platform}"')


def test_no_pattern_stands_in_a_message() -> None:
    patterns = {node["pattern"] for schema in BOTH.values() for _, node in fields(schema) if "pattern" in node}
    text = (CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8")
    for old, new in (("git.example.com", "git example"), ("name: east", "name: East, owners: [team one]")):
        text = text.replace(old, new)
    problems = shape.check(read(text.encode()), SCHEMA)
    assert sorted(each.code for each in problems) == ["MC106"] * 3
    assert not [each for each in problems if any(part in each.message + each.advice for part in patterns)]
