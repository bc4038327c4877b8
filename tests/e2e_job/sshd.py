"""A real SSH server on this machine for one test: one key may log in, and Git's programs are all that it runs."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.process import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

SSHD = "/usr/sbin/sshd"


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server. secret: a folder with `identity` and `known_hosts`, as the job's Secret for Git is mounted."""

    address: str
    port: int
    secret: Path

    def url(self, repository: Path) -> str:
        return f"ssh://{getpass.getuser()}@{self.address}:{self.port}{repository}"


@contextmanager
def server(folder: Path, address: str = "127.0.0.1", namespace: str = "") -> Iterator[Server]:
    """Yield a server that is up, in a network namespace if one is given; it is down afterwards."""
    secret = folder / "secret"
    secret.mkdir(parents=True)
    for path in (folder / "host", secret / "identity"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    (secret / "identity.pub").rename(folder / "authorized")
    port = _free()
    kind, key, _ = (folder / "host.pub").read_text().split()
    (secret / "known_hosts").write_text(f"[{address}]:{port} {kind} {key}\n")
    options = {
        "Port": port, "ListenAddress": address, "HostKey": folder / "host", "PidFile": "none",
        "AuthorizedKeysFile": folder / "authorized", "StrictModes": "no", "UsePAM": "no",
        "PasswordAuthentication": "no", "PermitRootLogin": "prohibit-password", "AllowTcpForwarding": "no",
    }  # fmt: skip
    (folder / "config").write_text("".join(f"{key} {value}\n" for key, value in options.items()))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    inside = ["nsenter", f"--net=/run/netns/{namespace}", "--"] if namespace else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*inside, SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=log)
        try:
            wait_for("sshd", lambda: b"Server listening" in (folder / "log").read_bytes(), seconds=20)
            yield Server(address=address, port=port, secret=secret)
        finally:
            process.terminate()
            process.wait()


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def stranger(folder: Path) -> str:
    """Return a public key that belongs to nobody, as a line of known_hosts has it."""
    path = folder / f"stranger-{os.getpid()}"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    kind, key, _ = path.with_suffix(".pub").read_text().split()
    return f"{kind} {key}"
