"""Values reach the provider whole or not at all, under keys that come once, and nowhere else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen.cli import run
from tests.push.stand_ins import KUBECONFIG, TOKEN, remote_secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.push.stand_ins import Place

KEY = "external-secrets-gke-reads-aks"
CA = "external-secrets-gke-cacerts"
Capture = pytest.CaptureFixture[str]


def holders(folder: Path, text: str) -> set[str]:
    """Return the files that hold a text, but for the stand-ins' own."""
    files = [path for path in folder.rglob("*") if path.is_file() and "seen" not in path.parts]
    return {str(path) for path in files if text.encode() in path.read_bytes()}


def test_what_istioctl_prints_is_pushed_whole_and_the_chain_goes_on(place: Place, capfd: Capture) -> None:
    assert place.bootstrap("--ca", str(place.folder / "root")) == 0
    assert place.bootstrap() == 0
    assert yaml.safe_load(place.value(f"{KEY}-1")) == remote_secret()
    assert place.facts["pushed"] == {"gke": {"aks": {"number": 1, "token": "1"}}}
    assert (place.folder / "tree/clusters/aks/argocd/20-control-plane.yaml").exists()
    said = capfd.readouterr()
    assert f"pushed   aks for gke: token 1, key {KEY}-1" in said.out
    assert run(["validate", "tree", "--validator", "embedded"]) == 0
    assert TOKEN not in said.out + said.err
    assert holders(place.folder, TOKEN) == set()
    assert all(TOKEN not in line for name in ("kubectl", "istioctl", "provider") for line in place.told(name))


def test_a_second_run_pushes_nothing(place: Place, capfd: Capture) -> None:
    assert place.bootstrap() == 0
    capfd.readouterr()
    assert place.bootstrap(push="") == 0
    assert "skipped  aks for gke: pushed already" in capfd.readouterr().out
    assert len(place.told("provider")) == 1


def test_each_value_has_a_key_of_its_own(place: Place) -> None:
    assert place.bootstrap() == 0
    assert place.bootstrap("--reseal", "aks") == 0
    assert place.told("provider") == [f"{KEY}-1", f"{KEY}-2"]
    assert place.facts["pushed"]["gke"]["aks"] == {"number": 2, "token": "1"}
    found = yaml.safe_load((place.folder / "tree/clusters/gke/remote-secrets/aks/external-secret.yaml").read_text())
    assert found["spec"]["data"][0]["remoteRef"]["key"] == f"{KEY}-2"


def test_a_new_token_is_pushed_under_a_new_key(place: Place, capfd: Capture) -> None:
    assert place.bootstrap() == 0
    assert place.bootstrap("--rotate", push="") == 0
    assert "`mcgen bootstrap mesh.yaml -o tree --push COMMAND` pushes" in capfd.readouterr().out
    assert place.bootstrap() == 0
    assert place.facts["pushed"]["gke"]["aks"] == {"number": 2, "token": "2"}
    assert any("--secret-name=istio-reader-gke-2-token" in line for line in place.told("istioctl"))


def test_an_istioctl_that_fails_after_it_wrote_something_pushes_nothing(place: Place, capfd: Capture) -> None:
    (place.seen / "code").write_text("1")
    assert place.bootstrap("--retries=0") == 3
    assert place.told("provider") == []
    assert not place_has_facts(place)
    assert "failed   aks for gke" in capfd.readouterr().out


def place_has_facts(place: Place) -> bool:
    return (place.folder / "tree/.mcgen/facts.yaml").exists()


def test_an_istioctl_that_prints_nothing_pushes_nothing(place: Place, capfd: Capture) -> None:
    (place.seen / "secret").write_text("")
    assert place.bootstrap("--retries=0") == 3
    assert place.told("provider") == []
    assert "it printed nothing" in capfd.readouterr().out


def test_a_command_that_fails_and_quotes_the_secret_is_not_quoted(place: Place, capfd: Capture) -> None:
    place.script("provider", '#!/bin/sh\necho "no: $(cat)" >&2\nexit 7\n')
    assert place.bootstrap("--retries=0") == 3
    said = capfd.readouterr()
    assert "failed   aks for gke: the command of --push, for aks for gke: no: " in said.out
    assert "[hidden]" in said.out
    assert TOKEN not in said.out + said.err
    assert not place_has_facts(place)


def test_what_the_command_prints_is_thrown_away(place: Place, capfd: Capture) -> None:
    assert place.bootstrap("--retries=0") == 0
    # The stand-in prints the value, as some do.
    assert "the-token-of" not in capfd.readouterr().out


def test_a_command_that_never_ends_is_stopped(place: Place, capfd: Capture) -> None:
    place.script("provider", "#!/bin/sh\nexec sleep 300\n")
    assert place.bootstrap("--retries=0", "--timeout=2") == 3
    assert "'provider' did not end within 2 seconds and was stopped" in capfd.readouterr().out
    assert not place_has_facts(place)


def test_words_are_no_shell(place: Place) -> None:
    assert place.bootstrap(push="provider '{key}' '$(touch x);`touch y`'") == 0
    assert place.told("provider") == [f"{KEY}-1 $(touch x);`touch y`"]
    assert not [path for path in place.folder.iterdir() if path.name in "xy"]


@pytest.mark.parametrize(
    ("push", "options", "code", "message"),
    [
        ("", [], 2, "say with which command, --push COMMAND"),
        ("provider", [], 2, "must be {key}"),
        ("{key}", [], 2, "must be {key}"),
        ("provider '{key}", [], 2, "this is no command"),
        ("not-there {key}", [], 3, "'not-there' of --push is not there"),
        ("provider {key}", ["--cert", "gke=x.pem"], 2, "are for sealing"),
        ("provider {key}", ["--accept-new-cert"], 2, "are for sealing"),
        ("", ["--ca", "root"], 2, "say with which command, --push COMMAND"),
    ],
)
def test_what_is_refused(place: Place, capfd: Capture, push: str, options: list[str], code: int, message: str) -> None:
    assert place.bootstrap(*options, push=push) == code
    assert message in capfd.readouterr().err
    assert place.told("provider") == []
    assert not (place.folder / "root").exists()


def test_push_is_for_the_other_backend(place: Place, capfd: Capture) -> None:
    text = (place.folder / "mesh.yaml").read_text().replace("backend: external-secrets", "backend: sealed-secrets")
    (place.folder / "mesh.yaml").write_text(text.replace("  store: {name: mesh}\n", ""))
    assert place.bootstrap() == 2
    assert "this one's are sealed" in capfd.readouterr().err


def test_a_dry_run_says_the_keys_and_asks_nobody(place: Place, capfd: Capture) -> None:
    assert place.bootstrap("--dry-run", push="") == 0
    assert f"planned  aks for gke: istio-reader-gke-1-token -> {KEY}-1" in capfd.readouterr().out
    assert place.bootstrap("--dry-run", "--ca", "root", push="") == 0
    assert f"planned  gke: -> {CA}-1" in capfd.readouterr().out
    assert place.told("kubectl") == []


def test_the_ca_of_a_primary_is_pushed_and_its_key_is_nowhere_else(place: Place, capfd: Capture) -> None:
    assert place.bootstrap("--ca", "root") == 0
    secret = yaml.safe_load(place.value(f"{CA}-1"))
    assert sorted(secret["data"]) == ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"]
    key = base64.b64decode(secret["data"]["ca-key.pem"]).decode()
    assert "PRIVATE KEY" in key
    (noted,) = place.facts["authorities"].values()
    assert noted["number"] == 1
    line = key.splitlines()[3]
    said = capfd.readouterr()
    assert line not in said.out + said.err
    assert holders(place.folder, line) == holders(place.folder, secret["data"]["ca-key.pem"]) == set()
    assert place.bootstrap("--ca", "root", "--reseal", "gke") == 0
    assert place.told("provider") == [f"{CA}-1", f"{CA}-2"]


def test_another_root_is_refused(place: Place, capfd: Capture) -> None:
    assert place.bootstrap("--ca", "root") == 0
    assert place.bootstrap("--ca", "elsewhere", "--reseal", "gke") == 3
    assert "there is no root in 'elsewhere'" in capfd.readouterr().err
    assert len(place.told("provider")) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"{KEY}-1|3|3-abc|True", "yes"),
        (f"{KEY}-1|3|2-abc|True", "not yet"),
        (f"{KEY}-1|3|2-abc|False", "no"),
        (f"{KEY}-1|1||", "not yet"),
        (f"{KEY}-1|1|", "not yet"),
        (f"{KEY}-11|3|3-abc|True", "not applied"),
        (f"{KEY}-2|3|3-abc|True", "not applied"),
        ("", "not applied"),
    ],
)
def test_status_believes_only_what_is_about_the_newest_value(
    place: Place, capfd: Capture, answer: str, expected: str
) -> None:
    assert place.bootstrap() == 0
    if answer:
        (place.seen / "external").write_text(answer)
    capfd.readouterr()
    assert place.bootstrap("--status", "--format=json", "--retries=0", push="") == 0
    (pair,) = json.loads(capfd.readouterr().out)["pairs"]
    assert (pair["state"], pair["token"], pair["unsealed"]) == ("pushed", "1", expected)
    if expected == "no":
        assert "--reseal aks --push COMMAND" in pair["next"]


def test_status_before_anything_was_pushed(place: Place, capfd: Capture) -> None:
    assert place.bootstrap("--status", "--retries=0", push="") == 0
    said = capfd.readouterr().out
    assert "aks for gke: not pushed" in said
    assert "next:        mcgen bootstrap mesh.yaml -o tree --push COMMAND" in said


def test_the_secret_is_what_istiod_reads(place: Place) -> None:
    assert place.bootstrap() == 0
    assert yaml.safe_load(place.value(f"{KEY}-1"))["stringData"] == {"aks": KUBECONFIG}
