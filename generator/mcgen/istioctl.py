"""istioctl: found by its version, and run over IstioOperators. Nothing here talks to a cluster."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import go_yaml, images, proc
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from mcgen.tree import Data

_VERSION = re.compile(r"v?([0-9]+\.[0-9]+)(\.[0-9]+)?(?=[-.+\s]|\Z)")
_SECONDS = 120.0
_SECONDS_TO_ANSWER = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An istioctl. says: the version that it says; exact: whether that has a patch, which builds of one's own lack."""

    path: str
    says: str
    exact: bool


def find(version: str) -> Program | str:
    """Return an istioctl of a version on PATH, or of any patch of a minor, or why there is none.

    Looked for are `istioctl-1.31.1`, `istioctl-1.31` and `istioctl`: during an upgrade two are needed.
    """
    minor = images.minor(version)
    others: list[str] = []
    for name in dict.fromkeys((f"istioctl-{version}", f"istioctl-{minor}", "istioctl")):
        path = shutil.which(name)
        if path is None:
            continue
        found = _asked(path)
        if isinstance(found, Program) and _is(found, version):
            return found
        others.append(f"{path} is of version {found.says}" if isinstance(found, Program) else found)
    return "; ".join(others) or "there is none on PATH"


def needed(minor: str) -> str:
    """Return the path of the istioctl of an Istio minor; raise ToolError when there is none."""
    found = find(minor)
    if isinstance(found, str):
        raise ToolError(
            f"istioctl {minor} is needed: {found}. Put it on PATH, as istioctl or, "
            f"beside another one, as istioctl-{minor}"
        )
    return found.path


def _is(found: Program, version: str) -> bool:
    minor = images.minor(version)
    return found.says == version or (images.minor(found.says) == minor and (version == minor or not found.exact))


def _asked(path: str) -> Program | str:
    done = proc.run([path, "version", "--remote=false", "--short"], timeout=_SECONDS_TO_ANSWER)
    found = _VERSION.search(done.stdout.decode(errors="replace"))
    if done.code or found is None:
        return f"{path} does not say its version: {done.words or f'exit code {done.code}'}"
    return Program(path=path, says=found[0].removeprefix("v"), exact=found[2] is not None)


def generate(program: Program, operator: str) -> list[Data] | str:
    """Return the objects that come out of an IstioOperator, or what istioctl has against it.

    Raises ToolError when it does not end in time, or writes what cannot be read.
    """
    argv = [program.path, "manifest", "generate", "-f", "-"]
    done = proc.run(argv, timeout=_SECONDS, stdin=operator.encode())
    if done.code:
        return done.words or f"exit code {done.code}"
    try:
        return go_yaml.documents(done.stdout)
    except ValueError as error:
        raise ToolError(f"what `{' '.join(argv)}` writes cannot be used: {error}") from error


def plain(document: Data) -> Data:
    """Return an object without empty annotations: the charts write null where there are none, and kustomize nothing."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return document
    return {**document, "metadata": {key: value for key, value in metadata.items() if value is not None}}
