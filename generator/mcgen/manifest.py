"""The manifest of a generated tree: which files are mcgen's own, and which inputs they were built from."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec
import orjson
from msgspec import Meta, Struct

from mcgen.problems import Pos, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Digests: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}( [0-9a-f]{64})*\Z")]
"""The sha256 of a file in hexadecimal; several, with a space between, while a build or a merge is under way."""

# Plain ASCII keeps file names the same in every locale; without quotes and backslashes a name stands in JSON
# as it is. A `.git` folder is never ours, whatever a manifest from a pull request says.
_NAME = re.compile(r"(?!\.{1,2}\Z|\.git\Z)[ !#-.0-\[\]-~]{1,255}", re.IGNORECASE)
_ENTRY = re.compile(r'\s*"([^"]+)": "([0-9a-f]{64}(?: [0-9a-f]{64})*)",?')
_SECTION = re.compile(r'\s*"(files|inputs)": \{')
_BLUEPRINT = re.compile(r'\s*"blueprint": ("[^"]*"),?')


class Manifest(Struct, frozen=True, kw_only=True):
    """generator: mcgen's version. blueprint: the mesh's name. files (owned), inputs: path -> sha256."""

    generator: str
    blueprint: str
    files: dict[str, Digests]
    inputs: dict[str, Digests]

    def to_bytes(self) -> bytes:
        """Return JSON with one entry per line, sorted, so that Git merges what two branches add."""
        return orjson.dumps(
            {name: getattr(self, name) for name in self.__struct_fields__},
            option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE,
        )

    def after(self, old: Manifest) -> Manifest:
        """Return the manifest for the time of writing: it owns each file of both trees, with either content.

        The inputs stay the old ones, so that none counts as recorded before it is in its place.
        """
        return msgspec.structs.replace(old.also(self.files), generator=self.generator, blueprint=self.blueprint)

    def also(self, files: Mapping[str, str]) -> Manifest:
        """Return the manifest with further owned files, or further digests of those that it has."""
        both = dict(self.files)
        for path, new in files.items():
            known = both.get(path, new)
            both[path] = new if known == new else " ".join(sorted({*known.split(), *new.split()}))
        return msgspec.structs.replace(self, files=both)


EMPTY = Manifest(generator="", blueprint="", files={}, inputs={})


def digest(content: bytes) -> str:
    """Return the sha256 in hexadecimal."""
    return hashlib.sha256(content, usedforsecurity=False).hexdigest()


def digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return path -> sha256."""
    return {path: digest(content) for path, content in contents.items()}


def unusable(paths: Iterable[str]) -> list[str]:
    """Return the paths that leave the folder that they are relative to, or whose names are not plain enough."""
    paths = list(paths)
    names = {name for path in paths for name in path.split("/")}
    bad = {name for name in names if not _NAME.fullmatch(name)}
    return [path for path in paths if not bad.isdisjoint(path.split("/"))] if bad else []


def has_conflict(content: bytes) -> bool:
    """Return whether Git left a merge conflict in the file."""
    start = content.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in content
    return start and b"\n=======" in content and b"\n>>>>>>> " in content


def parse(raw: bytes, file: str) -> tuple[Manifest, list[Problem]]:
    """Return what a manifest says, and what is wrong with it: MC602, or MC603 for a merge conflict."""
    problems = []
    try:
        if has_conflict(raw):
            manifest = _merged(raw.decode().splitlines())
            problems.append(_conflict(file))
        else:
            manifest = msgspec.json.decode(raw, type=Manifest)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        # msgspec's errors are ValueErrors in its newer versions only.
        return EMPTY, [damaged(file, f"the manifest cannot be read: {error}")]
    if bad := unusable([*manifest.files, *manifest.inputs]):
        return EMPTY, [damaged(file, f"the manifest lists {path!r}, which is no path of a tree") for path in bad]
    return manifest, problems


def damaged(file: str, message: str) -> Problem:
    """Return the problem of a manifest that cannot be trusted."""
    advice = (
        "restore the file from Git and build again; if there is no good one, delete it: files that are up to date "
        "are then taken over, and a different one is never overwritten without --force"
    )
    return Problem(code="MC602", message=message, pos=Pos(file=file), advice=advice)


def _conflict(file: str) -> Problem:
    return Problem(
        code="MC603",
        message="the manifest has merge conflicts; what either side owned counts",
        pos=Pos(file=file),
        advice="nothing to do: this build writes it anew",
        severity=Severity.WARNING,
    )


def _merged(lines: list[str]) -> Manifest:
    """Return what both sides of a merge say, each entry with the digests of both."""
    found: dict[str, dict[str, set[str]]] = {"files": {}, "inputs": {}}
    names: set[str] = set()
    for side in ("<<<<<<<", "======="):
        section = ""
        for line in _side(lines, side):
            if match := _SECTION.match(line):
                section = match[1]
            elif line.lstrip().startswith("}"):
                section = ""
            elif match := _BLUEPRINT.fullmatch(line):
                names.add(orjson.loads(match[1]))
            elif section and (match := _ENTRY.fullmatch(line)):
                found[section].setdefault(match[1], set()).update(match[2].split())
    files, inputs = ({path: " ".join(sorted(seen)) for path, seen in found[s].items()} for s in ("files", "inputs"))
    return Manifest(generator="", blueprint=" and ".join(sorted(names)), files=files, inputs=inputs)


def _side(lines: Iterable[str], wanted: str) -> Iterator[str]:
    """Yield one side of a merge: what both share, and what stands after the marker that begins the side."""
    marker = ""
    for line in lines:
        if line.startswith(("<<<<<<<", "|||||||", "=======", ">>>>>>>")):
            marker = line[:7].strip(">")
        elif marker in {"", wanted}:
            yield line
