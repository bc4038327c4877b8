"""The text of an imported blueprint, with comments where a person has to fill something in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import source
from mcgen.emit import emit

if TYPE_CHECKING:
    from mcgen.importing.draft import Draft

MARK = "FILL IN"
_HEADER = """yaml-language-server: $schema=blueprint.schema.json
The blueprint of a mesh, imported from {origin}.
{marks}`mcgen schema` describes all fields; check it with `mcgen validate`, build the tree with `mcgen build`."""


def text(draft: Draft, origin: str) -> str:
    """Return the blueprint of a draft as a file; raise ValueError for text that cannot stand in one."""
    data = draft.ordered()
    marks = f'Lines with "{MARK}" want an answer that was not in what was read. ' if draft.questions else ""
    plain = emit([data], _HEADER.format(origin=origin, marks=marks))
    found = source.parse(plain.encode(), "")
    lines = list(found.lines)
    # From the end, so that the places before stay where they are.
    places = {path: found.pos(path, key=True) for path in draft.questions}
    for path, question in sorted(draft.questions.items(), key=lambda item: -places[item[0]].line):
        line = max(places[path].line - 1, 0)
        text = lines[line]
        # Above the dash of an entry, at the column of its key otherwise.
        margin = " " * (len(text) - len(text.lstrip(" ")))
        lines[line:line] = [
            f"{margin}# {MARK}: {part}" if i == 0 else f"{margin}#   {part}"
            for i, part in enumerate(question.splitlines())
        ]
    return "\n".join(lines)
