"""What holds for every example: functions that return what became of it, and raise AssertionError where it does not."""

from __future__ import annotations

import contextlib
import copy
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from mcgen import build, edit, edit_fields, facts, layout, load, report, validators
from mcgen.cli import run
from mcgen.importing import gather
from mcgen.importing import run as importing_run
from mcgen.importing.hand.context import Told
from mcgen.mesh import resolve
from mcgen.problems import Problem, ProblemsFound, has_errors
from tests import judged
from tests.fuzz import hostile, manifests, nearly, trees, valid
from tests.fuzz.written import written
from tests.samples import BY_TREE, CHECKOUT
from tests.snapshots import FAST, put, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcgen.source import Source

NEW: dict[str, Any] = {"name": "zz", "platform": "aks", "role": "remote", "egress": ["::1/128"], "gateway": {}}
_OF_THE_WHOLE = {"MC001", "MC003", "MC004"}
Mesh = tuple[dict[str, Any], dict[str, bytes], int]


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property. examples: of what it speaks. holds: judges one of them. share: of the examples of a long run."""

    name: str
    examples: st.SearchStrategy[Any]
    holds: Callable[[Any], str]
    share: float


def _step(problems: list[Problem]) -> str:
    """Return which step refused a file, by the codes that it gave."""
    first = min(problem.code for problem in problems if has_errors([problem]))
    return {"MC0": "not read", "MC1": "not of the shape"}.get(first[:3], "against a rule")


def told_well(problems: list[Problem], found: Source) -> None:
    """Raise AssertionError unless each problem is at a place in the file and has a remedy."""
    # What is wrong with the bytes as a whole has no place in them.
    placed = [problem for problem in problems if problem.pos.line or problem.code not in _OF_THE_WHOLE]
    faults = [fault for problem in placed for fault in judged.complaints(problem, found)]
    assert not faults, faults
    assert all(problem.advice for problem in problems), problems


def _judge(found: Source) -> str:
    """Judge everything that is said about a file, in every form that it is said in; build it when all is well."""
    problems = judged.problems(found)
    told_well(problems, found)
    for form in (report.text, report.json, report.sarif):
        assert form(problems, report.Context(lines={found.file: found.lines})) or not problems
    if has_errors(problems):
        return _step(problems)
    # What was handed through may not fit (MC4xx) or change the order (MC5xx).
    made = judged.build(found)
    assert {problem.code[:3] for problem in made} <= {"MC4", "MC5"}, made
    return "refused by its tree" if has_errors(made) else "built"


def any_file(content: bytes) -> str:
    """No bytes make a traceback, and every problem is at a place in the file, with a remedy."""
    return _judge(judged.read(content))


def nearly_valid(example: tuple[Mesh, list[Any]]) -> str:
    """The same for a blueprint in which a few things went wrong, and for its edits."""
    (drawn, _, number), changes = example
    # What is drawn shares its parts with other examples.
    data = copy.deepcopy(drawn)
    for what, where, value in changes:
        nearly.change(data, what, where, value)
    text = nearly.text(data, number)
    with contextlib.suppress(edit.EditError):
        edit.add(text, NEW)
    return _judge(judged.read(text))


def mesh_of(text: str, inputs: Mapping[str, bytes]) -> load.Loaded:
    """Return a mesh with its inputs, without the disk; raise AssertionError when a rule finds an error in it."""
    found = judged.read(text)
    known = judged.read(inputs.get(layout.FACTS, b""))
    sealed = {
        (path.split("/")[1], path.split("/")[3]): yaml.safe_load(raw)
        for path, raw in inputs.items()
        if path.endswith(layout.SEALED_SECRET)
    }
    given = facts.Inputs(
        facts=facts.convert(known.data) if known.data else facts.Facts(), sealed=sealed, files=dict(inputs)
    )
    problems = judged.problems(found, given)
    assert not has_errors(problems), problems
    told_well(problems, found)
    return load.Loaded(source=found, inputs=given, mesh=resolve(judged.typed(found), given), warnings=())


def valid_out(example: Mesh) -> str:
    """Valid in, valid out: schemas and order; and the same bytes, whatever the layout of the file."""
    data, inputs, number = example
    trees = []
    for text in (written(data, number), written(data, 0)):
        loaded = mesh_of(text, inputs)
        assert loaded.source.data == data
        made = build.build(loaded, validators.choose("embedded"))
        assert made.problems == []
        trees.append(made.files)
    assert trees[0] == trees[1]
    return "built twice"


def _mcgen(*arguments: str, code: int = 0) -> str:
    """Run a command in this process and return what it says; raise AssertionError unless it ends with the code."""
    ended, said = _said(*arguments)
    assert ended == code, f"mcgen {' '.join(arguments)}: exit code {ended}\n{said}"
    return said


def _said(*arguments: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        ended = run([*arguments])
    assert "Traceback" not in said.getvalue()
    return ended, said.getvalue()


def nothing_changes(example: Mesh) -> str:
    """By the commands: a build after a build changes nothing, the tree is valid, and no difference is found."""
    data, inputs, number = example
    with TemporaryDirectory(dir=FAST) as scratch:
        blueprint, out = f"{scratch}/mesh.yaml", Path(scratch, "tree")
        Path(blueprint).write_bytes(written(data, number).encode())
        for path, raw in inputs.items():
            put(out, path, raw)
        to = ("-o", str(out), "--validator", "embedded")
        _mcgen("build", blueprint, *to)
        before = snapshot(out)
        assert "0 created, 0 changed, 0 deleted" in _mcgen("build", blueprint, *to)
        assert snapshot(out) == before
        _mcgen("build", "--check", blueprint, *to)
        _mcgen("validate", str(out), "--validator", "embedded")
        _mcgen("diff", blueprint, *to)
        _mcgen("diff", str(out), str(out), "--verify")
    return "built, checked and compared"


def edits_leave_no_trace(example: tuple[Mesh, int, str]) -> str:
    """A cluster that comes and goes leaves the file as it was; states and removals change nothing else."""
    (data, _, number), chosen, state = example
    text = written(data, number)
    clusters = data["clusters"]
    added = edit.add(text, NEW)
    assert judged.read(added).data == data | {"clusters": [*clusters, NEW]}
    assert edit.remove(added, len(clusters)) == text
    if "upgrade" not in data["istio"]:
        begun = edit_fields.put(text, ("istio", "upgrade"), {"to": "1.31.1", "step": "prepared"})
        assert edit_fields.drop(begun, ("istio", "upgrade")) == text
    index = chosen % len(clusters)
    changed = edit.set_state(text, index, state)
    assert judged.read(changed).data["clusters"][index] == clusters[index] | {"state": state}
    if len(clusters) == 1:
        return "one cluster"
    left = edit.remove(text, index)
    assert judged.read(left).data == data | {"clusters": clusters[:index] + clusters[index + 1 :]}
    assert _is_cut(text, left)
    assert _is_cut(edit.remove(added, index), left)
    return "several clusters"


def _is_cut(text: str, left: str) -> bool:
    """Return whether a text is another one with one piece taken out."""
    start = next((i for i, (a, b) in enumerate(zip(text, left, strict=False)) if a != b), len(left))
    return left[start:] == text[len(text) - (len(left) - start) :]


def comes_back(example: Mesh) -> str:
    """What was built, imported, builds to the same tree, and nothing is left over."""
    data, inputs, _ = example
    with TemporaryDirectory(dir=FAST) as scratch:
        blueprint, again, out = (f"{scratch}/{name}" for name in ("mesh.yaml", "again.yaml", "tree"))
        Path(blueprint).write_bytes(written(data, 0).encode())
        for path, raw in inputs.items():
            put(Path(out), path, raw)
        _mcgen("build", blueprint, "-o", out, "--validator", "embedded")
        _mcgen("import", out, "-o", again)
        assert "problem" not in _mcgen("build", again, "-o", out, "--validator", "embedded", "--check")
    return "the same tree"


def any_manifests(contents: list[bytes]) -> str:
    """No bytes make a traceback of an import: there is a blueprint, or a reason why not, and every finding a remedy."""
    files = {f"manifests/cluster{i}/{i}.yaml": content for i, content in enumerate(contents)}
    gathered = gather.Gathered(folder="manifests", files=files, own=False)
    try:
        made = importing_run.run(gathered, Told(), "blueprint")
    except ProblemsFound as found:
        problems, what = found.problems, "refused"
    else:
        problems, what = made.problems, "a blueprint"
        assert judged.read(made.text).data["clusters"]
    for problem in problems:
        assert problem.pos.file in {*files, "blueprint"}
        assert problem.advice
    assert report.text(problems, report.Context()) or not problems
    return what


def _code(*arguments: str) -> int:
    code, said = _said(*arguments)
    assert code in (0, 1), f"mcgen {' '.join(arguments)}: exit code {code}\n{said}"
    return code


def any_tree(example: tuple[str, list[Any]]) -> str:
    """No change of files in a tree, the manifest that knows of it included, makes a traceback of a command."""
    sample, changes = example
    built = BY_TREE[sample]
    with TemporaryDirectory(dir=FAST) as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(built.folder, tree)
        generated = trees.spoil(tree, sample, changes)
        codes = [
            _code("validate", str(tree), "--validator", "embedded"),
            _code("diff", str(built.folder), str(tree)),
            _code("build", str(CHECKOUT / built.blueprint), "-o", str(tree), "--validator", "embedded", "--check"),
        ]
    assert codes[1] or not any(codes), codes
    # Another input may make the same tree.
    assert codes[2] or not generated, codes
    return {(0, 1): "valid all the same", (1, 1): "refused", (0, 0): "nothing changed"}[codes[0], codes[1]]


_TRIED = st.tuples(valid.meshes(), st.lists(nearly.CHANGES, min_size=1, max_size=3))
_EDITED = st.tuples(valid.meshes(), st.integers(0, 3), st.sampled_from(["leaving", "gone"]))
PROPERTIES = (
    Property(name="any file", examples=hostile.FILES, holds=any_file, share=0.64),
    Property(name="any tree", examples=trees.TREES, holds=any_tree, share=0.01),
    Property(name="nearly valid", examples=_TRIED, holds=nearly_valid, share=0.15),
    Property(name="valid in, valid out", examples=valid.meshes(), holds=valid_out, share=0.05),
    Property(name="what was built comes back", examples=valid.meshes(), holds=comes_back, share=0.01),
    Property(name="any manifests", examples=manifests.FOLDERS, holds=any_manifests, share=0.04),
    Property(name="nothing changes", examples=valid.meshes(), holds=nothing_changes, share=0.01),
    Property(name="edits leave no trace", examples=_EDITED, holds=edits_leave_no_trace, share=0.09),
)
