"""docs/reviewing.md shows what the program says, and lists the kinds that it knows."""

from __future__ import annotations

import os
import re
from importlib import import_module

from mcgen.changes.classify import findings
from mcgen.changes.kinds import KINDS
from mcgen.changes.show.view import View
from tests.changes.cases import compared
from tests.samples import CHECKOUT

PAGE = CHECKOUT / "docs" / "reviewing.md"
OUTPUT = re.compile(r"(<!-- output: (\S+) (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
TABLE = re.compile(r"(<!-- kinds -->\n).*?(<!-- end -->)", re.DOTALL)


def output(match: re.Match[str]) -> str:
    form = import_module(f"mcgen.changes.show.{match[3]}")
    fence = "````"
    return f"{match[1]}{fence}\n{form.show(findings(compared(match[2])), View())}{fence}\n{match[4]}"


def test_the_page_shows_real_output_and_every_kind() -> None:
    kept = PAGE.read_text(encoding="utf-8")
    rows = "".join(f"| `{kind}` | {title} |\n" for kind, title in KINDS.items())
    page = TABLE.sub(lambda match: f"{match[1]}| kind | what it is about |\n|---|---|\n{rows}{match[2]}", kept)
    page = OUTPUT.sub(output, page)
    if os.environ.get("MCGEN_UPDATE"):
        PAGE.write_text(page, encoding="utf-8")
    assert page == PAGE.read_text(encoding="utf-8"), "run `make golden` and read the diff"


def test_every_kind_is_said_somewhere_in_the_code() -> None:
    folder = CHECKOUT / "generator" / "mcgen" / "changes"
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name != "kinds.py")
    assert [kind for kind in KINDS if f'"{kind}"' not in code] == []
