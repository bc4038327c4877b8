"""The certificate that a consumer's remote secrets are sealed with: where it comes from, and whether it is good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mcgen import proc
from mcgen.bootstrap.kube import NoAnswer, hint, why
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from cryptography import x509

    from mcgen.bootstrap.access import Access

_LARGEST = 1 << 20
_URL = "https://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """pem: the certificate alone; fingerprint: sha256 of its DER form; not_after: in UTC; source: in words."""

    pem: bytes
    fingerprint: str
    not_after: datetime
    source: str

    @property
    def day(self) -> str:
        """Return the day on which it expires."""
        return self.not_after.strftime("%Y-%m-%d")


class Unusable(ToolError):  # noqa: N818 - a property of the certificate
    """What was found is no certificate to seal with."""


def fetch(access: Access, controller: tuple[str, str], *, timeout: float) -> Certificate:
    """Ask the sealed-secrets controller (namespace, name) through the API server; raise NoAnswer or Unusable."""
    namespace, name = controller
    argv = ["kubeseal", *access.options, "--fetch-cert"]
    argv += [f"--controller-namespace={namespace}", f"--controller-name={name}"]
    try:
        done = proc.run(argv, timeout=timeout, pass_fds=access.descriptors)
    except proc.TimedOut as error:
        raise NoAnswer(why(str(error)), f"{access.cluster} ({access}): {error}") from error
    if done.code:
        words = done.words or "kubeseal failed"
        # It speaks of options of its own, which are a field of the blueprint here.
        words = words.partition(" Please, use the flag")[0]
        raise NoAnswer(
            why(done.words),
            f"no certificate from the sealed-secrets controller {namespace}/{name}: {words}{hint(words)}",
        )
    return parse(done.stdout, f"controller {namespace}/{name} of {access.cluster}")


def read(source: str, *, timeout: float) -> Certificate:
    """Return the certificate of a file or an https URL; raise Unusable."""
    try:
        pem = _download(source, timeout) if source.startswith(_URL) else Path(source).read_bytes()
    except OSError as error:
        raise Unusable(f"the certificate '{source}' cannot be read: {error.strerror or error}") from error
    return parse(pem, source)


def parse(pem: bytes, source: str, *, now: datetime | None = None) -> Certificate:
    """Return the first certificate of a PEM text; raise Unusable when it is none, has expired or is no RSA one.

    The controller's keys are RSA (pkg/crypto of sealed-secrets); kubeseal takes the first certificate, as here.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificates(pem)[0]
        rsa = isinstance(found.public_key(), RSAPublicKey)
    except (ValueError, IndexError) as error:
        raise Unusable(f"{source}: this is no certificate in PEM form") from error
    except Exception as error:
        # A key of a kind that the library does not know.
        raise Unusable(f"{source}: the certificate cannot be used: {error}") from error
    now = now or datetime.now(UTC)
    if not rsa:
        raise Unusable(f"{source}: the certificate has no RSA key, so it is none of sealed-secrets")
    if found.not_valid_after_utc < now:
        day = found.not_valid_after_utc.strftime("%Y-%m-%d")
        raise Unusable(f"{source}: the certificate expired on {day}: fetch the controller's new one")
    if found.not_valid_before_utc > now:
        day = found.not_valid_before_utc.isoformat(timespec="minutes")
        raise Unusable(f"{source}: the certificate is not valid before {day}: compare the clocks")
    return Certificate(
        pem=found.public_bytes(Encoding.PEM),
        fingerprint=fingerprint(found),
        not_after=found.not_valid_after_utc,
        source=source,
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the sha256 of a certificate's DER form."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return f"sha256:{certificate.fingerprint(SHA256()).hex()}"


def _download(url: str, timeout: float) -> bytes:
    from http.client import HTTPException
    from urllib import request

    # It knows https alone, so that no redirect leads anywhere else.
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.UnknownHandler,
        request.HTTPSHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPRedirectHandler,
        request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    try:
        with opener.open(url, timeout=timeout) as answer:
            content: bytes = answer.read(_LARGEST)
    except (HTTPException, ValueError) as error:
        raise OSError(f"no answer that can be understood ({error})") from error
    return content
