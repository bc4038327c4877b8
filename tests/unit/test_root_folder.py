"""Where the root of a mesh may be kept, and what is refused."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from mcgen.bootstrap import authority, root_folder
from mcgen.cli import run
from mcgen.problems import ToolError, UsageError
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _short_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing here depends on the length, and long ones take their time.
    monkeypatch.setattr(authority, "_BITS", 2048)


@pytest.fixture(scope="module")
def root() -> authority.Root:
    return authority.new_root("shop", authority.now())


@pytest.fixture
def folder(tmp_path: Path, root: authority.Root) -> Path:
    """Return a folder that holds a root."""
    (tmp_path / root_folder.CERTIFICATE).write_bytes(root.pem)
    key = tmp_path / root_folder.KEY
    key.write_bytes(authority.key_pem(root.key))
    key.chmod(0o600)
    return tmp_path


def test_a_root_is_found_again(folder: Path, root: authority.Root) -> None:
    found = root_folder.read(folder)
    assert found
    assert found.fingerprint == root.fingerprint


def test_a_root_is_made_once(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    assert root_folder.read(place) is None
    made = root_folder.make(place, "shop")
    again = root_folder.read(place)
    assert again
    assert again.fingerprint == made.fingerprint
    with pytest.raises(ToolError, match="File exists"):
        root_folder.make(place, "shop")


@pytest.mark.parametrize("options", [["init"], ["init", "--bare"]])
@pytest.mark.parametrize("below", ["", "a/b"])
def test_nothing_inside_a_git_repository(tmp_path: Path, options: list[str], below: str) -> None:
    subprocess.run(["git", *options, "--quiet", str(tmp_path)], check=True)
    place = tmp_path / below
    for call in (root_folder.read, lambda folder: root_folder.make(folder, "shop")):
        with pytest.raises(UsageError, match="inside the Git repository"):
            call(place)
    assert not list(tmp_path.rglob(root_folder.KEY))


@pytest.mark.parametrize("there", ["HEAD", "objects/x"])
def test_a_folder_that_only_looks_like_a_repository(tmp_path: Path, there: str) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).touch()
    assert root_folder.read(tmp_path / "root") is None


def test_a_way_into_a_repository_through_a_link(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", str(repository)], check=True)
    (tmp_path / "link").symlink_to(repository)
    with pytest.raises(UsageError):
        root_folder.make(tmp_path / "link" / "root", "shop")


def test_a_ca_signs_certificates_and_the_one_below_the_root_no_other_ca(root: authority.Root) -> None:
    below = authority.issue(root, "shop", "gke", authority.now())
    for certificate, length in ((root.certificate, 1), (below.certificate, 0)):
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        value = usage.value
        assert (value.digital_signature, value.key_cert_sign, value.crl_sign) == (True, True, True)
        others = (value.content_commitment, value.key_encipherment, value.data_encipherment, value.key_agreement)
        assert others == (False,) * 4
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.critical
        assert (constraints.value.ca, constraints.value.path_length) == (True, length)
    below.certificate.verify_directly_issued_by(root.certificate)


def test_a_key_without_a_certificate_is_nobodys_to_overwrite(folder: Path) -> None:
    (folder / root_folder.CERTIFICATE).unlink()
    key = (folder / root_folder.KEY).read_bytes()
    with pytest.raises(ToolError, match="File exists"):
        root_folder.make(folder, "shop")
    assert (folder / root_folder.KEY).read_bytes() == key


def test_a_key_that_is_a_link(folder: Path) -> None:
    key = folder / root_folder.KEY
    key.rename(folder / "elsewhere")
    key.symlink_to("elsewhere")
    with pytest.raises(ToolError, match=r"cannot be read: Too many levels of symbolic links$"):
        root_folder.read(folder)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_that_others_can_reach(folder: Path, mode: int) -> None:
    (folder / root_folder.KEY).chmod(mode)
    with pytest.raises(ToolError, match=f"has the mode {mode:04o}"):
        root_folder.read(folder)


def _without_key(folder: Path) -> None:
    (folder / root_folder.KEY).unlink()


def _without_certificate(folder: Path) -> None:
    (folder / root_folder.CERTIFICATE).unlink()


def _key_behind_a_link(folder: Path) -> None:
    (folder / root_folder.KEY).rename(folder / "other")
    (folder / root_folder.KEY).symlink_to("other")


def _no_certificate(folder: Path) -> None:
    (folder / root_folder.CERTIFICATE).write_text("text", encoding="utf-8")


def _another_key(folder: Path) -> None:
    other = authority.new_root("shop", authority.now())
    (folder / root_folder.KEY).write_bytes(authority.key_pem(other.key))


def _an_intermediate(folder: Path) -> None:
    found = root_folder.read(folder)
    assert found
    issued = authority.issue(found, "shop", "gke", authority.now())
    below = authority.Root(certificate=issued.certificate, key=issued.key)
    (folder / root_folder.CERTIFICATE).write_bytes(below.pem)
    (folder / root_folder.KEY).write_bytes(authority.key_pem(below.key))


@pytest.mark.parametrize(
    "damage",
    [_without_key, _without_certificate, _key_behind_a_link, _no_certificate, _another_key, _an_intermediate],
)
def test_what_is_no_root_as_a_whole(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    with pytest.raises(ToolError) as refused:
        root_folder.read(folder)
    assert "PRIVATE" not in str(refused.value)


def test_a_certificate_that_is_no_file(folder: Path) -> None:
    (folder / root_folder.CERTIFICATE).unlink()
    (folder / root_folder.CERTIFICATE).mkdir()
    with pytest.raises(ToolError, match=rf"'{folder / root_folder.CERTIFICATE}' cannot be read: Is a directory"):
        root_folder.read(folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text", encoding="utf-8")
    with pytest.raises(ToolError, match="Not a directory"):
        root_folder.make(tmp_path / "file" / "root", "shop")


def test_no_half_of_a_root_stays_where_the_other_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / root_folder.CERTIFICATE).mkdir()
    with pytest.raises(ToolError, match="File exists"):
        root_folder.make(tmp_path, "shop")
    assert not (tmp_path / root_folder.KEY).exists()


def test_an_intermediate_never_outlives_its_root(root: authority.Root) -> None:
    end = root.certificate.not_valid_after_utc
    issued = authority.issue(root, "shop", "gke", end - timedelta(days=10))
    assert issued.certificate.not_valid_after_utc == end
    with pytest.raises(ToolError, match="expired"):
        authority.issue(root, "shop", "gke", end + timedelta(seconds=1))


def test_a_mesh_whose_istiod_makes_its_own_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = tmp_path / "tree"
    blueprint = str(CHECKOUT / "blueprints/gke-aks.yaml")
    assert run(["build", blueprint, "-o", str(tree), "--validator", "embedded"]) == 0
    assert run(["bootstrap", blueprint, "-o", str(tree), "--ca", str(tmp_path / "root")]) == 2
    assert "trust: {mode: cacerts}" in capsys.readouterr().err
    assert not (tmp_path / "root").exists()


def test_a_step_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bootstrap", "x.yaml", "--ca", str(tmp_path), "--status"]) == 2
    assert "--ca and --status are steps of their own" in capsys.readouterr().err
