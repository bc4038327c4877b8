"""The mesh's certificate authority: a root that stays offline, and an intermediate certificate for each primary.

Keys are RSA of 4096 bits and the fields those of Istio's own recipe (tools/certs of Istio), which istiod is known to
take. What istiod reads of a Secret `cacerts`: pilot/pkg/bootstrap/istio_ca.go.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.bootstrap.certificate import fingerprint
from mcgen.emit import emit
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_BITS, _EXPONENT = 4096, 65537
_ROOT_DAYS, _INTERMEDIATE_DAYS = 3650, 730
# Clocks of clusters differ a little.
_EARLIER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A root certificate and its key."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    @property
    def pem(self) -> bytes:
        """Return the certificate as text."""
        return _pem(self.certificate)

    @property
    def fingerprint(self) -> str:
        """Return the sha256 of the certificate's DER form."""
        return fingerprint(self.certificate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intermediate:
    """A primary's certificate and key, under a root. trusted: every root that its workloads trust, the old first."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    root: Root
    trusted: tuple[Root, ...]

    @property
    def day(self) -> str:
        """Return the day on which it expires (UTC)."""
        return self.certificate.not_valid_after_utc.strftime("%Y-%m-%d")

    def secret(self) -> bytes:
        """Return the Secret `cacerts` as YAML, for the standard input of what takes it to its place."""
        own = _pem(self.certificate)
        data = {
            "ca-cert.pem": own,
            "ca-key.pem": key_pem(self.key),
            "cert-chain.pem": own + self.root.pem,
            "root-cert.pem": b"".join(root.pem for root in self.trusted),
        }
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": names.AUTHORITY, "namespace": names.ISTIO_SYSTEM},
            "data": {name: base64.b64encode(content).decode() for name, content in data.items()},
        }
        return emit([document]).encode()


def new_root(mesh: str, now: datetime) -> Root:
    """Return a new root for a mesh, good for ten years."""
    key = _new_key()
    name = _name(mesh, f"Root CA of {now:%Y-%m-%d}")
    until = now + timedelta(days=_ROOT_DAYS)
    return Root(certificate=_issue(name, name, key, key, now, until, path_length=1), key=key)


def issue(root: Root, mesh: str, cluster: str, now: datetime, trusted: tuple[Root, ...] = ()) -> Intermediate:
    """Return a new intermediate certificate for a primary, good for two years; ToolError when the root is not.

    trusted: the roots to trust; without them the one that it is under.
    """
    end = root.certificate.not_valid_after_utc
    until = min(now + timedelta(days=_INTERMEDIATE_DAYS), end)
    if end < now:
        raise ToolError(f"the root certificate expired on {end:%Y-%m-%d}")
    key = _new_key()
    # A name is at most 64 letters, which a cluster's alone may be.
    subject = _name(mesh, "Intermediate CA", cluster)
    certificate = _issue(subject, root.certificate.subject, key, root.key, now, until, path_length=0)
    return Intermediate(certificate=certificate, key=key, root=root, trusted=trusted or (root,))


def key_pem(key: RSAPrivateKey) -> bytes:
    """Return a key as text that openssl and istiod read."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def parse(certificate: bytes, key: bytes, source: str) -> Root:
    """Return the root of two PEM texts; raise ToolError when they are none, or do not belong together."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found, private = x509.load_pem_x509_certificate(certificate), load_pem_private_key(key, password=None)
        authority = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        # What the library says could quote the key.
        raise ToolError(f"{source}: this is no root certificate with its key in PEM form") from error
    if not isinstance(private, RSAPrivateKey) or private.public_key() != found.public_key():
        raise ToolError(f"{source}: the key is not that of the certificate")
    if not authority or found.subject != found.issuer:
        raise ToolError(f"{source}: the certificate is no root")
    return Root(certificate=found, key=private)


def now() -> datetime:
    """Return the time in whole seconds, as certificates have it."""
    return datetime.now(UTC).replace(microsecond=0)


def _new_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)


def _name(mesh: str, common: str, cluster: str = "") -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    parts = [(NameOID.ORGANIZATION_NAME, mesh), (NameOID.COMMON_NAME, common)]
    parts += [(NameOID.LOCALITY_NAME, cluster)] if cluster else []
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _issue(
    subject: x509.Name,
    issuer: x509.Name,
    key: RSAPrivateKey,
    signing: RSAPrivateKey,
    start: datetime,
    until: datetime,
    *,
    path_length: int,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(start - _EARLIER).not_valid_after(until)
    for value, critical in (
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False),
    ):
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(signing, SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
