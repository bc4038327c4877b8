"""Writes documents that are made already as JSON, one file each: a limit that no writer of YAML can reach.

    python json_dump.py DOCUMENTS OUT

DOCUMENTS is a JSON object of path -> list of documents.
"""

from __future__ import annotations

import os
import sys

import orjson


def main(documents: str, out: str) -> None:
    """Write every file."""
    with open(documents, "rb") as file:
        tree = orjson.loads(file.read())
    made = set()
    for path, found in tree.items():
        target = os.path.join(out, path)
        folder = os.path.dirname(target)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, b"\n".join(map(orjson.dumps, found)))
        os.close(descriptor)


if __name__ == "__main__":
    main(*sys.argv[1:])
