"""The root of a mesh as istiods give it out: which signs, when it ends, and where primaries or the tree differ."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from mcgen import names
from mcgen.cli import run
from mcgen.doctor import authority
from mcgen.doctor.authority import ROOT, Root
from mcgen.doctor.verdict import Check, Verdict
from mcgen.emit import emit
from mcgen.facts import Inputs
from mcgen.mesh import resolve
from mcgen.problems import Severity, ToolError
from tests.answers import Answers
from tests.certificates import ELLIPTIC
from tests.shop import SHOP
from tests.unit.test_networks import cluster, converted

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.mesh import Cluster

NOW = datetime(2027, 1, 1, tzinfo=UTC)
OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")


def root(fingerprint: str, days: int = 3000) -> Root:
    return Root(fingerprint, NOW + timedelta(days=days))


def primary(trusted: tuple[str, ...] = (OLD,), signs: str = OLD, expires: str = "2028-01-01") -> Cluster:
    """Return a primary of whose CA the tree says this."""
    annotations = {names.ROOT: signs, names.TRUSTED: ",".join(trusted), names.EXPIRES: expires}
    told = Inputs(authorities={"east": {"metadata": {"annotations": annotations}}})
    return resolve(converted([cluster("east"), cluster("west")]), told).by_name["east"]


def judged(found: Cluster, *live: Root, others: dict[str, tuple[Root, ...]] | None = None) -> Check:
    return authority.judge(found, live, {"west": live} if others is None else others, NOW)


def test_who_signs_and_until_when() -> None:
    found = judged(primary(), root(OLD))
    assert found.verdict is Verdict.FINE
    assert found.words == f"{OLD}, good until 2035-03-20; its CA here until 2028-01-01"


def test_in_a_rotation_the_tree_says_which_of_the_two_signs() -> None:
    both = (root(OLD), root(NEW, 3650))
    first = f"{NEW}, good until 2036-12-29; also trusted: {OLD}, good until 2035-03-20; "
    assert judged(primary((OLD, NEW), NEW), *both).words == f"{first}its CA here until 2028-01-01"
    assert judged(primary((OLD, NEW)), *both).words.startswith(f"{OLD}, good until 2035-03-20; also trusted: {NEW}")


@pytest.mark.parametrize(
    ("found", "live", "words"),
    [
        (primary(), (root(OTHER),), f"istiod gives out {OTHER}, and the tree says {OLD}"),
        (primary(), (root(OLD), root(NEW)), f"istiod gives out {OLD} and {NEW}, and the tree says {OLD}"),
        (primary((OLD, NEW)), (root(OLD),), f"istiod gives out {OLD}, and the tree says {OLD} and {NEW}"),
        (primary(), (root(OLD, -1),), f"the root {OLD} has ended: 2026-12-31"),
        (primary(expires="2026-12-31"), (root(OLD),), "the CA of east has ended: 2026-12-31"),
    ],
)
def test_what_is_wrong(found: Cluster, live: tuple[Root, ...], words: str) -> None:
    check = judged(found, *live)
    assert (check.code, check.is_error, check.words) == ("MC735", True, words)


def test_an_end_that_is_near_is_a_warning() -> None:
    check = judged(primary(expires="2027-01-20"), root(OLD))
    assert (check.code, check.severity, check.words) == ("MC735", Severity.WARNING, "the CA of east ends on 2027-01-20")
    assert "--reseal east" in check.advice
    check = judged(primary(), root(OLD, 20))
    assert (check.severity, check.words) == (Severity.WARNING, f"the root {OLD} ends on 2027-01-21")
    assert "trust.rotation" in check.advice
    # One that signs no more may end.
    assert judged(primary((OLD, NEW), NEW), root(OLD, 5), root(NEW)).verdict is Verdict.FINE


def test_a_primary_that_does_not_trust_another_is_told() -> None:
    """Where the tree says nothing of roots, as in one that somebody else made, they are compared all the same."""
    silent = primary((), "")
    assert judged(silent, root(OLD)).verdict is Verdict.FINE
    check = judged(silent, root(OLD), others={"west": (root(NEW),)})
    assert check.code == "MC735"
    assert check.words == f"workloads here are under {OLD}, and those of west trust {NEW}"
    assert judged(silent, root(OLD), others={"west": (root(NEW), root(OLD))}).verdict is Verdict.FINE
    assert judged(silent, root(OLD), others={"west": ()}).verdict is Verdict.FINE


def test_nothing_written_is_wrong() -> None:
    check = authority.judge(primary(), None, {}, NOW)
    assert (check.code, check.is_error) == ("MC735", True)


def test_a_text_without_certificates_is_unknown() -> None:
    with pytest.raises(ToolError, match="holds no certificate"):
        authority.parse("nothing")


def issued(name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, ELLIPTIC.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(2136, 1, 1, tzinfo=UTC)).sign(ELLIPTIC, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def config_map(*certificates: x509.Certificate) -> dict[str, Any]:
    return {"kind": "ConfigMap", "data": {"root-cert.pem": "".join(map(pem, certificates))}}


@pytest.fixture
def mine() -> x509.Certificate:
    return issued("root")


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: x509.Certificate) -> Answers:
    """Two primaries under one root, whose clusters answer with their version and this ConfigMap, and nothing else."""
    monkeypatch.chdir(tmp_path)
    data = SHOP | {
        "trust": {"mode": "cacerts"},
        "secrets": {"backend": "external-secrets", "store": {"name": "vault"}},
        "clusters": [cluster("east", "lan"), cluster("west", "lan")],
    }
    held = {"number": 1, "root": f"sha256:{mine.fingerprint(hashes.SHA256()).hex()}", "expires": "2100-01-01"}
    facts = {"apiVersion": "mcgen/v1alpha1", "kind": "Facts", "authorities": {"east": held, "west": held}}
    (tmp_path / "shop.yaml").write_text(emit([data]), encoding="utf-8")
    (tmp_path / "output/shop/.mcgen").mkdir(parents=True)
    (tmp_path / "output/shop/.mcgen/facts.yaml").write_text(emit([facts]), encoding="utf-8")
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    for name in ("east", "west"):
        answers.set(name, "raw", "version", {"gitVersion": "v1.35.4"})
        answers.set(name, "configmap", names.ROOT_CERTIFICATE, config_map(mine))
    return answers


def told(command: str, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, str]]:
    """Return verdict and words of the check, by cluster."""
    capsys.readouterr()
    run([command, "shop.yaml", "--format=json", "--retries=0", "--timeout=5"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    return {each["cluster"]: (each["verdict"], each["message"]) for each in checks if each["check"] == ROOT}


@pytest.mark.parametrize("command", ["doctor", "verify"])
def test_both_commands_ask_every_primary(
    command: str, live: Answers, mine: x509.Certificate, capsys: pytest.CaptureFixture[str]
) -> None:
    known = f"sha256:{mine.fingerprint(hashes.SHA256()).hex()}, good until 2136-01-01; its CA here until 2100-01-01"
    assert told(command, capsys) == {"east": ("fine", known), "west": ("fine", known)}
    live.set("west", "configmap", names.ROOT_CERTIFICATE, config_map(issued("another")))
    found = told(command, capsys)
    assert {name: verdict for name, (verdict, _) in found.items()} == {"east": "finding", "west": "finding"}
    assert "and those of west trust" in found["east"][1]
    assert "and the tree says" in found["west"][1]
    live.set("west", "configmap", f"{names.ROOT_CERTIFICATE}.error", "Error from server (Forbidden): no\n")
    assert {name: verdict for name, (verdict, _) in told(command, capsys).items()} == {
        "east": "fine",
        "west": "unknown",
    }
    # Of the Secret with the key not even the name is asked for.
    asked = [line.split() for line in live.asked().splitlines()]
    assert [words for words in asked if names.AUTHORITY in words and {"secret", "secrets"} & set(words)] == []
