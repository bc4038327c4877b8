"""The CA of each primary is sealed for it, under a root that no other primary distrusts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen import load, names
from mcgen.bootstrap import authority, root_folder, sign
from mcgen.bootstrap import certificate as certificates
from mcgen.bootstrap.outcome import Options
from mcgen.cli import run
from mcgen.problems import ToolError
from tests.answers import Answers
from tests.certificates import RSA, issue
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Set

    from mcgen.bootstrap.outcome import Outcome

Capture = pytest.CaptureFixture[str]
BLUEPRINT, TREE = "blueprints/multi-primary.yaml", Path("output/multi-primary")
# Nothing here depends on the length of keys, and long ones take their time.
BITS = 1024
CERTIFICATE = issue(RSA, days=200)
SAMPLE = CHECKOUT / "blueprints/multi-primary.inputs/clusters/gke/trust/sealed-secret.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the samples, the tree of one that has no CA yet, and two roots."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(CHECKOUT / "blueprints", folder / "blueprints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "_BITS", BITS)
        patch.chdir(folder)
        assert run(["build", BLUEPRINT, "--validator", "embedded"]) == 0
        for name in ("root", "next"):
            root_folder.make(folder / name, "multi-primary")
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Path) -> Answers:
    """Return answers of primaries with a certificate each, and of a kubeseal; the tree is in the current folder."""
    monkeypatch.setattr(authority, "_BITS", BITS)
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    for cluster in ("gke", "aks"):
        answers.set(cluster, "kubeseal", "certificate", CERTIFICATE)
    answers.set("none", "kubeseal", "seal", SAMPLE.read_text())
    shutil.copytree(built, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return answers


def rotation(step: str) -> None:
    """Let the blueprint be at a step of the way to another root."""
    file = Path(BLUEPRINT)
    file.write_text(file.read_text().replace("  mode: cacerts\n", f"  mode: cacerts\n  rotation: {step}\n"))


def signed(*folders: str, again: Set[str] = frozenset(), dry_run: bool = False) -> dict[str, Outcome]:
    loaded = load.load(load.read(BLUEPRINT), TREE)
    where = sign.Folders(*map(Path, folders))
    result = sign.run(loaded, TREE, where, Options(retries=0, dry_run=dry_run), again)
    return {outcome.consumer: outcome for outcome in result.outcomes}


def sealed(primary: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((TREE / f"clusters/{primary}/trust/sealed-secret.yaml").read_text())
    return found


def root(folder: str) -> str:
    found = root_folder.read(Path(folder))
    assert found
    return found.fingerprint


def test_each_primary_gets_a_ca_of_its_own_under_one_root(place: Answers) -> None:
    outcomes = signed("root")
    assert {name: outcome.state.value for name, outcome in outcomes.items()} == {"gke": "sealed", "aks": "sealed"}
    used = certificates.parse(CERTIFICATE.encode(), "here").fingerprint
    assert f"under root {root('root')[:19]}, certificate {used[:19]}" in outcomes["gke"].words
    annotations = sealed("gke")["metadata"]["annotations"]
    assert (annotations[names.ROOT], annotations[names.CERTIFICATE]) == (root("root"), used)
    assert names.TRUSTED not in annotations
    facts = yaml.safe_load((TREE / ".mcgen/facts.yaml").read_text())
    assert facts["certificates"]["gke"]["fingerprint"] == used
    assert f"to {annotations[names.EXPIRES]}, under root" in outcomes["gke"].words


def test_the_key_is_in_no_file(place: Answers) -> None:
    signed("root")
    held = [path for path in TREE.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert held == []
    assert "PRIVATE" not in place.asked()


def test_what_has_its_ca_keeps_it(place: Answers) -> None:
    signed("root")
    before = sealed("aks")
    outcomes = signed("root", again={"gke"})
    assert (outcomes["aks"].state.value, outcomes["aks"].words) == ("skipped", "sealed already")
    assert outcomes["gke"].state.value == "sealed"
    assert sealed("aks") == before


def test_during_a_rotation_both_roots_are_trusted_before_the_new_one_signs(place: Answers) -> None:
    signed("root")
    rotation("both")
    both = f"trusts {root('root')[:19]} and {root('next')[:19]}"
    outcomes = signed("root", "next")
    assert f"under root {root('root')[:19]}, {both}" in outcomes["gke"].words
    assert sealed("gke")["metadata"]["annotations"][names.TRUSTED] == f"{root('root')},{root('next')}"
    rotation_is("switched")
    assert f"under root {root('next')[:19]}, {both}" in signed("root", "next")["aks"].words


STATUS = ["bootstrap", BLUEPRINT, "--status", "--retries=0"]
WAITS = "gke and aks: no CA yet\n  next:        mcgen bootstrap blueprints/multi-primary.yaml --ca FOLDER"


def test_status_tells_first_who_waits_for_a_ca(place: Answers, capsys: Capture) -> None:
    assert run(STATUS) == 0
    assert capsys.readouterr().out.startswith(f"{WAITS}\n")
    signed("root")
    shutil.rmtree(TREE / "clusters/aks/trust")
    assert run([*STATUS, "--format=json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unsigned"] == {"primaries": ["aks"], "next": f"mcgen bootstrap {BLUEPRINT} --ca FOLDER"}
    signed("root")
    assert run(STATUS) == 0
    assert "CA" not in capsys.readouterr().out
    assert run([*STATUS, "--format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["unsigned"] == {"primaries": [], "next": ""}


def test_during_a_rotation_both_folders_are_asked_for(place: Answers, capsys: Capture) -> None:
    rotation("both")
    assert run(STATUS) == 0
    assert capsys.readouterr().out.startswith(f"{WAITS} --new-ca FOLDER\n")


def test_status_that_could_see_nothing_is_no_success(place: Answers, capsys: Capture) -> None:
    for cluster in ("gke", "aks"):
        place.set(cluster, ".", "all.error", "Unable to connect to the server\n")
    assert run(STATUS) == 3
    said = capsys.readouterr().out
    assert said.startswith(WAITS)
    assert "reach gke, then mcgen bootstrap" in said


def rotation_is(step: str) -> None:
    file = Path(BLUEPRINT)
    file.write_text(file.read_text().replace("rotation: both", f"rotation: {step}"))


def test_a_step_that_somebody_would_not_trust_is_refused(place: Answers) -> None:
    signed("root")
    with pytest.raises(ToolError, match=f"the CA of gke is under the root {root('root')}, and the root in 'next' is"):
        signed("next")
    with pytest.raises(ToolError, match="there is no root in 'nowhere'"):
        signed("nowhere")
    rotation("switched")
    with pytest.raises(ToolError, match="which it does not trust yet: `trust"):
        signed("root", "next")
    with pytest.raises(ToolError, match="'root' and 'root' hold the same root"):
        signed("root", "root")


def test_the_old_root_and_the_new_one_are_not_taken_for_each_other(place: Answers) -> None:
    signed("root")
    rotation("both")
    signed("root", "next")
    rotation_is("switched")
    with pytest.raises(ToolError, match="the CA of gke has the root in 'root' as the old one, and that in 'next' as"):
        signed("next", "root")


def test_the_root_of_a_ca_stays_trusted(place: Answers) -> None:
    signed("root")
    rotation("both")
    signed("root", "next")
    # A third root would take the first one's place among those that are trusted.
    rotation_is("switched")
    root_folder.make(Path("third"), "multi-primary")
    with pytest.raises(ToolError, match=f"under the root {root('root')}, which would not be trusted any more"):
        signed("third", "next")


def test_a_folder_that_is_not_there_is_not_taken_for_a_root_that_nobody_trusts(place: Answers) -> None:
    signed("root")
    rotation("both")
    signed("root", "next")
    rotation_is("switched")
    with pytest.raises(ToolError, match="there is no root in 'unmounted'"):
        signed("unmounted", "next")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("seal.error", "cannot encrypt\n", "kubeseal for gke: cannot encrypt"),
        ("seal", "a: [", "kubeseal printed something that is no YAML; nothing was written"),
        (
            "seal",
            SAMPLE.read_text().replace("name: cacerts", "name: other"),
            'kubeseal did not print the sealed CA of gke: metadata.name is "other", and must be "cacerts"',
        ),
    ],
)
def test_what_cannot_be_sealed_is_told_for_each(place: Answers, name: str, answer: str, words: str) -> None:
    place.set("none", "kubeseal", name, answer)
    outcomes = signed("root")
    assert (outcomes["gke"].state.value, outcomes["gke"].words) == ("failed", words)
    assert outcomes["aks"].state.value == "failed"
    assert not (TREE / "clusters/gke/trust/sealed-secret.yaml").exists()


@pytest.mark.parametrize(
    ("step", "options", "words"),
    [
        ("both", ["--ca", "root"], "trust.rotation is 'both': give the root that follows, with --new-ca"),
        ("", ["--ca", "root", "--new-ca", "next"], "there is no trust.rotation: give the one root of the mesh"),
        (
            "",
            ["--ca", "root", "--reseal", "eks"],
            "--reseal eks: with --ca this is a primary, and the mesh has gke, aks",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    place: Answers, capsys: Capture, step: str, options: list[str], words: str
) -> None:
    if step:
        rotation(step)
    assert run(["bootstrap", BLUEPRINT, *options]) == 2
    assert words in capsys.readouterr().err
    assert not (place.folder / "asked").exists()


def test_a_dry_run_makes_no_root(place: Answers) -> None:
    loaded = load.load(load.read(BLUEPRINT), TREE)
    result = sign.run(loaded, TREE, sign.Folders(Path("nowhere")), Options(retries=0, dry_run=True), frozenset())
    assert not result.wrote
    assert {outcome.words for outcome in result.outcomes} == {
        f"-> clusters/{name}/trust/sealed-secret.yaml" for name in ("gke", "aks")
    }
    assert not Path("nowhere").exists()
    assert not (place.folder / "asked").exists()
