"""What is a warning, and what becomes of a certificate that is another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests import healthy
from tests.doctor.live import BLUEPRINT, TOKEN, TOKEN_ANSWER, Signed, config, doctor, not_fine, without_policy
from tests.doctor.test_defects import DEFECTS
from tests.unit.test_rules import codes_in_the_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcgen.mesh import Mesh
    from tests.answers import Answers

WARNINGS: dict[str, tuple[Callable[[Answers, list[Signed]], object], tuple[str, str, str]]] = {
    "no admission policy": (
        lambda live, _: without_policy(live, "mcgen-gke-aks-applicationsets"),
        ("Argo CD", "ValidatingAdmissionPolicy mcgen-gke-aks-applicationsets", "MC707"),
    ),
    "a renewed certificate": (
        lambda live, certificates: live.set("gke", "kubeseal", "certificate", certificates[1].pem),
        ("gke", "sealing certificate", "MC711"),
    ),
    "a Kubernetes that is too new": (
        lambda live, _: live.set("aks", "raw", "version", {"gitVersion": "v1.37.0"}),
        ("aks", "Kubernetes version", "MC730"),
    ),
}


@pytest.mark.parametrize("defect", WARNINGS)
def test_a_warning_is_told_and_counts_as_fine(
    defect: str, live: Answers, certificates: list[Signed], capsys: pytest.CaptureFixture[str]
) -> None:
    make, expected = WARNINGS[defect]
    make(live, certificates)
    said = doctor(capsys, code=0)
    assert not_fine(said) == [expected]
    assert (said["errors"], said["warnings"]) == (0, 1)


def test_a_policy_that_sees_no_tracking_annotations(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    config(live, application__resourceTrackingMethod="label")
    assert {code for _, _, code in not_fine(doctor(capsys, code=1))} == {"MC707"}


def test_an_expired_certificate(live: Answers, certificates: list[Signed], capsys: pytest.CaptureFixture[str]) -> None:
    live.set("gke", "kubeseal", "certificate", certificates[2].pem)
    assert not_fine(doctor(capsys, code=1)) == [("gke", "sealing certificate", "MC711")]


def test_a_pinned_certificate_that_is_another_one(
    live: Answers, tmp_path: Path, certificates: list[Signed], capsys: pytest.CaptureFixture[str]
) -> None:
    blueprint = tmp_path / BLUEPRINT
    pin = "role: primary\n    bootstrap: {certificate: gke.pem}"
    blueprint.write_text(blueprint.read_text().replace("role: primary", pin))
    pem = blueprint.parent / "gke.pem"
    pem.write_text(certificates[0].pem)
    assert not_fine(doctor(capsys, code=0)) == []
    pem.write_text(certificates[1].pem)
    assert not_fine(doctor(capsys, code=1)) == [("gke", "sealing certificate", "MC711")]


def test_a_revoked_token_that_is_still_there(
    live: Answers, mesh: Mesh, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = tmp_path / "output/gke-aks/.mcgen/facts.yaml"
    facts.write_text(facts.read_text() + 'tokens: {gke: {aks: ["2"]}}\n')
    for document in healthy.reader(replace(mesh.pairs["aks"], tokens=("2",))):
        live.set("aks", document["kind"], document["metadata"]["name"], document)
    live.set("aks", "secret", TOKEN.replace("-1-", "-2-"), TOKEN_ANSWER.replace("gke-1", "gke-2"))
    assert not_fine(doctor(capsys, code=1)) == [("aks", f"Secret {TOKEN}, revoked", "MC724")]
    live.remove("aks", "secret", TOKEN)
    assert not_fine(doctor(capsys, code=0)) == []


def test_each_code_of_doctor_is_brought_about() -> None:
    made = {expected[2] for table in (DEFECTS, WARNINGS) for _, expected in table.values()}
    # Those of External Secrets are in tests/unit/test_doctor_judges.py: the mesh here seals. The root of several
    # primaries is in test_authority.py: there is one here.
    assert made | {"MC700", "MC713", "MC714", "MC724", "MC735"} == {
        code for code in codes_in_the_package() if code.startswith("MC7")
    }
