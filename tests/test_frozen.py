"""Files of every version of the format that was ever released: `tests/frozen/` is added to, and never changed.

That older ones are read and migrated is shown with a version before the first, in which some fields had other names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcgen import api_versions, build, edit_fields, facts, layout, load, shape, source, validators
from mcgen.api_versions import EACH, Rename, Version
from mcgen.cli import run
from mcgen.edit import EditError
from tests.samples import CHECKOUT, SAMPLES

if TYPE_CHECKING:
    from tests.samples import Sample

FROZEN = CHECKOUT / "tests/frozen"
FILES = sorted(path for path in FROZEN.glob("*/**/*.yaml") if path.name != layout.SEALED_SECRET)
NEWEST = api_versions.VERSIONS[-1].name
BEFORE = "mcgen/v0"
RENAMED = {
    "Mesh": (
        Rename(("gitops", "repository"), "repo"),
        Rename(("clusters", EACH, "eastWest"), "gateway"),
        Rename(("clusters", EACH, "gateway", "balancer"), "scheme"),
        Rename(("mesh", "none"), "other"),
    ),
    "Facts": (Rename(("found",), "addresses"),),
}


def files_of(file: Path, inputs: Path) -> dict[str, bytes]:
    """Return the tree of a blueprint, without the disk."""
    loaded = load.load(load.read(str(file)), inputs)
    made = build.build(loaded, validators.choose("embedded"))
    assert made.problems == []
    return made.files


def test_frozen_files_are_what_they_were() -> None:
    lines = (FROZEN / "SHA256SUMS").read_text("utf-8").splitlines()
    known = {path: digest for digest, path in (line.split("  ") for line in lines)}
    found = {
        str(path.relative_to(FROZEN)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FROZEN.glob("*/**/*")
        if path.is_file()
    }
    assert found == known


def test_every_version_has_frozen_files() -> None:
    assert {folder.name for folder in FROZEN.iterdir() if folder.is_dir()} == {
        version.name.partition("/")[2] for version in api_versions.VERSIONS
    }


def test_schemas_and_types_are_of_the_newest_version() -> None:
    for schema in (shape.blueprint_schema(), shape.facts_schema()):
        model = schema["$defs"][schema["$ref"].rpartition("/")[2]]
        assert model["properties"]["apiVersion"]["enum"] == [NEWEST]
        assert schema["$id"].startswith(f"urn:{NEWEST.replace('/', ':')}:")


@pytest.mark.parametrize("version", [version.name.partition("/")[2] for version in api_versions.VERSIONS])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.tree)
def test_a_frozen_blueprint_gives_the_tree_of_today(version: str, sample: Sample, tmp_path: Path) -> None:
    """Where a sample is changed for another tree, take the frozen file of before into this test beside it."""
    frozen = FROZEN / version / Path(sample.blueprint).name
    inputs = FROZEN / version / Path(sample.inputs).name if sample.inputs else tmp_path
    made = files_of(frozen, inputs)
    given = CHECKOUT / sample.inputs if sample.inputs else tmp_path
    assert made == files_of(CHECKOUT / sample.blueprint, given)
    assert run(["validate", str(frozen), "--inputs", str(inputs), "--validator", "embedded"]) == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FROZEN)))
def test_a_frozen_file_can_be_migrated(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    assert run(["migrate", str(copy)]) == 0
    assert run(["migrate", "--check", str(copy)]) == 0
    assert api_versions.version_of(source.read(copy).data) == NEWEST


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be a version before the first."""
    first, *later = api_versions.VERSIONS
    monkeypatch.setattr(api_versions, "VERSIONS", (Version(BEFORE), first._replace(renamed=RENAMED), *later))


def as_before(text: str, kind: str) -> str:
    """Return a file as the version before the first would have it: what was renamed since has its old name."""
    text = text.replace(NEWEST, BEFORE)
    for change in reversed(RENAMED[kind]):
        back = Rename((*change.path[:-1], change.name), change.path[-1])
        for path in api_versions._places(source.parse(text.encode(), "").data, back):
            text = edit_fields.rename(text, path, back.name)
    return text


BRACES = """
apiVersion: mcgen/v1alpha1  # the format
kind: Mesh
metadata: {name: braces}
gitops: {repo: "https://git.example.com/m.git" }   # as it is
istio: {version: "1.31.1"}
clusters:
- {name: a, platform: aks, role: primary, gateway: {scheme: internal, sourceRanges: [10.0.0.0/8]}}
-   # a comment
    name: b
    gateway:   # another
        sourceRanges: [10.0.0.0/8]
        scheme: public
    platform: generic
    role: remote
"""
TEXTS = {path.stem: path.read_bytes().decode() for path in sorted((CHECKOUT / "blueprints").glob("*.yaml"))} | {
    "braces": BRACES,
    "windows": BRACES.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.usefixtures("older")
def test_an_older_file_is_read_with_a_warning_and_migrated(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = TEXTS[name]
    before = as_before(text, "Mesh")
    assert "repository" in before
    Path("mesh.yaml").write_bytes(before.encode())
    made = files_of(Path("mesh.yaml"), tmp_path)
    assert run(["validate", "mesh.yaml", "--validator", "embedded"]) == 0
    assert "mcgen/v0 is an older version of the format; it is read as mcgen/v1alpha1 [MC109]" in capsys.readouterr().err

    assert run(["migrate", "nowhere.yaml", "--check"]) == 2
    assert run(["migrate", "mesh.yaml", "--check"]) == 1
    assert Path("mesh.yaml").read_bytes() == before.encode()
    assert run(["migrate", "mesh.yaml"]) == 0
    assert Path("mesh.yaml").read_bytes() == text.encode()
    assert files_of(Path("mesh.yaml"), tmp_path) == made
    assert run(["migrate", "mesh.yaml", "--check"]) == 0


@pytest.mark.usefixtures("older")
def test_problems_of_an_older_file_are_at_their_places_in_it(tmp_path: Path) -> None:
    text = as_before(TEXTS["gke-aks"], "Mesh").replace("repository: https", "repository: ftp")
    text = text.replace("platform: aks", "platform: asks")
    read, _ = api_versions.read(source.parse(text.encode(), "mesh.yaml"))
    shown = [(each.code, read.lines[each.pos.line - 1]) for each in shape.check(read, shape.blueprint_schema())]
    assert shown == [("MC106", text.splitlines()[6]), ("MC105", "    platform: asks")]


@pytest.mark.usefixtures("older")
def test_older_facts_are_read_and_migrated(tmp_path: Path) -> None:
    text = (FROZEN / "v1alpha1/facts.yaml").read_text("utf-8")
    file = tmp_path / layout.FACTS
    file.parent.mkdir()
    file.write_text(as_before(text, "Facts"), "utf-8")
    assert "\nfound:\n" in file.read_text("utf-8")
    assert load.read_inputs(tmp_path).facts == facts.convert(source.parse(text.encode(), "").data)
    assert run(["migrate", str(file)]) == 0
    assert file.read_text("utf-8") == text


@pytest.mark.usefixtures("older")
def test_commands_that_edit_ask_for_the_newest_version_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = as_before(TEXTS["minimal"], "Mesh")
    Path("mesh.yaml").write_text(text, "utf-8")
    assert run(["add", "cluster", "mesh.yaml", "north", "--platform", "generic", "--role", "remote"]) == 2
    assert "run `mcgen migrate mesh.yaml` first" in capsys.readouterr().err
    assert Path("mesh.yaml").read_text("utf-8") == text


@pytest.mark.usefixtures("older")
def test_there_is_no_way_to_versions_that_are_older_or_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mesh.yaml"
    file.write_text(TEXTS["minimal"], "utf-8")
    assert run(["migrate", str(file), "--to", BEFORE]) == 2
    assert "there is no way back" in capsys.readouterr().err
    assert run(["migrate", str(file), "--to", "mcgen/v9"]) == 2
    assert "write one of mcgen/v0, mcgen/v1alpha1" in capsys.readouterr().err
    file.write_text(TEXTS["minimal"].replace(NEWEST, "mcgen/v9"), "utf-8")
    for command in (["migrate", str(file)], ["build", str(file), "-o", str(tmp_path / "tree")]):
        assert run(command) == 1
        err = capsys.readouterr().err
        assert 'this mcgen knows mcgen/v0, mcgen/v1alpha1, and not "mcgen/v9" [MC108]' in err


@pytest.mark.usefixtures("older")
def test_a_file_with_both_names_is_refused_and_not_changed(tmp_path: Path) -> None:
    text = TEXTS["minimal"].replace(NEWEST, BEFORE).replace("repo:", "repository: x, repo:")
    file = tmp_path / "mesh.yaml"
    file.write_text(text, "utf-8")
    assert run(["migrate", str(file)]) == 1
    assert file.read_text("utf-8") == text


def test_a_name_that_cannot_be_edited_safely() -> None:
    text = "a: 1\nb: |+\n  text\n\n"
    assert edit_fields.rename(text, ("b",), "c") == text.replace("b:", "c:")
    with pytest.raises(EditError):
        edit_fields.rename("a:\n", ("x", "y"), "z")
