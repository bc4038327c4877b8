"""A certificate from a URL comes over TLS to its end, and a URL's login stands in no words."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from mcgen import proc
from mcgen.bootstrap import certificate
from tests.certificates import RSA, issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEM = issue(RSA, days=200)
PLAIN = "http://127.0.0.1"


class Pki(BaseHTTPRequestHandler):
    """Has a certificate, and redirects to it."""

    plain = ""

    def do_GET(self) -> None:
        where = {"/moved": "/it", "/plain": self.plain}.get(self.path, "")
        if self.path == "/odd":
            self.wfile.write(b"no HTTP\r\n")
            return
        self.send_response(302 if where else 200)
        if where:
            self.send_header("Location", where)
        self.end_headers()
        self.wfile.write(PEM.encode())

    def log_message(self, *_: object) -> None:
        """Be silent."""


def serve(context: ssl.SSLContext | None) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pki)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return where a server with TLS is, beside one without."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pki")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, RSA.public_key(), 1, now, now + timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    own = builder.add_extension(here, critical=False).sign(RSA, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = RSA.private_bytes(serialization.Encoding.PEM, *form)
    file = tmp_path / "pki.pem"
    file.write_bytes(own.public_bytes(serialization.Encoding.PEM) + key)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    secure, plain = serve(context), serve(None)
    monkeypatch.setattr(Pki, "plain", f"{PLAIN}:{plain.server_port}/it")
    yield f"https://127.0.0.1:{secure.server_port}"
    for server in (secure, plain):
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("path", ["/it", "/moved"])
def test_it_is_read_also_where_it_has_moved_to(url: str, path: str) -> None:
    assert certificate.read(url + path, timeout=10).pem.decode() == PEM


@pytest.mark.parametrize(
    ("path", "words"), [("/plain", "unknown url type: http"), ("/odd", "no answer that can be understood")]
)
def test_it_comes_over_tls_to_its_end(url: str, path: str, words: str) -> None:
    with pytest.raises(certificate.Unusable, match=words):
        certificate.read(url + path, timeout=10)


@pytest.mark.parametrize("url", ["https://pki.example.com:gke/a.pem", "https://[/a.pem"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(certificate.Unusable, match="cannot be read"):
        certificate.read(url, timeout=10)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "no access to https://mesh:pa.ss@git.example.com/x.git",
            "no access to https://[hidden]@git.example.com/x.git",
        ),
        ("no access to 'https://ghp0123@git.example.com'", "no access to 'https://[hidden]@git.example.com'"),
        ("ssh://mesh:secret@git.example.com:22/x", "ssh://[hidden]@git.example.com:22/x"),
        ("HTTPS://t0ken@host/", "HTTPS://[hidden]@host/"),
        ("https://user:p@ss@host/x", "https://[hidden]@host/x"),
        ("https://user:pa/ss@host/x", "https://[hidden]@host/x"),
        (f"ssh://{70 * 'a'}:secret@host", "ssh://[hidden]@host"),
        (f"https://{62 * 'a'}:secret@host/x", "https://[hidden]@host/x"),
        ("ssh://git@git.example.com/x and https://git.example.com/@x", None),
    ],
)
def test_words_hide_the_login_of_a_url(said: str, shown: str | None) -> None:
    assert proc.words(said.encode()) == (shown or said)
