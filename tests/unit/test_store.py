from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import store
from mcgen.manifest import digests
from mcgen.problems import ProblemsFound, Severity
from tests.snapshots import FAST, build, files, put, snapshot

TREE = {"README.md": b"one\n", "clusters/gke/a.yaml": b"a: 1\n", "clusters/aks/b.yaml": b"b: 1\n", "empty": b""}

Tree = dict[str, bytes]
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from([b"", b"1", b"11", b"2"])


def ancestors(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[:n]) for n in range(1, len(parts))}


def is_tree(paths: Tree) -> bool:
    return not any(ancestors(path) & paths.keys() for path in paths)


TREES = st.dictionaries(PATHS, CONTENTS, max_size=6).filter(is_tree)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("build"), TREES),
        st.tuples(st.just("edit"), st.tuples(PATHS, CONTENTS)),
        st.tuples(st.just("delete"), PATHS),
    ),
    max_size=10,
)


def codes(plan: store.Plan) -> list[str]:
    return sorted({problem.code for problem in plan.problems})


def refused(out: Path, tree: Tree, inputs: Tree | None = None, *, force: bool = False, mesh: str = "m") -> list[str]:
    """Plan and apply, see that nothing is written, and return the codes of the errors."""
    before = snapshot(out) if out.is_dir() else None
    plan = store.plan(out, tree, inputs or {}, mesh=mesh, force=force)
    with pytest.raises(ProblemsFound):
        store.apply(plan)
    assert before == (snapshot(out) if out.is_dir() else None)
    assert all(problem.advice and problem.message for problem in plan.problems)
    return sorted({problem.code for problem in plan.problems if problem.severity is Severity.ERROR})


def identity(out: Path) -> dict[str, tuple[int, int]]:
    """Return what changes when a file is written again."""
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in [out, *out.rglob("*")]}


class Model:
    """What a person and mcgen did, and what must come of it."""

    def __init__(self) -> None:
        self.disk: Tree = {}
        self.owned: Tree = {}

    def is_mine(self, path: str) -> bool:
        return self.disk.get(path) == self.owned.get(path, b"nobody's")

    def rest(self, tree: Tree) -> Tree:
        pruned = {path for path in self.owned if path not in tree and self.is_mine(path)}
        return {path: content for path, content in self.disk.items() if path not in pruned}

    def is_refused(self, tree: Tree) -> bool:
        rest = self.rest(tree)
        changed = any(path in rest for path in self.owned if path not in tree)
        differs = any(path in rest and rest[path] != tree[path] and not self.is_mine(path) for path in tree)
        return (
            changed
            or differs
            or any(ancestors(path) & tree.keys() for path in rest)
            or any(ancestors(path) & rest.keys() for path in tree)
        )

    def build(self, out: Path, tree: Tree) -> None:
        if self.is_refused(tree):
            refused(out, tree)
            return
        build(out, tree)
        self.disk = {**self.rest(tree), **tree}
        self.owned = tree
        before = identity(out)
        again = build(out, tree)
        assert again.up_to_date
        assert len(again.unchanged) == len(tree) + 1
        assert identity(out) == before

    def edit(self, out: Path, change: tuple[str, bytes]) -> None:
        path, content = change
        if not (out / path).is_dir() and not ancestors(path) & self.disk.keys():
            put(out, path, content)
            self.disk[path] = content

    def delete(self, out: Path, path: str) -> None:
        if path in self.disk:
            (out / path).unlink()
            del self.disk[path]


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_person_and_builds_in_any_order(steps: list[tuple[str, Any]]) -> None:
    with TemporaryDirectory(dir=FAST) as folder:
        out = Path(folder, "out")
        model = Model()
        for name, argument in steps:
            getattr(model, name)(out, argument)
            assert (files(out) if out.exists() else {}) == model.disk


@settings(deadline=None)
@given(trees=st.lists(TREES, min_size=1, max_size=4))
def test_only_the_last_tree_is_left(trees: list[Tree]) -> None:
    with TemporaryDirectory(dir=FAST) as folder:
        for tree in trees:
            build(Path(folder), tree)
        found = snapshot(Path(folder))
        del found[".mcgen/manifest.json"]
        folders = {f"{parent}/": b"" for path in [*trees[-1], ".mcgen/manifest.json"] for parent in ancestors(path)}
        assert found == {**trees[-1], **folders}


@settings(deadline=None)
@given(foreign=TREES, first=TREES, second=TREES)
def test_force_replaces_what_is_in_the_way_and_nothing_else(foreign: Tree, first: Tree, second: Tree) -> None:
    with TemporaryDirectory(dir=FAST) as folder:
        out = Path(folder)
        build(out, first)
        for path, content in foreign.items():
            if not (out / path).is_dir() and not any((out / parent).is_file() for parent in ancestors(path)):
                put(out, path, content)
        left = {path: content for path, content in files(out).items() if path not in first}
        plan = store.plan(out, second, {}, mesh="m", force=True)
        if set(codes(plan)) == {"MC609"}:
            return
        assert not plan.problems
        store.apply(plan)
        in_the_way = {parent for path in second for parent in ancestors(path)}
        assert files(out) == {**{path: left[path] for path in left.keys() - in_the_way}, **second}


def test_plan_tells_what_apply_would_do(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    plan = store.plan(out, TREE, {}, mesh="m")
    assert not out.parent.exists()
    assert plan.lines()[0] == "+ .mcgen/manifest.json"
    assert plan.summary(done=False) == "5 to create, 0 to change, 0 to delete, 0 unchanged"
    store.apply(plan)
    after = {"README.md": b"two\n", "clusters/aks/c.yaml": b"c: 1\n", "empty": b""}
    plan = store.plan(out, after, {}, mesh="m")
    assert plan.lines() == [
        "~ .mcgen/manifest.json",
        "~ README.md",
        "- clusters/aks/b.yaml",
        "+ clusters/aks/c.yaml",
        "- clusters/gke/a.yaml",
    ]
    assert plan.summary() == "1 created, 2 changed, 2 deleted, 1 unchanged"
    assert not plan.up_to_date
    store.apply(plan)
    assert not (out / "clusters/gke").exists()


@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        build(tmp_path / "new" / "out", TREE)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    for path in [tmp_path / "new", *(tmp_path / "new").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_an_unchanged_build_costs_three_calls_for_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {f"clusters/c{n % 20}/f{n}.yaml": b"x" * n for n in range(1, 401)}
    build(tmp_path, tree)
    calls: list[str] = []

    def counting(name: str, call: Any) -> Any:
        def function(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return call(*args, **kwargs)

        return function

    for name in ("open", "read", "close", "stat", "fstat", "lseek", "write", "replace", "unlink", "mkdir", "rmdir"):
        monkeypatch.setattr(os, name, counting(name, getattr(os, name)))
    build(tmp_path, tree)
    monkeypatch.undo()
    assert len(calls) <= 3 * len(tree) + 100
    assert {"write", "replace", "unlink", "mkdir", "rmdir"}.isdisjoint(calls)


def test_a_persons_edit_is_kept_until_force(tmp_path: Path) -> None:
    build(tmp_path, TREE)
    put(tmp_path, "README.md", b"mine\n")
    put(tmp_path, "clusters/aks/b.yaml", b"mine\n")
    after = {"README.md": b"two\n"}
    assert refused(tmp_path, after) == ["MC607"]
    places = [problem.pos.file for problem in store.plan(tmp_path, after, {}, mesh="m").problems]
    assert sorted(places) == [str(tmp_path / "README.md"), str(tmp_path / "clusters/aks/b.yaml")]
    build(tmp_path, after, force=True)
    assert files(tmp_path) == after


@pytest.mark.parametrize("content", [b"one\n", b"two\n"])
def test_what_equals_the_old_or_the_new_content_is_no_edit(tmp_path: Path, content: bytes) -> None:
    build(tmp_path, TREE)
    put(tmp_path, "README.md", content)
    plan = build(tmp_path, TREE | {"README.md": b"two\n"})
    assert ("README.md" in plan.unchanged) == (content == b"two\n")


def test_a_foreign_file_in_the_way_is_kept_until_force(tmp_path: Path) -> None:
    put(tmp_path, "README.md", b"mine\n")
    put(tmp_path, "clusters", b"mine\n")
    put(tmp_path, "notes/mine.txt", b"mine\n")
    assert refused(tmp_path, TREE) == ["MC608"]
    build(tmp_path, TREE, force=True)
    assert files(tmp_path) == {**TREE, "notes/mine.txt": b"mine\n"}


def test_a_foreign_folder_in_the_way_is_never_removed(tmp_path: Path) -> None:
    put(tmp_path, "README.md/mine/x.txt", b"mine\n")
    assert refused(tmp_path, TREE) == refused(tmp_path, TREE, force=True) == ["MC609"]


def test_empty_folders_in_the_way_are_removed(tmp_path: Path) -> None:
    (tmp_path / "README.md" / "x" / "y").mkdir(parents=True)
    build(tmp_path, TREE)
    assert files(tmp_path) == TREE


def test_pipes_and_sockets_in_the_way_do_not_stop_the_build_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "README.md")
    os.mkfifo(tmp_path / "empty")
    assert refused(tmp_path, TREE) == ["MC608"]
    build(tmp_path, TREE, force=True)
    assert files(tmp_path) == TREE


def test_another_meshs_folder_is_never_taken(tmp_path: Path) -> None:
    build(tmp_path, TREE, mesh="one")
    assert refused(tmp_path, TREE, mesh="two") == refused(tmp_path, TREE, mesh="two", force=True) == ["MC606"]


@pytest.mark.parametrize("inside", ["", "deeper/out"])
def test_an_output_folder_that_is_a_file(tmp_path: Path, inside: str) -> None:
    put(tmp_path, "out", b"mine\n")
    out = tmp_path / "out" / inside
    assert refused(out, TREE) == refused(out, TREE, force=True) == ["MC604"]
    assert store.load_manifest(out)[1][0].code == "MC604"
    assert (tmp_path / "out").read_bytes() == b"mine\n"


@pytest.mark.parametrize("there", [True, False])
def test_an_output_folder_that_is_a_link(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to("elsewhere")
    assert refused(tmp_path / "out", TREE, force=True) == ["MC604"]


@pytest.mark.parametrize("link", ["clusters", "clusters/gke", ".mcgen"])
@pytest.mark.parametrize("leaves", [True, False])
def test_a_link_among_the_folders_is_never_followed(tmp_path: Path, link: str, leaves: bool) -> None:
    out = tmp_path / "out"
    target = (tmp_path if leaves else out) / "elsewhere"
    target.mkdir(parents=True)
    (out / link).parent.mkdir(parents=True, exist_ok=True)
    (out / link).symlink_to(target)
    assert refused(out, TREE) == refused(out, TREE, force=True) == ["MC605"]
    assert list(target.iterdir()) == []


def test_a_link_in_a_files_place_is_replaced_by_force_and_never_followed(tmp_path: Path) -> None:
    put(tmp_path, "mine.md", b"mine\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/README.md").symlink_to("../mine.md")
    assert refused(tmp_path / "out", TREE) == ["MC608"]
    build(tmp_path / "out", TREE, force=True)
    assert files(tmp_path / "out") == TREE
    assert (tmp_path / "mine.md").read_bytes() == b"mine\n"


def test_nor_is_one_below_a_folder_in_a_files_place(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/mine.md", b"mine\n")
    (tmp_path / "out/README.md").mkdir(parents=True)
    (tmp_path / "out/README.md/link").symlink_to(tmp_path / "elsewhere")
    assert refused(tmp_path / "out", TREE) == refused(tmp_path / "out", TREE, force=True) == ["MC609"]
    assert (tmp_path / "elsewhere/mine.md").read_bytes() == b"mine\n"


def test_pruning_follows_no_link(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, TREE)
    (out / "clusters/aks").rename(tmp_path / "elsewhere")
    (out / "clusters/aks").symlink_to(tmp_path / "elsewhere")
    build(out, {"README.md": b"one\n"}, force=True)
    assert (tmp_path / "elsewhere/b.yaml").exists()
    assert (out / "clusters/aks").is_symlink()


def test_a_link_in_the_place_of_what_is_pruned_is_a_persons(tmp_path: Path) -> None:
    build(tmp_path, TREE)
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").symlink_to("clusters")
    rest = {path: content for path, content in TREE.items() if path != "README.md"}
    assert refused(tmp_path, rest) == ["MC607"]
    assert (tmp_path / "README.md").is_symlink()
    build(tmp_path, rest, force=True)
    assert files(tmp_path) == rest


BAD_PATHS = ["../x", "/x", "a/../../x", "", "a//b", "a/", ".", "a/./b", ".git/config", "a/.GIT/x", "a\nb", "a\x1b[1m"]


@pytest.mark.parametrize("path", [*BAD_PATHS, "a\\b", 'a"b', "\xe9", "a\0b", ".mcgen", ".mcgen/manifest.json"])
def test_a_path_that_is_none_is_refused(tmp_path: Path, path: str) -> None:
    out = tmp_path / "out"
    assert refused(out, {path: b""}) == refused(out, {}, {path: b""}, force=True) == ["MC601"]


def test_paths_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, {"a": b"", "a/b": b""}) == ["MC601"]
    assert refused(tmp_path, {"a": b""}, {"a": b""}) == ["MC601"]


INPUT = ".mcgen/facts.yaml"


def test_inputs_are_recorded_and_never_pruned(tmp_path: Path) -> None:
    put(tmp_path, INPUT, b"facts: 1\n")
    assert build(tmp_path, TREE, {INPUT: b"facts: 1\n"}).unchanged == (INPUT,)
    manifest, problems = store.load_manifest(tmp_path)
    assert not problems
    assert manifest.inputs == digests({INPUT: b"facts: 1\n"})
    assert INPUT not in manifest.files
    plan = build(tmp_path, TREE)
    assert codes(plan) == ["MC611"]
    assert (tmp_path / INPUT).read_bytes() == b"facts: 1\n"
    assert store.load_manifest(tmp_path)[0].inputs == {}
    assert codes(build(tmp_path, TREE)) == []


def test_inputs_from_elsewhere_replace_only_what_was_recorded(tmp_path: Path) -> None:
    build(tmp_path, TREE, {INPUT: b"facts: 1\n"})
    build(tmp_path, TREE, {INPUT: b"facts: 2\n"})
    assert (tmp_path / INPUT).read_bytes() == b"facts: 2\n"
    put(tmp_path, INPUT, b"facts: found by a job\n")
    assert refused(tmp_path, TREE, {INPUT: b"facts: 3\n"}) == ["MC610"]
    build(tmp_path, TREE, {INPUT: b"facts: 3\n"}, force=True)
    assert (tmp_path / INPUT).read_bytes() == b"facts: 3\n"


def test_an_input_is_not_overwritten_by_a_generated_file(tmp_path: Path) -> None:
    build(tmp_path, TREE, {"sealed.yaml": b"1"})
    assert refused(tmp_path, TREE | {"sealed.yaml": b"2"}) == ["MC608"]


def test_an_owned_file_becomes_an_input(tmp_path: Path) -> None:
    build(tmp_path, TREE)
    inputs = {"empty": b"sealed"}
    build(tmp_path, {path: content for path, content in TREE.items() if path != "empty"}, inputs)
    assert (tmp_path / "empty").read_bytes() == b"sealed"
