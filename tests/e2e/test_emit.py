"""The real kustomize reads what is emitted, and gives it back equal: as a Go program, and as Argo CD sees it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mcgen.emit import emit
from tests.goyaml import documents
from tests.nasty import NASTY, NASTY_KEYS, UNWRITABLE
from tests.programs import program, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

BY_NUMBER = {f"n{n:04}": text for n, text in enumerate(NASTY)}
KEYS = {text: text for text in NASTY_KEYS}
VALUES: list[Any] = [None, True, False, 0, -7, 2**53, 1.5, -0.25, [], {}, [[]], [{}]]

THINGS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": BY_NUMBER}, "data": BY_NUMBER},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": KEYS},
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "c"},
        "spec": {"template": {"spec": {"containers": [{"name": "x", "args": NASTY}]}}},
    },
    {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "d"},
        "spec": {"nested": [[{"keys": KEYS}], [[text] for text in NASTY]], "values": VALUES},
    },
]
COMMON = {f"common{number}": text for number, text in BY_NUMBER.items()}


def build(folder: Path, things: list[dict[str, Any]], **kustomization: Any) -> dict[str, dict[str, Any]]:
    (folder / "things.yaml").write_text(emit(things, "header"), encoding="utf-8")
    (folder / "kustomization.yaml").write_text(
        emit([{"resources": ["things.yaml"], **kustomization}]), encoding="utf-8"
    )
    built = documents(run([program("kustomize"), "build", str(folder)]))
    return {thing["metadata"]["name"]: thing for thing in built}


def test_nasty_text_comes_through_kustomize(tmp_path: Path) -> None:
    assert build(tmp_path, THINGS) == {thing["metadata"]["name"]: thing for thing in THINGS}


def test_nasty_text_is_text_for_a_typed_go_program(tmp_path: Path) -> None:
    # kustomize decodes its own file into Go types, where a string that reads as a number is an error.
    built = build(
        tmp_path, [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}], commonAnnotations=COMMON
    )
    assert built["a"]["metadata"]["annotations"] == COMMON


REFUSED = [text for text in UNWRITABLE if "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_does_not_come_through_kustomize(tmp_path: Path, text: str) -> None:
    quoted = "".join(f"\\u{ord(character):04x}" for character in text)
    (tmp_path / "things.yaml").write_text(
        f'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    x: "{quoted}"\n'
    )
    (tmp_path / "kustomization.yaml").write_text("resources: [things.yaml]\n")
    done = subprocess.run([program("kustomize"), "build", str(tmp_path)], capture_output=True, check=False)
    if done.returncode == 0:
        (built,) = documents(done.stdout)
        assert built["metadata"]["annotations"] != {"x": text}
