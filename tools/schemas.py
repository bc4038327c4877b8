"""Make schemas/output: one strict JSON schema for every kind that a generated tree holds.

`tools/schemas.py` writes them, `--check` only says whether they are what would be written. The sources are
pinned in `schemagen.sources`; Go and the development dependencies have to be installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from schemagen import bundle, crds, kubernetes, sources, structs

OUTPUT = Path(__file__).resolve().parent.parent / "schemas" / "output"


def generate() -> dict[str, str]:
    """Return every schema file: path below schemas/output -> text."""
    definitions = kubernetes.definitions(sources.kubernetes_definitions())
    ztunnel = sources.folder(sources.ISTIO) / "manifests/charts/ztunnel/values.yaml"
    definitions |= structs.definitions(
        sources.struct_definitions(), definitions, yaml.safe_load(ztunnel.read_text(encoding="utf-8"))
    )
    roots = {
        (group, version, kind): kubernetes.root(group, version, kind, definitions)
        for group, version, kinds in kubernetes.KINDS
        for kind in kinds
    }
    roots |= crds.roots(sources.custom_resources(), definitions)
    roots |= structs.roots(definitions)
    return {
        f"{group or 'core'}/{kind.lower()}_{version}.json": bundle.bundle(schema, definitions)
        for (group, version, kind), schema in sorted(roots.items())
    }


def differences(wanted: dict[str, str], folder: Path) -> list[str]:
    """Return the paths that are missing, stale or no longer wanted in the folder."""
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.json")}
    stale = {path for path, text in wanted.items() if path not in there or there[path].read_text() != text}
    return sorted(stale | (there.keys() - wanted.keys()))


def write(wanted: dict[str, str], folder: Path) -> None:
    """Bring the folder to the wanted state."""
    for name in differences(wanted, folder):
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()


def main() -> int:
    """Write or check, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where files differ")
    arguments = parser.parse_args()
    wanted = generate()
    if not arguments.check:
        write(wanted, OUTPUT)
        print(f"{len(wanted)} schemas, {sum(map(len, wanted.values())) / 1000:.0f} kB")
        return 0
    stale = differences(wanted, OUTPUT)
    print("\n".join(f"schemas/output/{path} is not up to date: run make schemas" for path in stale), end="")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
