"""Another root, step by step, with the real kubeseal; what workloads of two primaries trust is judged by openssl."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mcgen.cli import run as mcgen
from tests.e2e.test_authority import PRIMARIES, mesh, opened, sealed, sealing, sign, workload
from tests.lifecycle.steps import git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e
# Fixtures of the other module.
__all__ = ["mesh", "sealing"]

LINE = "  mode: cacerts\n"


def step(folder: Path, rotation: str) -> None:
    text = (folder / "mesh.yaml").read_text(encoding="utf-8")
    kept = "".join(line for line in text.splitlines(keepends=True) if "rotation:" not in line)
    new = f"{LINE}  rotation: {rotation}\n" if rotation else LINE
    (folder / "mesh.yaml").write_text(kept.replace(LINE, new), encoding="utf-8")


def against() -> int:
    return mcgen(["validate", "tree", "--against", "HEAD", "--validator", "embedded"])


def kept(mesh: Path, name: str) -> dict[str, Path]:
    """Return what istiod of each primary has in a step, with a workload's certificate that it has signed."""
    found = {}
    for primary in PRIMARIES:
        found[primary] = mesh / "steps" / name / primary
        shutil.copytree(opened(mesh, primary), found[primary])
        workload(found[primary])
    return found


def verified(holder: Path, checker: Path) -> bool:
    """Return whether a workload under one istiod's CA is trusted by one that has its roots from another."""
    chain = str(holder / "cert-chain.pem")
    argv = ["openssl", "verify", "-x509_strict", "-CAfile", str(checker / "root-cert.pem"), "-untrusted", chain]
    done = subprocess.run([*argv, str(holder / "w.pem")], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr
    return done.returncode == 0


@pytest.fixture
def steps(mesh: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, dict[str, Path]]:
    """Return what there was in each step; every commit was judged against the one before."""
    git("init", "-q", "tree")
    (mesh / ".gitignore").write_text("*\n!tree\n", encoding="utf-8")
    found = {}
    for name, rotation, folders in (
        ("old", "", ["offline"]),
        ("both", "both", ["offline", "--new-ca", "next"]),
        ("switched", "switched", ["offline", "--new-ca", "next"]),
        ("new", "", ["next"]),
    ):
        step(mesh, rotation)
        capfd.readouterr()
        if name != "old":
            assert mcgen(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 1
            assert "MC248" in capfd.readouterr().err
        assert sign(*folders[1:], folder=folders[0]) == 0
        assert "2 sealed" in capfd.readouterr().out
        operator = (mesh / "tree/clusters/gke/control-plane/istio-operator.yaml").read_text(encoding="utf-8")
        assert ("mcgen/trust-rotation" in operator) == bool(rotation)
        found[name] = kept(mesh, name)
        git("-C", "tree", "add", "-A")
        if name != "old":
            assert against() == 0
        git("-C", "tree", "commit", "-qm", name)
    return found


def test_workloads_trust_each_other_in_every_mixture_of_two_steps(steps: dict[str, dict[str, Path]]) -> None:
    names = list(steps)
    for one, other in itertools.product(names, names):
        near = abs(names.index(one) - names.index(other)) <= 1
        for holder, checker in itertools.product(PRIMARIES, PRIMARIES):
            # In both directions: who has the step first is anybody's guess.
            both = [verified(steps[one][holder], steps[other][checker])]
            both += [verified(steps[other][checker], steps[one][holder])]
            # The control: with a step left out, one of the two is not trusted.
            assert all(both) == near, f"{holder} at {one}, {checker} at {other}: {both}"


def test_a_step_that_is_left_out_is_refused(mesh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert sign() == 0
    before = sealed(mesh, "gke").read_bytes()
    step(mesh, "switched")
    assert sign("--new-ca", "next") == 3
    assert "both` comes first" in capfd.readouterr().err
    step(mesh, "both")
    assert sign() == 2
    assert "--new-ca" in capfd.readouterr().err
    assert sign("--new-ca", "offline") == 3
    assert "the same root" in capfd.readouterr().err
    assert sealed(mesh, "gke").read_bytes() == before
    assert sign("--new-ca", "next") == 0
    step(mesh, "")
    assert sign(folder="next") == 3
    assert "would not be trusted any more" in capfd.readouterr().err
    # The way back.
    assert sign() == 0
    assert mcgen(["validate", "tree", "--validator", "embedded"]) == 0


def test_a_commit_that_leaves_a_step_out_is_refused(mesh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert sign() == 0
    git("init", "-q", "tree")
    git("-C", "tree", "add", "-A")
    git("-C", "tree", "commit", "-qm", "old")
    step(mesh, "both")
    assert sign("--new-ca", "next") == 0
    step(mesh, "switched")
    assert sign("--new-ca", "next") == 0
    capfd.readouterr()
    assert against() == 1
    said = capfd.readouterr()
    assert "MC667" in said.out + said.err


def test_no_key_but_the_roots_reaches_a_disk(mesh: Path) -> None:
    assert sign() == 0
    step(mesh, "both")
    assert sign("--new-ca", "next") == 0
    found = [path for path in mesh.rglob("*") if path.is_file() and not path.is_symlink()]
    keys = {path.relative_to(mesh).as_posix() for path in found if b"PRIVATE KEY" in path.read_bytes()}
    assert keys == {"offline/root-key.pem", "next/root-key.pem"}
