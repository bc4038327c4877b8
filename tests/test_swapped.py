"""Sealed secrets that somebody swapped between clusters or names: found in the tree, and in a commit."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen import layout, load, rules
from mcgen.cli import run
from tests.bench import fleet
from tests.samples import BY_TREE, CHECKOUT
from tests.tampered import tamper

if TYPE_CHECKING:
    from collections.abc import Callable

ONE, OTHER = (layout.sealed_secret(fleet.PRIMARY, each["name"]) for each in fleet.blueprint(3)["clusters"][1:])

NOBODY = ("-c", "user.name=x", "-c", "user.email=x@example.com")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a committed tree of one primary and two remotes, whose secrets are sealed."""
    monkeypatch.chdir(tmp_path)
    fleet.write(3, tmp_path)
    assert run(["build", "fleet.yaml", "--inputs", "inputs", "-o", "tree", "--validator", "embedded"]) == 0
    commit()
    return Path("tree")


@pytest.fixture
def primaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a committed tree of two primaries, in which everything is sealed."""
    shutil.copytree(BY_TREE["multi-primary-sealed"].folder, tmp_path / "tree")
    monkeypatch.chdir(tmp_path)
    commit()
    return Path("tree")


def commit() -> None:
    for arguments in (["init", "-q"], ["add", "-A"], [*NOBODY, "commit", "-qm", "sealed"]):
        subprocess.run(["git", *arguments], check=True, capture_output=True)


def read(tree: Path, path: str) -> Any:
    return yaml.safe_load((tree / path).read_bytes())


def whole_files(tree: Path) -> None:
    one, other = (tree / ONE).read_bytes(), (tree / OTHER).read_bytes()
    tamper(tree, ONE, other)
    tamper(tree, OTHER, one)


def swap_texts(tree: Path, one: str, other: str) -> None:
    """Exchange what two files hold sealed, under whichever keys, and leave alone what they say of themselves."""
    mine, theirs = read(tree, one), read(tree, other)
    texts = mine["spec"]["encryptedData"].values(), theirs["spec"]["encryptedData"].values()
    mine["spec"]["encryptedData"] = dict(zip(mine["spec"]["encryptedData"], texts[1], strict=True))
    theirs["spec"]["encryptedData"] = dict(zip(theirs["spec"]["encryptedData"], texts[0], strict=True))
    tamper(tree, one, yaml.safe_dump(mine).encode())
    tamper(tree, other, yaml.safe_dump(theirs).encode())


def sealed_texts(tree: Path) -> None:
    swap_texts(tree, ONE, OTHER)


def one_text_twice(tree: Path) -> None:
    one, other = read(tree, ONE), read(tree, OTHER)
    (text,) = one["spec"]["encryptedData"].values()
    other["spec"]["encryptedData"] = dict.fromkeys(other["spec"]["encryptedData"], text)
    tamper(tree, OTHER, yaml.safe_dump(other).encode())


@pytest.mark.parametrize(
    ("swap", "alone", "since"),
    [(whole_files, 2, 2), (sealed_texts, 0, 2), (one_text_twice, 1, 1)],
    ids=["files", "texts", "copy"],
)
def test_validate_finds_what_was_swapped(
    tree: Path, swap: Callable[[Path], None], alone: int, since: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nothing in a tree tells, a text that is sealed for another name, the commit before it tells."""
    arguments = ["validate", "tree", "--validator", "embedded"]
    assert run([*arguments, "--against", "HEAD"]) == 0
    swap(tree)
    capsys.readouterr()
    assert run(arguments) == int(alone > 0)
    said = [line for line in capsys.readouterr().err.splitlines() if "MC235" in line]
    assert len({line.partition(": ")[0] for line in said}) == alone
    assert run([*arguments, "--against", "HEAD"]) == 1
    error = capsys.readouterr().err
    assert "MC650" not in error
    assert error.count("at HEAD, its sealed text is that of") == since


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (layout.sealed_authority("aks"), layout.sealed_authority("gke")),
        (layout.sealed_secret("aks", "eks"), layout.sealed_secret("gke", "eks")),
    ],
    ids=["CAs of two primaries", "one remote at two primaries"],
)
def test_files_of_one_name_are_no_more_each_others_than_others(
    one: str, other: str, primaries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy is seen in a build and in the tree; a swap only beside what was there before."""
    tree = primaries
    arguments = ["validate", "tree", "--validator", "embedded"]
    assert run([*arguments, "--against", "HEAD"]) == 0
    swap_texts(tree, one, other)
    assert run(arguments) == 0
    capsys.readouterr()
    assert run([*arguments, "--against", "HEAD"]) == 1
    assert capsys.readouterr().err.count("was sealed for that file alone") == 2
    tamper(tree, one, (tree / other).read_bytes())
    assert run(arguments) == 1
    assert "MC235" in capsys.readouterr().err
    given = load.read(str(CHECKOUT / BY_TREE["multi-primary-sealed"].blueprint))
    (found,) = [
        each for each in rules.check(given.blueprint, load.read_inputs(tree), given.source) if each.code == "MC235"
    ]
    assert "was sealed for that file alone" in found.message


def test_a_secret_that_is_sealed_again_is_no_swap(tree: Path) -> None:
    again = fleet.sealed_secret("elsewhere")["spec"]["encryptedData"]
    document = read(tree, ONE)
    document["spec"]["encryptedData"] = dict(zip(document["spec"]["encryptedData"], again.values(), strict=True))
    tamper(tree, ONE, yaml.safe_dump(document).encode())
    assert run(["validate", "tree", "--validator", "embedded", "--against", "HEAD"]) == 0


def test_a_build_finds_a_copy_among_its_inputs(tree: Path) -> None:
    one_text_twice(tree)
    given = load.read("fleet.yaml")
    (found,) = [
        each for each in rules.check(given.blueprint, load.read_inputs(tree), given.source) if each.code == "MC235"
    ]
    assert "opens under no other name" in found.message


def test_an_external_secret_for_another_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(BY_TREE["external-secrets"].folder, tree)
    path = "clusters/gke/remote-secrets/aks/external-secret.yaml"
    content = (
        (tree / path).read_bytes().replace(b"networking.istio.io/cluster: aks", b"networking.istio.io/cluster: eks")
    )
    tamper(tree, path, content)
    assert run(["validate", str(tree), "--validator", "embedded"]) == 1
    said = capsys.readouterr().err
    assert 'networking.istio.io/cluster is "eks", and must be "aks"' in said
    assert "MC235" in said


def test_keys_of_one_file_are_not_each_others(primaries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = layout.sealed_authority("aks")
    found = read(primaries, path)
    texts = found["spec"]["encryptedData"]
    texts["ca-key.pem"], texts["ca-cert.pem"] = texts["ca-cert.pem"], texts["ca-key.pem"]
    tamper(primaries, path, yaml.safe_dump(found).encode())
    arguments = ["validate", "tree", "--validator", "embedded"]
    assert run(arguments) == 0
    assert run([*arguments, "--against", "HEAD"]) == 1
    assert 'under "ca-cert.pem" stands what was sealed as "ca-key.pem"' in capsys.readouterr().err
    texts["ca-key.pem"] = texts["ca-cert.pem"]
    tamper(primaries, path, yaml.safe_dump(found).encode())
    assert run(arguments) == 1
    assert "stands what was sealed as" in capsys.readouterr().err


def test_a_second_document_in_a_sealed_file(primaries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (layout.sealed_authority(name) for name in ("aks", "gke"))
    tamper(primaries, one, (primaries / one).read_bytes() + b"---\n" + (primaries / other).read_bytes())
    assert run(["validate", "tree", "--validator", "embedded"]) == 1
    assert "it holds 2 documents instead of one" in capsys.readouterr().err


def test_bits_that_nothing_reads_make_no_other_text(primaries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = layout.sealed_secret("aks", "eks")
    found = read(primaries, path)
    ((key, text),) = found["spec"]["encryptedData"].items()
    raw = base64.b64decode(text)
    padded = base64.b64encode(raw[: len(raw) - len(raw) % 3 + (-1 if len(raw) % 3 == 0 else 0) - 1]).decode()
    body, equals = padded.rstrip("="), len(padded) - len(padded.rstrip("="))
    assert equals
    found["spec"]["encryptedData"] = {key: body[:-1] + chr(ord(body[-1]) + 1) + "=" * equals}
    tamper(primaries, path, yaml.safe_dump(found).encode())
    assert run(["validate", "tree", "--validator", "embedded"]) == 1
    assert "is not sealed" in capsys.readouterr().err
