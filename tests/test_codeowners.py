"""mcgen codeowners: the lines, and who they give a file to."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgen.cli import run
from tests.samples import CHECKOUT

SAMPLE = (CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def owned(path: str, east: str = "", west: str = "") -> int:
    text = SAMPLE.replace("role: primary", f"role: primary{east}").replace("role: remote", f"role: remote{west}")
    text = text.replace('mesh.git"', f'mesh.git", path: {path}')
    Path("b.yaml").write_text(text, encoding="utf-8")
    return run(["codeowners", "b.yaml"])


def test_clusters_and_sealed_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        owned("mesh/shop", ', owners: ["@org/east", "lead@example.com"]', ', owners: ["@org/west", "@org/east"]') == 0
    )
    assert capsys.readouterr().out.splitlines()[1:] == [
        "/mesh/shop/clusters/east/ @org/east lead@example.com",
        "/mesh/shop/clusters/west/ @org/west @org/east",
        "/mesh/shop/clusters/east/remote-secrets/west/ @org/east lead@example.com @org/west",
    ]
    # The folders are those of the tree.
    assert run(["build", "b.yaml", "-o", "tree"]) == 0
    for folder in ("clusters/east", "clusters/west", "clusters/east/remote-secrets/west"):
        assert Path("tree", folder).is_dir()


def test_only_those_that_say_whose_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert owned("mesh", ', owners: ["@east"]') == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["/mesh/clusters/east/ @east"]
    assert owned("mesh") == 2
    assert "clusters[].owners" in capsys.readouterr().err


@pytest.mark.parametrize("owner", ["east", "@", "@a b", "@org/", "*", '@a"#'])
def test_what_is_no_owner(owner: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert owned("mesh", f", owners: ['{owner}']") == 1
    assert "owners" in capsys.readouterr().err
