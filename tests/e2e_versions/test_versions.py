"""kubeconform, kustomize and kubeseal at an older version each; both istioctls are in tests/e2e_upgrade."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen import layout, sealed
from mcgen.validators import kubeconform
from tests.certificates import RSA, issue
from tests.programs import program, run
from tests.samples import SAMPLES, Sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.tree)
KUBECONFORM, KUSTOMIZE, KUBESEAL = "kubeconform-0.6.7", "kustomize-5.7.1", "kubeseal-0.27.1"


def files(sample: Sample) -> list[tuple[str, bytes]]:
    paths = {path.relative_to(sample.folder).as_posix(): path for path in sorted(sample.folder.rglob("*.yaml"))}
    return [(name, path.read_bytes()) for name, path in paths.items() if layout.is_object_file(name)]


@SAMPLE
def test_kubeconform_says_the_same(sample: Sample) -> None:
    found = files(sample)
    assert kubeconform.check(found, program(KUBECONFORM)) == []
    broken = [(name, raw.replace(b"suspend: true", b"suspend: perhaps")) for name, raw in found]
    verdicts = [kubeconform.check(broken, program(name)) for name in ("kubeconform", KUBECONFORM)]
    assert verdicts[0]
    assert verdicts[0] == verdicts[1]


@SAMPLE
def test_kustomize_makes_the_same(sample: Sample) -> None:
    folders = sorted(path.parent for path in sample.folder.glob("clusters/**/kustomization.yaml"))
    assert len(folders) > 5
    for folder in folders:
        texts = [run([program(name), "build", "."], cwd=folder) for name in ("kustomize", KUSTOMIZE)]
        assert texts[0] == texts[1], folder


def test_kubeseal_seals_what_the_other_opens(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text(issue(RSA, days=3650))
    (tmp_path / "key.pem").write_bytes(private())
    metadata = {
        "name": "istio-remote-secret-aks",
        "namespace": "istio-system",
        "labels": {"istio/multiCluster": "true"},
        "annotations": {"networking.istio.io/cluster": "aks"},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"aks": "x"}}
    for one, other in (("kubeseal", KUBESEAL), (KUBESEAL, "kubeseal")):
        argv = [program(one), f"--cert={tmp_path / 'cert.pem'}", "--scope=strict", "--format=yaml"]
        text = run(argv, stdin=yaml.safe_dump(secret).encode())
        assert list(sealed.differences(yaml.safe_load(text), "aks")) == []
        argv = [program(other), "--recovery-unseal", f"--recovery-private-key={tmp_path / 'key.pem'}"]
        done = subprocess.run(argv, input=text, capture_output=True, check=False)
        assert (done.returncode, b'"aks"' in done.stdout) == (0, True), done.stderr


def private() -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    return RSA.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
