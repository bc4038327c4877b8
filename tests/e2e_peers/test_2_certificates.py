"""The certificates that two real istiods gave to their workloads, under one root: the real openssl verifies them."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from mcgen import names
from mcgen.bootstrap import root_folder
from tests import proofs
from tests.e2e_peers.road import CLUSTERS, SAMPLE
from tests.lab.calls import DEMO
from tests.lab.presented import Presented, presented, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.team import Team

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.lab,
    pytest.mark.long,
    *proofs.lab(SAMPLE, without=("eks",)),
]

WORKLOADS = ("app=sleep", "app=helloworld")


def read(path: Path) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates((path / "root-cert.pem").read_bytes()))


@pytest.fixture(scope="module")
def held(mesh: Team) -> dict[str, list[Presented]]:
    """Return what the workloads of each cluster have."""
    return {name: [presented(mesh.lab[name], DEMO, each) for each in WORKLOADS] for name in CLUSTERS}


@pytest.fixture(scope="module")
def another(mesh: Team, tmp_path_factory: pytest.TempPathFactory) -> tuple[x509.Certificate, ...]:
    """Return another root of the same name."""
    folder = tmp_path_factory.mktemp("another") / "root"
    root_folder.make(folder, mesh.name)
    return read(folder)


@pytest.mark.parametrize("name", CLUSTERS)
def test_workloads_have_certificates_from_the_istiod_of_their_cluster(
    mesh: Team, held: dict[str, list[Presented]], name: str
) -> None:
    data = mesh.lab[name].get("secret", names.AUTHORITY, names.ISTIO_SYSTEM)["data"]
    authority = x509.load_pem_x509_certificate(b64decode(data["ca-cert.pem"]))
    (where,) = authority.subject.get_attributes_for_oid(NameOID.LOCALITY_NAME)
    assert where.value == name
    for each in held[name]:
        assert each.identity.startswith(f"spiffe://cluster.local/ns/{DEMO}/sa/")
        assert each.chain[0].issuer == authority.subject
        assert each.chain[1] == authority


@pytest.mark.parametrize("name", CLUSTERS)
def test_openssl_verifies_their_chains_with_the_root_and_with_no_other(
    held: dict[str, list[Presented]], name: str, offline: Path, another: tuple[x509.Certificate, ...]
) -> None:
    for each in held[name]:
        assert refusal(each, read(offline)) == ""
        assert "verification failed" in refusal(each, another)


@pytest.mark.parametrize(("name", "other"), [CLUSTERS, CLUSTERS[::-1]])
def test_workloads_of_one_primary_verify_those_of_the_other(
    held: dict[str, list[Presented]], offline: Path, name: str, other: str
) -> None:
    for each in held[name]:
        for peer in held[other]:
            assert peer.roots == read(offline)
            assert refusal(each, peer.roots) == ""
            # The control: with the other primary's CA in the place of its own.
            assert "verification failed" in refusal(replace(each, chain=(each.chain[0], *peer.chain[1:])), peer.roots)
