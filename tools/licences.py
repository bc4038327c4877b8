"""Writes docs/licences.md: what users install besides mcgen, what mcgen brings of others' work, and the licences.

    python tools/licences.py

reads the packages that are installed in the environment which runs it.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path(__file__).parent.parent / "docs/licences.md"
# Where a package names no licence, or one of several versions: as its own licence file has it.
KNOWN = {"jinja2": "BSD-3-Clause"}
HEAD = """# Licences

mcgen is under the [Apache License 2.0](../LICENSE). This page is made by `make licences`.

## What is installed with it

| package | licence |
|---|---|
"""
TAIL = """
## What it brings along

- `mcgen/packaged/sealed-secrets-crd.yaml`, of
  [Sealed Secrets](https://github.com/bitnami-labs/sealed-secrets): Apache-2.0
- `mcgen/schemas/output/`, made from the definitions of the APIs of
  [Kubernetes](https://github.com/kubernetes/kubernetes), [Istio](https://github.com/istio/istio),
  [Argo CD](https://github.com/argoproj/argo-cd) and Sealed Secrets: all Apache-2.0

The programs in `tools/` are for development and tests; nothing of them is in the wheel.
"""


def main() -> None:
    rows = [f"| {name} | {licence(name)} |" for name in installed("mcgen")]
    PAGE.write_text(HEAD + "\n".join(rows) + "\n" + TAIL, encoding="utf-8")


def installed(root: str) -> list[str]:
    """Return the packages that a package needs, and those that they need, where they are needed here."""
    found: set[str] = set()
    wanted = [(root, "")]
    while wanted:
        name, extra = wanted.pop()
        for text in metadata.requires(name) or ():
            need = Requirement(text)
            if need.marker and not need.marker.evaluate({"extra": extra}):
                continue
            key = re.sub(r"[-_.]+", "-", need.name).lower()
            if key not in found:
                found.add(key)
                wanted += [(key, ""), *((key, each) for each in need.extras)]
    return sorted(found)


def licence(name: str) -> str:
    """Return the licence that a package says it has; raise SystemExit when it says none."""
    said = dict(metadata.metadata(name).json)
    if found := KNOWN.get(name) or said.get("license_expression"):
        return str(found)
    text = str(said.get("license") or "").strip()
    if text and "\n" not in text:
        return text.removesuffix(" License")
    classifiers = [
        str(each).rpartition(" :: ")[2] for each in said.get("classifier") or () if "License ::" in str(each)
    ]
    if classifiers:
        return ", ".join(each.removesuffix(" License") for each in classifiers)
    raise SystemExit(f"{name} does not say what its licence is: add it to KNOWN, as its licence file has it")


if __name__ == "__main__":
    main()
