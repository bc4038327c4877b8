"""Git over SSH: the repositories of the lab's Git server, for the keys that it knows, as any Git host has it.

A key runs Git's programs on the repositories and nothing else, and pushes one branch, which is its own.
"""

from __future__ import annotations

import getpass
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.gitserver import Place
from tests.lab.process import start, wait_for

if TYPE_CHECKING:
    from tests.lab.lab import Lab

SSHD = "/usr/sbin/sshd"
ONLY = "MCGEN_LAB_ONLY_BRANCH"
# What the server asks before it takes a branch.
PROTECT = f"""#!/bin/sh
[ -z "${{{ONLY}:-}}" ] || [ "$1" = "refs/heads/${ONLY}" ] || {{ echo "$1 is protected" >&2; exit 1; }}
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server. folder: its keys and settings; repositories: the folder that paths of URLs begin in."""

    address: str
    folder: Path
    repositories: Path

    def url(self, name: str) -> str:
        """Return the URL of a repository, as a person writes it."""
        return f"{getpass.getuser()}@{self.address}:{name}.git"

    @property
    def known_hosts(self) -> str:
        kind, key, _ = (self.folder / "host.pub").read_text().split()
        return f"{self.address} {kind} {key}\n"

    def admit(self, public_key: str, branch: str) -> None:
        """Let whoever has the other half of a key read every repository, and push one branch."""
        command = f'cd {self.repositories} && {ONLY}={branch} exec git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"'
        with (self.folder / "authorized").open("a") as file:
            file.write(f'restrict,command="{command}" {public_key.strip()}\n')


def serve(lab: Lab) -> Server:
    """Start the server, unless it runs, and return it; it ends with the lab."""
    place = Place(folder=lab.run / "git")
    found = Server(address=str(lab.plan.git_address), folder=lab.run / "git-ssh", repositories=place.repositories)
    if found.folder.exists():
        return found
    found.folder.mkdir()
    place.repositories.mkdir(parents=True, exist_ok=True)
    key(found.folder / "host")
    (found.folder / "authorized").touch()
    options = {
        "ListenAddress": found.address, "HostKey": found.folder / "host", "PidFile": "none",
        "AuthorizedKeysFile": found.folder / "authorized", "StrictModes": "no", "UsePAM": "no",
        "PasswordAuthentication": "no", "PermitRootLogin": "prohibit-password",
    }  # fmt: skip
    config, log = found.folder / "config", lab.logs / "git-ssh.log"
    config.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = start(
        [SSHD, "-D", "-e", "-f", str(config)],
        record=lab.run / "records/git-ssh.stat",
        log=log,
        namespace=lab.plan.internet,
    )
    wait_for("sshd", lambda: b"Server listening" in log.read_bytes(), seconds=30, needs=[process])
    return found


def protect(bare: Path) -> None:
    """Let a repository refuse what a key may not push."""
    hook = bare / "hooks/update"
    hook.write_text(PROTECT)
    hook.chmod(0o755)


def key(path: Path) -> str:
    """Make a key pair, and return the public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text()


def stranger(folder: Path) -> str:
    """Return a public key that belongs to nobody, as a line of known_hosts has it; the key itself is beside it."""
    kind, public, _ = key(folder / f"stranger-{os.getpid()}").split()
    return f"{kind} {public}"
