"""What a workload's proxy presents to others, and whom it trusts: the real certificates, judged by the real openssl."""

from __future__ import annotations

import subprocess
import tempfile
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab.catalogue import TOOLS
from tests.lab.process import run

if TYPE_CHECKING:
    from tests.lab.cluster import Cluster


@dataclass(frozen=True, kw_only=True)
class Presented:
    """A proxy's certificates. chain: its own, then those above it; roots: what it verifies others with."""

    chain: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]

    @property
    def identity(self) -> str:
        """Who it says it is."""
        names = self.chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
        (found,) = names.value.get_values_for_type(x509.UniformResourceIdentifier)
        return found


def presented(cluster: Cluster, namespace: str, selector: str) -> Presented:
    """Return what the proxy of the youngest pod with these labels has from its istiod now."""
    pod, *_ = cluster.pods(namespace, selector)
    where = (f"--kubeconfig={cluster.kubeconfig}", f"--namespace={namespace}", "--output=yaml")
    said = yaml.safe_load(run([f"{TOOLS}/istioctl", "proxy-config", "secret", pod, *where]))
    held = {each["name"]: each["secret"] for each in said["dynamicActiveSecrets"]}
    return Presented(
        chain=_read(held["default"]["tlsCertificate"]["certificateChain"]),
        roots=_read(held["ROOTCA"]["validationContext"]["trustedCa"]),
    )


def _read(data: dict[str, Any]) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(b64decode(data["inlineBytes"])))


def refusal(holder: Presented, roots: tuple[x509.Certificate, ...]) -> str:
    """Return why openssl does not verify a workload's chain with these roots, empty when it does."""
    own, *above = holder.chain
    with tempfile.TemporaryDirectory() as folder:
        files = {"own": [own], "above": above, "roots": roots}
        for name, certificates in files.items():
            Path(folder, name).write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
        argv = ["openssl", "verify", "-x509_strict", "-CAfile", "roots", "-untrusted", "above", "own"]
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr
    return (done.stdout + done.stderr).strip() if done.returncode else ""
