from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcgen import __version__, store
from mcgen.manifest import EMPTY, Manifest, digest, digests, has_conflict, parse
from mcgen.problems import ProblemsFound, Severity
from tests.snapshots import build, files, merge, put, snapshot

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = ".mcgen/manifest.json"
H = digest(b"")

PATHS = st.from_regex(r"[a-z]{1,3}(/[a-z. -]{1,3}x){0,2}", fullmatch=True)
MANIFESTS = st.builds(
    lambda files, inputs: Manifest(generator="1", blueprint="m", files=digests(files), inputs=digests(inputs)),
    st.dictionaries(PATHS, st.binary(max_size=1), max_size=8),
    st.dictionaries(PATHS, st.binary(max_size=1), max_size=8),
)


def test_one_entry_per_line_sorted_and_no_time() -> None:
    manifest = Manifest(generator="1.2.3", blueprint="m", files={"b": H, "a/x": H}, inputs={"i": H})
    assert manifest.to_bytes().decode() == (
        "{\n"
        '  "blueprint": "m",\n'
        '  "files": {\n'
        f'    "a/x": "{H}",\n'
        f'    "b": "{H}"\n'
        "  },\n"
        '  "generator": "1.2.3",\n'
        '  "inputs": {\n'
        f'    "i": "{H}"\n'
        "  }\n"
        "}\n"
    )


def test_the_manifest_of_a_tree(tmp_path: Path) -> None:
    build(tmp_path, {"b": b"1", "a": b"2"}, {"i": b"3"}, mesh="gke-aks")
    raw = json.loads((tmp_path / MANIFEST).read_text())
    assert raw["generator"] == __version__
    assert raw["blueprint"] == "gke-aks"
    assert raw["files"] == {"a": digest(b"2"), "b": digest(b"1")}
    assert raw["inputs"] == {"i": digest(b"3")}
    manifest, problems = store.load_manifest(tmp_path)
    assert (manifest.files, manifest.inputs, problems) == (raw["files"], raw["inputs"], [])


@given(manifest=MANIFESTS)
def test_a_manifest_is_read_back(manifest: Manifest) -> None:
    assert parse(manifest.to_bytes(), "f") == (manifest, [])


@given(one=MANIFESTS, two=MANIFESTS, base=st.booleans())
def test_a_merge_conflict_yields_what_either_side_owned(one: Manifest, two: Manifest, base: bool) -> None:
    raw = merge(one.to_bytes(), two.to_bytes(), base=base)
    manifest, problems = parse(raw, "f")
    assert [problem.code for problem in problems] == ([] if one == two else ["MC603"])
    for name in ("files", "inputs"):
        ours, theirs, both = (getattr(each, name) for each in (one, two, manifest))
        sides = {path: {ours.get(path), theirs.get(path)} - {None} for path in ours.keys() | theirs.keys()}
        assert {path: set(seen.split()) for path, seen in both.items() if path != "base/only"} == sides
    assert manifest.blueprint == "m"


def test_one_line_of_a_conflict_is_none() -> None:
    """Such as in a page about merging."""
    marks = [b"<<<<<<< ours\n", b"=======\n", b">>>>>>> theirs\n"]
    assert has_conflict(b"".join(marks))
    assert has_conflict(b"".join([b"a\n", marks[0], b"b\n", *marks[1:]]))
    for missing in marks:
        assert not has_conflict(b"a\n" + b"".join(mark for mark in marks if mark != missing))
    assert not has_conflict(marks[0] + marks[2])


OURS = {"README.md": b"1 and 2\n", "clusters/one/x": b"1\n", "list": b"one\n", "old/x": b"0\n"}
THEIRS = {"README.md": b"1 and 3\n", "clusters/two/x": b"2\n", "list": b"two\n", "gone/x": b"0\n"}
BOTH = {"README.md": b"1, 2 and 3\n", "clusters/one/x": b"1\n", "clusters/two/x": b"2\n", "list": b"one\ntwo\n"}


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """Return what Git leaves of two branches, each with a cluster of its own."""
    out = tmp_path / "out"
    build(tmp_path / "ours", OURS, {"i": b"1"})
    build(tmp_path / "theirs", THEIRS, {"i": b"1", "j": b"2"})
    sides = [snapshot(tmp_path / side) for side in ("ours", "theirs")]
    for path in {**sides[0], **sides[1]}:
        one, two = (side.get(path) for side in sides)
        if not path.endswith("/"):
            put(out, path, merge(one, two) if one and two else one or two or b"")
    return out


def test_a_merge_is_repaired_by_building_again(merged: Path) -> None:
    assert b"<<<<<<<" in (merged / MANIFEST).read_bytes()
    plan = build(merged, BOTH, {"i": b"1", "j": b"2"})
    assert [problem.code for problem in plan.problems] == ["MC603"]
    assert files(merged) == {**BOTH, "i": b"1", "j": b"2"}
    assert build(merged, BOTH, {"i": b"1", "j": b"2"}).up_to_date


def test_what_git_merged_without_a_conflict_is_repaired_too(merged: Path) -> None:
    """A number that both sides changed alike is wrong after the merge, and no line of it in conflict."""
    put(merged, "README.md", b"2 clusters, of which 3\n")
    build(merged, BOTH, {"i": b"1", "j": b"2"})
    assert files(merged) == {**BOTH, "i": b"1", "j": b"2"}


def test_a_conflict_in_a_generated_file_is_repaired_when_the_manifest_has_none(merged: Path, tmp_path: Path) -> None:
    (merged / MANIFEST).write_bytes((tmp_path / "ours" / MANIFEST).read_bytes())
    (merged / "clusters/two/x").unlink()
    assert b"<<<<<<<" in (merged / "README.md").read_bytes()
    build(merged, OURS | {"README.md": b"2\n"}, {"i": b"1"})
    assert (merged / "README.md").read_bytes() == b"2\n"


def test_a_merge_does_not_hide_a_persons_edit(merged: Path) -> None:
    put(merged, "clusters/one/x", b"mine\n")
    put(merged, "clusters/three/x", b"mine\n")
    before = snapshot(merged)
    plan = store.plan(merged, BOTH | {"clusters/three/x": b"3\n"}, {"i": b"1", "j": b"2"}, mesh="m")
    errors = {problem.code for problem in plan.problems if problem.severity is Severity.ERROR}
    assert errors == {"MC607", "MC608"}
    with pytest.raises(ProblemsFound):
        store.apply(plan)
    assert snapshot(merged) == before


def test_a_conflict_over_the_mesh_is_another_mesh(tmp_path: Path) -> None:
    one, two = (Manifest(generator="1", blueprint=name, files={}, inputs={}).to_bytes() for name in ("m", "n"))
    put(tmp_path, MANIFEST, merge(one, two))
    assert "MC606" in {problem.code for problem in store.plan(tmp_path, {}, {}, mesh="m").problems}


def entry(path: str, value: str = H, name: str = "files") -> bytes:
    whole = {"generator": "1", "blueprint": "m", "files": {}, "inputs": {}, name: {path: value}}
    return json.dumps(whole).encode()


HOSTILE = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "no keys": b"{}",
    "cut": entry("a")[:-9],
    "binary": bytes(range(256)),
    "not utf-8": entry("a").replace(b'"a"', b'"\xff"'),
    "lone surrogate": entry("a").replace(b'"a"', b'"\\ud800"'),
    "deep": b'{"x":' + b"[" * 100_000,
    "no digest": entry("a", "0"),
    "digest and a line": entry("a", H + "\n"),
    "a number": entry("a").replace(b'"m"', b"1"),
    "up": entry("../x"),
    "up later": entry("a/../../x"),
    "absolute": entry("/etc/passwd"),
    "nothing": entry(""),
    "empty name": entry("a//b"),
    "git": entry(".git/config"),
    "Git": entry("a/.GIT/config"),
    "line": entry("a\nb"),
    "escape": entry("\x1b[1mx"),
    "input": entry("../x", name="inputs"),
    "merged": merge(entry("a"), b'"files": {\n  "../x": "%s"\n' % H.encode()),
    "merged mesh": merge(b'"blueprint": "\\q"\n', b"\n"),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("force", [True, False])
def test_a_bad_manifest_is_told_and_nothing_else_is_done(tmp_path: Path, raw: bytes, force: bool) -> None:
    put(tmp_path, "x", b"")
    put(tmp_path, "out/.mcgen/manifest.json", raw)
    put(tmp_path, "out/.git/config", b"")
    before = snapshot(tmp_path)
    plan = store.plan(tmp_path / "out", {"a": b"1"}, {}, mesh="m", force=force)
    assert "MC602" in {problem.code for problem in plan.problems}
    assert all(problem.advice for problem in plan.problems)
    assert not any("\x1b" in problem.message for problem in plan.problems)
    with pytest.raises(ProblemsFound):
        store.apply(plan)
    assert snapshot(tmp_path) == before
    manifest, problems = store.load_manifest(tmp_path / "out")
    assert manifest == EMPTY
    assert [problem.code for problem in problems][-1] == "MC602"


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_manifest_that_is_no_file(tmp_path: Path, kind: str) -> None:
    put(tmp_path, "elsewhere.json", EMPTY.to_bytes())
    (tmp_path / "out/.mcgen").mkdir(parents=True)
    if kind == "link":
        (tmp_path / "out" / MANIFEST).symlink_to(tmp_path / "elsewhere.json")
    else:
        (tmp_path / "out" / MANIFEST).mkdir()
    assert [problem.code for problem in store.load_manifest(tmp_path / "out")[1]] == ["MC602"]
    with pytest.raises(ProblemsFound):
        build(tmp_path / "out", {"a": b""}, force=True)


def test_a_manifest_that_owns_an_input_does_not_prune_it(tmp_path: Path) -> None:
    put(tmp_path, "x", b"")
    put(tmp_path, MANIFEST, Manifest(generator="1", blueprint="m", files={"x": H}, inputs={"x": H}).to_bytes())
    build(tmp_path, {"a": b"1"})
    assert (tmp_path / "x").exists()


def test_without_its_manifest_a_tree_that_is_up_to_date_is_taken_over(tmp_path: Path) -> None:
    build(tmp_path, OURS)
    (tmp_path / MANIFEST).unlink()
    assert build(tmp_path, OURS).lines() == [f"+ {MANIFEST}"]


def test_no_output_folder_has_no_manifest(tmp_path: Path) -> None:
    assert store.load_manifest(tmp_path / "nowhere") == (EMPTY, [])
    assert store.load_manifest(tmp_path) == (EMPTY, [])
