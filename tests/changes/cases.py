"""The corpus of changes: each case becomes two trees in memory."""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import __version__, blueprint, build, facts, layout, manifest, rules, source, validators
from mcgen.changes.trees import whole
from mcgen.emit import emit
from mcgen.load import Loaded
from mcgen.mesh import resolve
from mcgen.patching import apply
from mcgen.problems import has_errors
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from mcgen.changes.finding import Finding
    from mcgen.changes.trees import Trees

FOLDER = Path(__file__).parent
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
LINE = re.compile(r"(high|medium|low) (\w+) (\w+) ([^|]+?)(?: \| (.+))?")
Tree = dict[str, bytes]


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


@cache
def trees(name: str) -> tuple[Tree, Tree]:
    """Return the trees before and after, whole."""
    given = case(name)
    inputs = given.get("inputs", {})
    data = yaml.safe_load((CHECKOUT / "blueprints" / f"{given['blueprint']}.yaml").read_text(encoding="utf-8"))
    old = built(data, read_inputs(inputs.get("before", "")))
    files = read_inputs(inputs.get("after", ""))
    if given.get("facts"):
        files[layout.FACTS] = edited(files[layout.FACTS], given["facts"])
    for pair, operations in given.get("sealed", {}).items():
        path = layout.sealed_secret(*pair.split("/"))
        files[path] = edited(files[path], operations)
    new = built(apply(data, given.get("edit", [])), files)
    for change in given.get("tree", []):
        path = change["file"]
        new[path] = edited(new[path], change["edit"]) if "edit" in change else emit([change["create"]]).encode()
    return old, new


def compared(name: str) -> Trees:
    return whole(*trees(name))


def edited(raw: bytes, operations: list[Any]) -> bytes:
    document = yaml.safe_load(raw)
    # `apply` is for objects, and facts have no metadata.
    changed = apply({"metadata": {}, **document}, operations) or {}
    return emit([changed if "metadata" in document else {k: v for k, v in changed.items() if k != "metadata"}]).encode()


def read_inputs(name: str) -> Tree:
    folder = CHECKOUT / "blueprints" / f"{name}.inputs"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    } if name else {}  # fmt: skip


def built(data: Any, files: Tree) -> Tree:
    """Return the whole tree of a blueprint as data, with its inputs and its manifest."""
    found = source.parse(emit([copy.deepcopy(data)]).encode(), "blueprint.yaml")
    parsed = blueprint.convert(found.data)
    sealed, authorities = {}, {}
    for path, raw in files.items():
        if path.endswith(f"/trust/{layout.SEALED_SECRET}"):
            authorities[path.split("/")[1]] = yaml.safe_load(raw)
        elif path.endswith(layout.SEALED_SECRET):
            _, consumer, _, remote, _ = path.split("/")
            sealed[consumer, remote] = yaml.safe_load(raw)
    known = facts.convert(yaml.safe_load(files[layout.FACTS])) if layout.FACTS in files else facts.Facts()
    inputs = facts.Inputs(facts=known, sealed=sealed, authorities=authorities, files=files)
    problems = rules.check(parsed, inputs, found)
    assert not has_errors(problems), problems
    loaded = Loaded(source=found, inputs=inputs, mesh=resolve(parsed, inputs), warnings=())
    made = build.build(loaded, validators.choose("embedded"))
    assert not has_errors(made.problems), made.problems
    listed = manifest.Manifest(
        generator=__version__,
        blueprint=loaded.mesh.name,
        files=manifest.digests(made.files),
        inputs=manifest.digests(files),
    )
    return {**made.files, **files, layout.MANIFEST: listed.to_bytes()}


def short(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.risk, finding.kind, finding.turn, " ".join(finding.clusters) or "*")


def expected(name: str) -> list[tuple[tuple[str, str, str, str], str]]:
    found = []
    for line in (FOLDER / f"{name}.expected").read_text(encoding="utf-8").splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        clusters = " ".join(sorted(match[4].split()))
        found.append(((match[1], match[2], match[3], clusters), match[5] or ""))
    return found
