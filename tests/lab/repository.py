"""A team's repository on the lab's Git server, and the working copy in which its people commit."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.lab import certificates
from tests.lab.catalogue import CHECKOUT
from tests.lab.gitserver import USER, Place
from tests.lab.plan import LabError
from tests.lab.process import run, start, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.lab import Lab

BRANCH = "main"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository with a working copy. url: as pods and people reach it; copy: the folder in which people work."""

    url: str
    copy: Path
    place: Place

    @property
    def password(self) -> str:
        return self.place.password_file.read_text()

    def git(self, *argv: str) -> str:
        """Run git in the working copy and return what it printed."""
        # The environment comes before a repository's settings, and may name authorities of its own.
        trust = f"GIT_SSL_CAINFO={self.place.authority}"
        return run(["env", trust, "git", "-C", str(self.copy), *argv])

    def commit(self, message: str) -> str:
        """Commit everything in the working copy, push it, and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")
        self.git("push", "--quiet", "origin", BRANCH)
        return self.head

    @property
    def head(self) -> str:
        """The last commit of the working copy."""
        return self.git("rev-parse", "HEAD").strip()


def serve(lab: Lab) -> Place:
    """Start the lab's Git server, unless it runs, and return its place; it ends with the lab."""
    place = Place(folder=lab.run / "git")
    if place.password_file.exists():
        return place
    certificates.server(place.folder / "pki", "git", lab.plan.git_address)
    place.repositories.mkdir(exist_ok=True)
    place.password_file.write_text(secrets.token_urlsafe(24))
    place.password_file.chmod(0o600)
    process = start(
        ["env", f"PYTHONPATH={CHECKOUT}", sys.executable, "-m", "tests.lab.gitserver", *_where(lab, place)],
        record=lab.run / "records/git.stat",
        log=lab.logs / "git.log",
        namespace=lab.plan.internet,
    )
    wait_for("the Git server", partial(_answers, lab, place), seconds=30, needs=[process])
    return place


def create(lab: Lab, name: str) -> Repository:
    """Make an empty repository on the lab's Git server, and a working copy of it."""
    place = serve(lab)
    bare, copy = place.repositories / f"{name}.git", place.folder / "copies" / name
    run(["git", "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(bare)])
    # Pushes come over the network, from whoever knows the password.
    run(["git", "-C", str(bare), "config", "http.receivepack", "true"])
    found = Repository(url=f"https://{lab.plan.git_address}/{name}.git", copy=copy, place=place)
    run(["git", "init", "--quiet", f"--initial-branch={BRANCH}", str(copy)])
    store = place.folder / "credentials"
    store.write_text(f"https://{USER}:{found.password}@{lab.plan.git_address}\n")
    store.chmod(0o600)
    for key, value in {
        "user.name": "Team",
        "user.email": "team@example.com",
        "credential.helper": f"store --file={store}",
    }.items():
        found.git("config", key, value)
    found.git("remote", "add", "origin", found.url)
    return found


def _where(lab: Lab, place: Place) -> list[str]:
    return [str(lab.plan.git_address), str(place.folder)]


def _answers(lab: Lab, place: Place) -> bool:
    # Any answer will do, 401 among them.
    ask = ["curl", "--silent", "--cacert", str(place.authority), f"https://{lab.plan.git_address}/"]
    try:
        run(ask)
    except LabError:
        return False
    return True
