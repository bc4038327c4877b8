"""Where the code can be changed, and what it is then; the operators are cosmic-ray's."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PLAIN = frozenset("()[]{},.:;=")
_SPAN = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change. file: below the checkout; number: the how manieth of its operator in the file, from 0.

    place: line and column, from 1 and 0; several operators may have one place.

    lines: of the statement in which it is, whose tests are asked; empty when it is outside of every function.
    """

    file: str
    operator: str
    number: int
    place: tuple[int, int]
    lines: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.place[0]}:{self.place[1] + 1} {self.operator.removeprefix('core/')}"

    def key(self, root: Path) -> str:
        """Return by what a mutant is known again while its file is the same."""
        source = (root / self.file).read_bytes()
        return hashlib.sha256(f"{self} {self.number}\n".encode() + source).hexdigest()

    def is_declaration(self, root: Path) -> bool:
        """Return whether it changes what only a reader and the type checker see.

        `if TYPE_CHECKING:` turned around imports names that only annotations use; whether a dataclass is frozen, has
        slots or takes keywords alone keeps others from writing code that nobody has written.
        """
        line = (root / self.file).read_text(encoding="utf-8").split("\n")[self.place[0] - 1]
        return line == "if TYPE_CHECKING:" or line.startswith("@dataclass(")

    def text(self, source: str) -> str:
        """Return the file with the change made to it."""
        made = mutate_code(source, plugins.get_operator(self.operator)(), self.number)
        assert made is not None, self
        return str(made)


def mutants(root: Path, file: str) -> Iterator[Mutant]:
    """Yield the mutants of a file; none in annotations, which nobody evaluates."""
    source = (root / file).read_text(encoding="utf-8")
    nodes = [node for node in ast_nodes(get_ast(source)) if not _is_plain(node)]
    tree = ast.parse(source)
    skipped = list(_annotations(tree))
    statements = list(_statements(tree, inside=False))
    for name in sorted(plugins.operator_names()):
        made = plugins.get_operator(name)
        if made.arguments() or name.endswith("/NoOp"):
            continue
        operator, number = made(), -1
        for node in nodes:
            for start, _end in operator.mutation_positions(node):
                number += 1
                if not any(first <= start < last for first, last in skipped):
                    lines = _lines(statements, start)
                    yield Mutant(file=file, operator=name, number=number, place=start, lines=lines)


def _is_plain(node: Any) -> bool:
    """Return whether no operator knows what to do with a node, as with most of them."""
    return node.type in {"name", "newline", "string"} or (node.type == "operator" and node.value in _PLAIN)


def _annotations(tree: ast.AST) -> Iterator[_SPAN]:
    for node in ast.walk(tree):
        found = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found += node.body
        yield from (_span(part) for part in found if isinstance(part, (ast.expr, ast.stmt)))


def _span(node: ast.expr | ast.stmt) -> _SPAN:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _statements(node: ast.AST, *, inside: bool) -> Iterator[tuple[_SPAN, bool]]:
    """Yield the place of each statement's own lines, and whether it runs when a function is called."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            start, end = _span(child)
            body = getattr(child, "body", None)
            yield (start, (body[0].lineno, body[0].col_offset) if body else end), inside
        function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from _statements(child, inside=inside or function)


def _lines(statements: list[tuple[_SPAN, bool]], place: tuple[int, int]) -> tuple[int, ...]:
    around = [(span, inside) for span, inside in statements if span[0] <= place < span[1]]
    if not around:
        return ()
    (start, end), inside = max(around)
    return tuple(range(start[0], end[0] + 1)) if inside else ()
