"""YAML files as people and programs write them: several documents in one, each with the place of every key in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mcgen import source
from mcgen.tree import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.problems import Pos, Problem
    from mcgen.source import Source
    from mcgen.tree import Data, DataPath

# At the beginning of a line nothing else can begin so, not even inside of a block of text.
_MARKER = re.compile(rb"(?:\A|(?<=[\r\n]))---(?=[ \t\r\n]|\Z)")
_BREAK = re.compile(rb"\r\n|\r|\n")
_NOTHING = re.compile(rb"(?:[ \t]*(?:#[^\r\n]*)?(?:[\r\n]|\Z)+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document. found: as it was read; above: how many lines of the file stand before it.

    place: the kustomization through which it comes, empty where it comes by itself.
    """

    data: Data
    found: Source
    above: int
    place: str = ""

    @property
    def file(self) -> str:
        """Return the file that it stands in."""
        return self.found.file

    @property
    def kind(self) -> str:
        """Return the object's kind, empty where it has none."""
        return word(self.data.get("kind"))

    @property
    def group(self) -> str:
        """Return the API group of the object, empty for Kubernetes' own."""
        return word(self.data.get("apiVersion")).rpartition("/")[0]

    @property
    def name(self) -> str:
        """Return the object's name."""
        return word(self.at("metadata", "name"))

    @property
    def namespace(self) -> str:
        """Return the object's namespace, empty where it names none."""
        return word(self.at("metadata", "namespace"))

    def at(self, *path: str | int) -> Any:
        """Return what stands at a path, None where nothing does."""
        return at(self.data, *path)

    def pos(self, path: DataPath = (), *, key: bool = True) -> Pos:
        """Return the place of a key in the file, or of its value; of what is not there, that of the nearest parent."""
        pos = self.found.pos(path or ("kind",), key=key)
        return replace(pos, line=pos.line + self.above) if pos.line else pos


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The documents of a file, and what is wrong with those that could not be read."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def parse(content: bytes, file: str) -> Parsed:
    """Return the documents of a file; what is no mapping, or cannot be read, comes back as problems."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for above, part in _parts(content):
        if _NOTHING.fullmatch(part):
            continue
        found = source.parse(part, file)
        problems += (_moved(problem, above) for problem in found.problems)
        if not found.problems and isinstance(found.data, dict):
            documents.append(Document(data=found.data, found=found, above=above))
    return Parsed(documents=tuple(documents), problems=tuple(problems))


def word(value: Any) -> str:
    """Return a text, empty for anything else."""
    return value if isinstance(value, str) else ""


def items(value: Any) -> list[Data]:
    """Return the mappings of a list, nothing for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> Data:
    """Return a mapping, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def words(value: Any) -> list[str]:
    """Return the texts of a list, nothing for anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def texts(value: Any) -> dict[str, str]:
    """Return the entries of a mapping that are texts, such as labels."""
    return {key: each for key, each in mapping(value).items() if isinstance(each, str)}


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each document with how many lines stand above it; its marker becomes blanks, so that columns stay."""
    starts = [0, *(match.start() for match in _MARKER.finditer(content) if match.start()), len(content)]
    above = 0
    for start, end in pairwise(starts):
        part = content[start:end]
        yield above, b"   " + part[3:] if _MARKER.match(part) else part
        above += len(_BREAK.findall(part))


def _moved(problem: Problem, above: int) -> Problem:
    line = problem.pos.line
    return replace(problem, pos=replace(problem.pos, line=line + above)) if line else problem
