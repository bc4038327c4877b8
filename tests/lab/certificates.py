"""A cluster's own authority, the certificates of its programs and their kubeconfigs."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from ipaddress import IPv4Address
    from pathlib import Path

    from tests.lab.plan import ClusterPlan

LIFETIME = datetime.timedelta(days=30)

# Program -> organisation and name: the ones that Kubernetes' own roles are bound to.
CLIENTS = {
    "admin": ("system:masters", "admin"),
    "controller-manager": ("", "system:kube-controller-manager"),
    "scheduler": ("", "system:kube-scheduler"),
    "proxy": ("", "system:kube-proxy"),
    "kubelet": ("system:nodes", "system:node:{node}"),
    "front-proxy": ("", "front-proxy-client"),
}


@dataclass(frozen=True)
class Authority:
    """A certificate authority and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def write(cluster: ClusterPlan, folder: Path) -> None:
    """Write ca.crt, server.crt/.key, sa.key/.pub and NAME.crt, .key, .kubeconfig of every client into the folder."""
    folder.mkdir(parents=True, mode=0o700)
    authority = _authority(f"{cluster.name}-ca")
    (folder / "ca.crt").write_bytes(_pem(authority.certificate))
    _service_accounts(folder)
    _issue(authority, folder / "server", "", "kube-apiserver", _server_names(cluster))
    for client, (organisation, name) in CLIENTS.items():
        _issue(authority, folder / client, organisation, name.format(node=cluster.node_name))
        (folder / f"{client}.kubeconfig").write_text(yaml.safe_dump(_kubeconfig(cluster, folder, client)))


def server(folder: Path, name: str, address: IPv4Address) -> None:
    """Write ca.crt and server.crt/.key of a server that is no cluster's into the folder."""
    folder.mkdir(parents=True, mode=0o700)
    authority = _authority(f"{name}-ca")
    (folder / "ca.crt").write_bytes(_pem(authority.certificate))
    _issue(authority, folder / "server", "", name, x509.GeneralNames([x509.IPAddress(address)]))


def merged(parts: dict[str, dict[str, list[object]]]) -> str:
    """Return one kubeconfig of several (context's name -> kubeconfig); the first is current."""
    whole = {
        key: [entry for part in parts.values() for entry in part[key]] for key in ("clusters", "contexts", "users")
    }
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": next(iter(parts)), **whole})


def _authority(name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
    builder = builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_authority_usage(), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _authority_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + LIFETIME)


def _issue(
    authority: Authority, path: Path, organisation: str, name: str, also: x509.GeneralNames | None = None
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if organisation:
        subject.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    builder = _builder(x509.Name(subject), key.public_key()).issuer_name(authority.certificate.subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(known, critical=False)
    if also:
        builder = builder.add_extension(x509.SubjectAlternativeName(also), critical=False)
    path.with_suffix(".crt").write_bytes(_pem(builder.sign(authority.key, hashes.SHA256())))
    path.with_suffix(".key").write_bytes(_key(key))


def _server_names(cluster: ClusterPlan) -> x509.GeneralNames:
    domain = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    addresses = (ip_address("127.0.0.1"), cluster.services[1], cluster.api_address)
    names = [x509.DNSName(name) for name in ("localhost", *domain)]
    return x509.GeneralNames([*names, *(x509.IPAddress(address) for address in addresses)])


def _service_accounts(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "sa.key").write_bytes(_key(key))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "sa.pub").write_bytes(public)


def _kubeconfig(cluster: ClusterPlan, folder: Path, client: str) -> dict[str, object]:
    def data(file: str) -> str:
        return base64.b64encode((folder / file).read_bytes()).decode()

    name, user = cluster.name, f"{cluster.name}-{client}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": cluster.server, "certificate-authority-data": data("ca.crt")}}
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "users": [
            {
                "name": user,
                "user": {"client-certificate-data": data(f"{client}.crt"), "client-key-data": data(f"{client}.key")},
            }
        ],
    }


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    # PKCS8 would do too, but for the controller manager's service-account key.
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
