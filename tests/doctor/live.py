"""Clusters in which all is as it should be, as answers from files, and how tests change and ask them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from mcgen.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.answers import Answers


BLUEPRINT = "blueprints/gke-aks.yaml"
CONTROLLER = "sealed-secrets-controller"
TOKEN = "istio-reader-gke-1-token"
FORBIDDEN = "Error from server (Forbidden): no\n"
TOKEN_ANSWER = "kubernetes.io/service-account-token istio-reader-gke-1|aks|2026-01-01T00:00:00Z|filled"


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A certificate that a controller could have."""

    pem: str
    fingerprint: str


def signed(days: int = 90) -> Signed:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secrets")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(now + timedelta(days=days))
    made = builder.sign(key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    return Signed(pem=pem, fingerprint=f"sha256:{made.fingerprint(hashes.SHA256()).hex()}")


def doctor(capsys: pytest.CaptureFixture[str], *options: str, code: int) -> dict[str, Any]:
    """Run it, and return what it says as JSON."""
    assert run(["doctor", BLUEPRINT, "--format", "json", "--retries", "0", *options]) == code
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def not_fine(said: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(check["cluster"], check["check"], check["code"]) for check in said["checks"] if check["verdict"] != "fine"]


def change(live: Answers, context: str, kind: str, name: str, edit: Callable[[Any], object]) -> None:
    document = live.get(context, kind, name)
    edit(document)
    live.set(context, kind, name, document)


def config(live: Answers, **data: str | None) -> None:
    """Set keys of argocd-cm; dots are written as `__`, None removes."""

    def edit(document: Any) -> None:
        for key, value in data.items():
            document["data"].pop(key.replace("__", "."), None)
            if value is not None:
                document["data"][key.replace("__", ".")] = value

    change(live, "gke", "configmap", "argocd-cm", edit)


APPLICATION = "resource__customizations__health__argoproj__io_Application"
INJECTOR = "resource__customizations__health__admissionregistration__k8s__io_MutatingWebhookConfiguration"
REGISTERED = ("gke", "secrets", "argocd.argoproj.io/secret-type=cluster")
DEPLOYMENT = ("gke", "deployment", "argocd-repo-server")


def pod(document: Any) -> Any:
    return document["spec"]["template"]["spec"]


def containers(document: Any) -> list[Any]:
    return [*pod(document)["containers"], *pod(document)["initContainers"]]


def rename(live: Answers, old: str, new: str) -> None:
    change(live, *DEPLOYMENT, lambda d: [each.update(name=new) for each in containers(d) if each["name"] == old])


def images(live: Answers, old: str, new: str) -> None:
    def edit(document: Any) -> None:
        for each in containers(document):
            each["image"] = each["image"].replace(old, new)

    change(live, *DEPLOYMENT, edit)


def without_policy(live: Answers, name: str) -> None:
    for kind in ("validatingadmissionpolicy", "validatingadmissionpolicybinding"):
        live.remove("gke", kind, name)
