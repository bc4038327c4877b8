"""A sealed mesh in a folder of its own, and clusters in which all of it is as it should be."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.answers import Answers
from tests.bootstrap.sealed import BLUEPRINT, TREE, WAITING, Mesh
from tests.certificates import RSA, issue
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def certificate() -> str:
    """Return a certificate that a controller could have, good for a hundred days more."""
    return issue(RSA, days=200)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the samples and the tree of one, sealed; WAITING is the same before that."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(CHECKOUT / "blueprints", folder / "blueprints")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Mesh.build(BLUEPRINT)
        shutil.move(TREE, WAITING)
        Mesh.build(BLUEPRINT, "--inputs", "blueprints/gke-aks.inputs")
    return folder


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: str) -> Answers:
    """Return answers of clusters in which all is as it should be."""
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    answers.set("gke", "kubeseal", "certificate", certificate)
    Mesh.well(answers)
    return answers


@pytest.fixture
def mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Path, live: Answers) -> Mesh:
    """Return the mesh in a folder of its own, which is the current one."""
    folder = tmp_path / "mesh"
    shutil.copytree(built, folder)
    monkeypatch.chdir(folder)
    return Mesh(folder / TREE, live)
