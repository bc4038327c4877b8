"""The last results of the long targets, in docs/hardening.md or another page: each with its day and its commit."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAGE = CHECKOUT / "docs/hardening.md"


def write(name: str, lines: Sequence[str], of: str, page: Path = PAGE) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`; raise AssertionError where there is no such.

    of: the commit that was checked out when the run began.
    """
    head = f"Last run: {datetime.now(UTC):%Y-%m-%d}, on {of}."
    text = f"<!-- {name} -->\n{head}\n\n" + "\n".join(lines) + f"\n<!-- /{name} -->"
    changed, count = re.subn(f"<!-- {name} -->.*<!-- /{name} -->", lambda _: text, page.read_text(), flags=re.DOTALL)
    assert count == 1, f"{page} has no place for {name}"
    page.write_text(changed)


def commit() -> str:
    """Return the commit that is checked out, with a word when files differ from it."""
    pages = (":!docs/hardening.md", ":!docs/security.md", ":!docs/scale.md")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *pages)
    return "commit " + _git("rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()
