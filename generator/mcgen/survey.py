"""Comparing a tree with what stands in the output folder: what a build would change, and what forbids it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from mcgen.disk import Found, below, failure, look
from mcgen.manifest import digest, has_conflict
from mcgen.problems import Pos, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcgen.disk import Folders
    from mcgen.manifest import Manifest

_EDITED = (
    "move the change into the blueprint, or build with --force to replace the file; "
    "after a merge, --force is right when both sides were built"
)
_PRUNED = "keep a copy of it elsewhere if it is needed, and build with --force to remove it"
_FOREIGN = "move it away, or build with --force to replace it"
_FOLDER = "move the folder away; not even --force removes one that mcgen did not write"
_LINK = "remove the link; mcgen never writes through one"
_INPUT = "build without --inputs to keep the file, or with --force to replace it"
_UNUSED = "remove the file when its cluster is gone for good"


class Survey:
    """What was found so far; every path is relative to the output folder.

    created, changed, deleted, unchanged: files. cleared: empty folders in a file's way, parents first.
    accepted: the digests of what a merge left of owned files.
    """

    def __init__(self, out: Path, folders: Folders, old: Manifest, *, merged: bool, force: bool) -> None:
        """Take the manifest that was found; merged: it has the digests of both sides of a merge."""
        self._out = out
        self._folders = folders
        self._old = old
        self._merged = merged
        self._force = force
        self._here: str | None = None
        self._descriptor: int | None = None
        self._blockers: dict[str, bool] = {}
        self.created: list[str] = []
        self.changed: list[str] = []
        self.deleted: set[str] = set()
        self.unchanged: list[str] = []
        self.cleared: list[str] = []
        self.accepted: dict[str, str] = {}
        self.problems: list[Problem] = []

    def prune(self, wanted: Mapping[str, bytes]) -> None:
        """Find the owned files that the tree no longer has; raise ToolError for what cannot be read."""
        for path in sorted(self._old.files.keys() - wanted.keys() - self._old.inputs.keys()):
            found = self._look(path)
            if found is Found.NOTHING or found is Found.FOLDER:
                continue
            if self._force or self._is_untouched(path, found):
                self.deleted.add(path)
            else:
                self._report("MC607", path, "is no longer part of the tree, but was changed by hand", _PRUNED)
        for path in sorted(self._old.inputs.keys() - wanted.keys()):
            if self.stands(path):
                message = "is an input that the blueprint no longer needs; it stays"
                self._report("MC611", path, message, _UNUSED, Severity.WARNING)

    def compare(self, wanted: Mapping[str, bytes], inputs: Mapping[str, bytes]) -> None:
        """Find what of the wanted files is new, different or equal; raise ToolError for what cannot be read."""
        self._here = None
        self._blockers.clear()
        for path in sorted(wanted):
            found = self._look(path, wanted[path])
            if found == wanted[path]:
                self.unchanged.append(path)
            elif found is Found.NOTHING:
                self.created.append(path)
            elif found is Found.FOLDER:
                self._clear(path)
            elif path in inputs:
                self._replace_input(path, found)
            else:
                self._replace(path, found)
        for path, is_link in self._blockers.items():
            self._unblock(path, is_link=is_link)

    def stands(self, path: str) -> bool:
        """Return whether there is anything at a path; raise ToolError when that cannot be told."""
        return self._look(path) is not Found.NOTHING

    def _look(self, path: str, expected: bytes = b"") -> bytes | Found:
        folder, _, name = path.rpartition("/")
        try:
            if folder != self._here:
                self._here, self._descriptor = folder, self._enter(folder)
            return Found.NOTHING if self._descriptor is None else look(self._descriptor, name, expected)
        except OSError as error:
            raise failure("read", self._out / path, error) from error

    def _enter(self, folder: str) -> int | None:
        try:
            return self._folders.open(folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                raise
            path, is_link = self._folders.blocker(folder)
            self._blockers[path] = is_link
            return None

    def _is_untouched(self, path: str, found: bytes | Found) -> bool:
        """Return whether no person changed an owned file; what Git makes of two builds is nobody's work."""
        if not isinstance(found, bytes):
            return False
        known = self._old.files[path].split()
        if digest(found) in known:
            return True
        if has_conflict(found) or (self._merged and len(known) > 1):
            self.accepted[path] = digest(found)
            return True
        return False

    def _replace(self, path: str, found: bytes | Found) -> None:
        if self._force or (path in self._old.files and self._is_untouched(path, found)):
            self.changed.append(path)
        elif path in self._old.files:
            self._report("MC607", path, "was changed by hand since mcgen wrote it", _EDITED)
        else:
            self._report("MC608", path, "is not mcgen's, and stands where a file of the tree belongs", _FOREIGN)

    def _replace_input(self, path: str, found: bytes | Found) -> None:
        known = self._old.inputs.get(path) or self._old.files.get(path, "")
        if self._force or (isinstance(found, bytes) and digest(found) in known):
            self.changed.append(path)
        else:
            self._report("MC610", path, "differs from the input that should take its place", _INPUT)

    def _unblock(self, path: str, *, is_link: bool) -> None:
        if is_link:
            self._report("MC605", path, "is a symbolic link where a folder of the tree belongs", _LINK)
        elif path in self.deleted or path in self._old.files.keys() - self._old.inputs.keys():
            return
        elif self._force:
            self.deleted.add(path)
        else:
            self._report("MC608", path, "is not mcgen's, and stands where a folder of the tree belongs", _FOREIGN)

    def _clear(self, path: str) -> None:
        """Take away a folder in a file's place, if nothing is in it but what goes anyway."""
        try:
            inside = []
            for child, is_folder in below(self._folders, path):
                if is_folder:
                    inside.append(child)
                elif child not in self.deleted:
                    message = f"is a folder with {child!r}, and stands where a file of the tree belongs"
                    return self._report("MC609", path, message, _FOLDER)
        except OSError as error:
            raise failure("read", self._out / path, error) from error
        self.cleared += [path, *inside]
        self.created.append(path)
        return None

    def _report(self, code: str, path: str, message: str, advice: str, severity: Severity = Severity.ERROR) -> None:
        pos = Pos(file=str(self._out / path))
        self.problems.append(Problem(code=code, message=message, pos=pos, advice=advice, severity=severity))
