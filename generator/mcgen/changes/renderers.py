"""The istioctl that renders a stage: of the Istio minor that the stage installs, as Argo CD's plugin of that minor has.

Another minor has other charts, so that what it makes would be compared with what never comes to be.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mcgen import istioctl, layout
from mcgen.changes.documents import documents_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MINOR = re.compile(r"[0-9]+\.[0-9]+(?=\.)")


def minor(folder: str, files: Mapping[str, bytes]) -> str:
    """Return the Istio minor of a stage's IstioOperator, by the tag of its images; empty where it names none."""
    path = f"{folder}/{layout.ISTIO_OPERATOR}"
    for document in (documents_of(path, files.get(path)) or {}).values():
        spec = document.get("spec")
        found = _MINOR.match(str(spec.get("tag", ""))) if isinstance(spec, dict) else None
        if found:
            return found[0]
    return ""


def environments(minors: Iterable[str], scratch: Path) -> dict[str, dict[str, str]]:
    """Return for each minor the environment in which `istioctl` is of that minor; scratch: for links to programs.

    Raises ToolError where there is none: `istioctl-MINOR` is looked for first, then `istioctl`.
    """
    found: dict[str, dict[str, str]] = {"": dict(os.environ)}
    for wanted in sorted(set(minors) - {""}):
        program = istioctl.needed(wanted)
        folder = scratch / wanted
        folder.mkdir()
        (folder / "istioctl").symlink_to(program)
        found[wanted] = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    return found
