"""The wheel holds all that the program needs: installed far from the checkout, it builds the sample."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.samples import BY_TREE, CHECKOUT
from tests.snapshots import snapshot

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    argv = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(CHECKOUT)]
    subprocess.run(argv, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_brings_its_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"mcgen/py.typed", "mcgen/rules.md", "mcgen/schemas/blueprint.json", "mcgen/lua/application.lua"} <= names
    assert {"mcgen/templates/README.md.j2", "mcgen/packaged/sealed-secrets-crd.yaml"} <= names
    kept = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "schemas").rglob("*.json")}
    assert {f"mcgen/{name}" for name in kept} <= names
    assert not [name for name in names if not name.startswith(("mcgen/", "mcgen-"))]


BUILT_FROM = ("generator", "schemas", "docs", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", ".gitignore")


def built(folder: Path, *, umask: int) -> dict[str, str]:
    """Copy what a build reads into a folder, with times and rights of its own, and return the digests of both files."""
    (folder / "source").mkdir(parents=True)
    for name in BUILT_FROM:
        argv = ["cp", "-r", "--no-preserve=mode,timestamps", str(CHECKOUT / name), str(folder / "source")]
        subprocess.run(argv, check=True, umask=umask)
    argv = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder / "dist")]
    subprocess.run(argv, cwd=folder / "source", check=True, capture_output=True, umask=umask)
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (folder / "dist").iterdir()}


def test_wheel_and_sdist_are_the_same_bits_wherever_they_are_built(tmp_path: Path) -> None:
    one = built(tmp_path / "one", umask=0o022)
    assert sorted(name.rpartition(".")[2] for name in one) == ["gz", "whl"]
    assert built(tmp_path / "another/place", umask=0o077) == one


def test_an_installed_mcgen_builds_the_sample(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, capture_output=True)
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(
        [environment / "bin/pip", "install", "--quiet", str(wheel)], check=True, capture_output=True, env=quiet
    )
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    mcgen = str(environment / "bin/mcgen")
    argv = [mcgen, "build", "blueprints/gke-aks.yaml", "--validator", "embedded"]
    subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True)
    assert snapshot(tmp_path / "output/gke-aks") == snapshot(BY_TREE["gke-aks"].folder)
    shown = subprocess.run([mcgen, "explain", "MC204"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert shown.stdout.startswith("MC204: ")
