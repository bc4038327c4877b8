"""Whether the documents of a tree are what their kinds allow: the engines, and what they find."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen.problems import Problem, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mcgen.problems import Pos
    from mcgen.tree import DataPath

INVALID = "MC401"
NO_SCHEMA = "MC402"
UNREADABLE = "MC403"

ENGINES = ("auto", "kubeconform", "embedded", "both")

SCHEMA_LOCATION = (
    "{{if eq .Group .ResourceAPIVersion}}core{{else}}{{.Group}}{{end}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
)
"""Where a kind's schema lies below schemas/output, as a template for kubeconform's -schema-location."""

ADVICE = {
    INVALID: "correct what the blueprint hands through at this place (istio.values, istio.meshConfig, gateway, "
    "patches); where it hands nothing through, this is a fault of mcgen: please report it",
    NO_SCHEMA: "take the document out, or add the kind to tools/schemas.py",
    UNREADABLE: "build the tree again; where that does not help, this is a fault of mcgen: please report it",
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """What is wrong with the document number `index` (from 0) of a file, and at which place in it.

    where: such as `spec.ports[2].port`; empty where the whole document is meant.
    place: the same as data, where the engine says it; key: the key there is wrong, not its value.
    """

    path: str
    index: int
    kind: str
    name: str
    where: str
    message: str
    code: str = INVALID
    place: DataPath = field(default=(), compare=False)
    key: bool = field(default=False, compare=False)


class Said(NamedTuple):
    """A place in the blueprint at which something is handed through: its path in words, and what to mark there."""

    words: str
    pos: Pos
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which engines look at the tree: `kubeconform` is the path of the program, None where it does not run."""

    embedded: bool
    kubeconform: str | None

    def __str__(self) -> str:
        """Name the engines as a message would."""
        names = ["embedded"] * self.embedded
        if self.kubeconform:
            names.insert(0, f"kubeconform ({self.kubeconform})")
        return " and ".join(names)


def choose(name: str) -> Choice:
    """Return the engines behind a name of ENGINES; ToolError when kubeconform is asked for and not on PATH."""
    program = None if name == "embedded" else shutil.which("kubeconform")
    if program is None and name in ("kubeconform", "both"):
        raise ToolError(
            "kubeconform is not on PATH: install it (https://github.com/yannh/kubeconform), "
            "or use the schemas that mcgen brings with `--validator embedded`"
        )
    return Choice(embedded=program is None or name == "both", kubeconform=program)


def checker(choice: Choice) -> Callable[[Sequence[Any], str], Iterable[Finding]]:
    """Return the embedded engine's check of the documents of a file, or one that finds nothing if not chosen."""
    if not choice.embedded:
        return lambda _documents, _path: ()
    from mcgen.validators.embedded import Embedded

    return Embedded().validate


def problems(
    findings: Iterable[Finding],
    origin_of: Callable[[str], Pos],
    said: Callable[[Finding], Said | None] = lambda _: None,
) -> Iterator[Problem]:
    """Yield one problem per finding, at the place in the blueprint that brought the file about.

    said: where the blueprint hands through what a finding is about, if it does; told there, and once for all files.
    """
    told: set[tuple[Said, str]] = set()
    for found in findings:
        if place := said(found):
            if (place, found.message) not in told:
                yield _handed(found, place)
            told.add((place, found.message))
            continue
        title = " ".join(filter(None, (found.kind, f"'{found.name}'" if found.name else "")))
        parts = (found.path, title or f"document {found.index + 1}", found.where, found.message)
        yield Problem(
            code=found.code,
            message=": ".join(filter(None, parts)),
            pos=origin_of(found.path),
            advice=ADVICE[found.code],
        )


def _handed(found: Finding, place: Said) -> Problem:
    return Problem(
        code=found.code,
        message=f"{place.words}: {found.message}",
        pos=place.pos,
        length=place.length,
        advice=f"correct it: it is handed through, as {found.where} of {found.path}",
    )
