"""What may hold a secret: it is recognised before anything of it is looked at, and nothing of it is ever said.

A file that may hold one is told by its name and the places in it alone: no line of it is shown, and what a problem
of reading quotes is cut out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mcgen.importing import findings

if TYPE_CHECKING:
    from mcgen.problems import Problem

_SIGNS = re.compile(
    rb"""kind["']?\s*:\s*["']?(?:Secret|SecretList|Config)\b|PRIVATE\ KEY|client-key-data|\btoken["']?\s*:
    |stringData|password|certificate-authority-data""",
    re.VERBOSE | re.IGNORECASE,
)


def may_hold(content: bytes) -> bool:
    """Return whether a file may hold a secret: a Secret, a kubeconfig, a key; rather once too often."""
    return _SIGNS.search(content) is not None


def is_key(value: object) -> bool:
    """Return whether a value is a private key, wherever it stands."""
    return isinstance(value, str) and "PRIVATE KEY" in value


def scrubbed(problem: Problem) -> Problem:
    """Return a problem of reading without a word of what stands in the file."""
    return replace(
        findings.found(
            findings.UNREADABLE,
            problem.pos,
            f"this file cannot be read further ({problem.code}); as it may hold a secret, nothing of it is shown",
            f"`mcgen explain {problem.code}` says what is wrong at this place",
        ),
        length=1,
    )
