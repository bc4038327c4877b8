"""Copy into generator/mcgen/packaged what mcgen brings of others' work, from the pinned sources.

`tools/packaged.py` writes, `--check` only says whether the files are what would be written. Go has to be installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from schemagen import sources

FOLDER = Path(__file__).resolve().parent.parent / "generator" / "mcgen" / "packaged"
# The name of each copy, and what it is a copy of.
COPIES: dict[str, tuple[sources.Module, str]] = {
    "sealed-secrets-crd.yaml": (sources.SEALED_SECRETS, "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml"),
}


def wanted() -> dict[str, bytes]:
    """Return the content of each file of the folder."""
    return {name: (sources.folder(module) / path).read_bytes() for name, (module, path) in COPIES.items()}


def differences(files: dict[str, bytes], folder: Path) -> list[str]:
    """Return the names of files that are missing, stale or no longer wanted in the folder."""
    there = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}
    return sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name))


def write(files: dict[str, bytes], folder: Path) -> None:
    """Bring the folder to the wanted state."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in differences(files, folder):
        if name in files:
            (folder / name).write_bytes(files[name])
        else:
            (folder / name).unlink()


def main() -> int:
    """Write or check, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where files differ")
    arguments = parser.parse_args()
    files = wanted()
    if not arguments.check:
        write(files, FOLDER)
        return 0
    stale = differences(files, FOLDER)
    print("\n".join(f"{FOLDER.name}/{name} is not up to date: run make packaged" for name in stale), end="")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
