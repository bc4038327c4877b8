"""Git, as the bootstrap job needs it: one clone in memory, one branch of its own, SSH with the key it was given."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import names, proc
from mcgen.problems import ToolError
from mcgen.revision import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SECONDS = 300.0
_ORIGIN = "origin"
# Another push came first; anything else that a server refuses, it will refuse again.
_RACE = re.compile(r"\[rejected\]|cannot lock ref|failed to update ref|reference already exists|incorrect old value")
# What somebody else's environment or files could change.
_SETTINGS = ("core.hooksPath=/dev/null", "commit.gpgSign=false", "core.autocrlf=false", "protocol.version=2")


class Rejected(ToolError):  # noqa: N818 - what happened, not what it is called
    """The branch is not what it was when it was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit. mine: whether the job made it and nobody changed it since."""

    sha: str
    author: str
    mine: bool

    def __str__(self) -> str:
        """Return it as people speak of it."""
        return f"{self.sha[:12]} by {self.author}"


def environment(given: Mapping[str, str], folder: str) -> dict[str, str]:
    """Return the environment in which Git uses the key and the known hosts of a folder, and asks nobody."""
    command = [
        "ssh", "-F", "/dev/null", "-i", f"{folder}/{names.GIT_KEY}",
        *_options("IdentitiesOnly=yes", "IdentityAgent=none", "BatchMode=yes", "StrictHostKeyChecking=yes"),
        *_options(f"UserKnownHostsFile={folder}/{names.GIT_HOSTS}", "GlobalKnownHostsFile=/dev/null"),
        *_options("PreferredAuthentications=publickey", "ConnectTimeout=30", "ServerAliveInterval=15"),
    ]  # fmt: skip
    left = {"SSH_AUTH_SOCK", "SSH_ASKPASS", *PLACES}
    kept = {key: value for key, value in given.items() if key not in left}
    return kept | {"GIT_SSH_COMMAND": shlex.join(command), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _options(*options: str) -> list[str]:
    return [word for option in options for word in ("-o", option)]


class Clone:
    """A clone in a folder. identity: name and address of whoever commits; mark: the trailer of its commits."""

    def __init__(self, folder: Path, environment: Mapping[str, str], identity: tuple[str, str], mark: str) -> None:
        self.folder = folder
        self._environment = dict(environment)
        self._identity = identity
        self.mark = mark

    @classmethod
    def make(cls, url: str, revision: str, folder: Path, environment: Mapping[str, str]) -> Clone:
        """Clone a branch; raise ToolError with Git's own words. Files come when they are needed, history at once."""
        clone = cls(folder, environment, ("", ""), "")
        options = ("--quiet", "--no-tags", "--no-checkout", "--single-branch", "--filter=blob:none")
        clone._run("clone", *options, f"--branch={revision}", "--", url, str(folder), inside=False)
        return clone

    def as_whom(self, identity: tuple[str, str], mark: str) -> Clone:
        """Return the same clone for another committer."""
        return Clone(self.folder, self._environment, identity, mark)

    def fetch(self, branch: str) -> str:
        """Return the commit of a branch as the server has it now, empty when it has no such branch."""
        # By its full name, so that a tag or a pattern is nothing.
        ref = f"refs/heads/{branch}"
        listed = self._run("ls-remote", "--", _ORIGIN, ref)
        if not any(line.split("\t")[1:] == [ref] for line in listed.splitlines()):
            return ""
        self._run("fetch", "--quiet", "--no-tags", _ORIGIN, f"+{ref}:refs/remotes/{_ORIGIN}/{branch}")
        return self._run("rev-parse", "--verify", f"refs/remotes/{_ORIGIN}/{branch}^{{commit}}").strip()

    def contains(self, tip: str, commit: str) -> bool:
        """Return whether a commit is in the history of another one."""
        done = self._git("merge-base", "--is-ancestor", commit, tip)
        if done.code not in (0, 1):
            raise ToolError(f"git merge-base: {done.words or f'exit code {done.code}'}")
        return done.code == 0

    def holds(self, commit: str, path: str) -> bool:
        """Return whether a commit has a file."""
        return bool(self._run("ls-tree", commit, "--", path).strip())

    def ahead(self, tip: str, base: str) -> Iterator[Commit]:
        """Yield the commits that are in one history and not in the other, newest first."""
        form = "%H%x00%ae%x00%ce%x00%an%x00%(trailers:key=" + names.BOOTSTRAP_TRAILER + ",valueonly,separator=%x2C)"
        # Nothing but a line feed ends a line: a name may hold what Python takes for one.
        for line in filter(None, self._run("log", f"--format={form}", tip, f"^{base}", "--").split("\n")):
            sha, author, committer, name, marks = line.split("\0")
            mine = author == committer == self._identity[1] and marks == self.mark
            yield Commit(sha=sha, author=name, mine=mine)

    def checkout(self, commit: str) -> None:
        """Make the folder what a commit holds, and nothing else."""
        self._run("checkout", "--quiet", "--force", "--detach", commit, "--")
        self._run("clean", "--quiet", "-ffdx")

    def commit(self, path: str, message: str) -> str:
        """Commit what changed below a path, and return the new commit; empty when nothing did."""
        # An ignored file may well be a sealed one: all that lies in the tree belongs to it.
        self._run("add", "--all", "--force", "--", path)
        if self._git("diff", "--cached", "--quiet").code == 0:
            return ""
        name, email = self._identity
        whose = ("-c", f"user.name={name}", "-c", f"user.email={email}")
        self._run("commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-", stdin=message, settings=whose)
        return self._run("rev-parse", "HEAD").strip()

    def push(self, commit: str, branch: str, seen: str) -> None:
        """Make a commit the branch's, as long as the server has it at `seen` (empty: has it not).

        Raises Rejected when it has another one by now, ToolError for whatever else the server says.
        """
        ref = f"refs/heads/{branch}"
        done = self._git("push", "--porcelain", f"--force-with-lease={ref}:{seen}", _ORIGIN, f"{commit}:{ref}")
        if done.code:
            said = proc.words(done.stdout + b" " + done.stderr)
            message = f"git push to {branch}: {said or f'exit code {done.code}'}"
            raise Rejected(message) if _RACE.search(said) else ToolError(message)

    def _run(
        self, command: str, *arguments: str, inside: bool = True, stdin: str = "", settings: tuple[str, ...] = ()
    ) -> str:
        done = self._git(command, *arguments, inside=inside, stdin=stdin, settings=settings)
        if done.code:
            raise ToolError(f"git {command}: {done.words or f'exit code {done.code}'}")
        return done.stdout.decode(errors="replace")

    def _git(
        self, command: str, *arguments: str, inside: bool = True, stdin: str = "", settings: tuple[str, ...] = ()
    ) -> proc.Done:
        given = [word for setting in _SETTINGS for word in ("-c", setting)]
        argv = ["git", *given, *settings, command, *arguments]
        where = self.folder if inside else None
        return proc.run(argv, timeout=_SECONDS, cwd=where, stdin=stdin.encode(), env=self._environment)
