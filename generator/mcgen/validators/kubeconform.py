"""The engine that a team may already have: one run of the real kubeconform over the staged tree, offline."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen import proc, reread
from mcgen.problems import ToolError
from mcgen.resources import schemas_dir
from mcgen.validators import INVALID, NO_SCHEMA, SCHEMA_LOCATION, UNREADABLE, Finding
from mcgen.validators.embedded import explained

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from pathlib import Path

TIMEOUT = 900.0
# Where kubeconform itself divides a file.
SEPARATOR = re.compile(rb"(?:^|\n)---[^\n]*(?:\n|$)")
CONTENT = re.compile(rb"^[ \t]*[^\s#]", re.MULTILINE)

Staged: TypeAlias = dict[str, tuple[str, int]]
"""The name of a staged file -> the path in the tree and the number of the document there."""


def check(
    files: Iterable[tuple[str, bytes]],
    program: str,
    *,
    partial: Container[str] = (),
    schemas: Path | None = None,
) -> list[Finding]:
    """Return what kubeconform finds in the YAML files that are not partial; ToolError when it fails."""
    import tempfile
    from pathlib import Path

    schemas = schemas or schemas_dir() / "output"
    try:
        with tempfile.TemporaryDirectory(prefix="mcgen-") as name:
            scratch = Path(name)
            # By a relative link: kubeconform takes a `#` or `%` in an absolute path for a URL's.
            (scratch / "schemas").symlink_to(schemas.absolute())
            staged = _stage((file for file in files if _is_wanted(file[0], partial)), scratch / "documents")
            report = _report(_run(program, scratch), len(staged)) if staged else []
            return sorted(finding for entry in report for finding in _findings(entry, staged, scratch, schemas))
    except OSError as error:
        raise ToolError(f"the tree cannot be staged for kubeconform: {error.strerror or error}") from error


def _is_wanted(path: str, partial: Container[str]) -> bool:
    return path.endswith((".yaml", ".yml")) and path not in partial


def _stage(files: Iterable[tuple[str, bytes]], folder: Path) -> Staged:
    """Write every document to a file of its own; kubeconform does not say which of a file it means."""
    folder.mkdir()
    staged: Staged = {}
    for path, content in files:
        parts = [part for part in SEPARATOR.split(content) if CONTENT.search(part)]
        for index, part in enumerate(parts):
            name = f"{len(staged)}.yaml"
            staged[name] = (path, index)
            (folder / name).write_bytes(part)
    return staged


def _run(program: str, scratch: Path) -> proc.Done:
    # Every worker reads and compiles schemas of its own.
    workers = min(4, os.cpu_count() or 1)
    argv = [program, "-strict", "-output", "json", "-summary", "-n", str(workers)]
    argv += ["-schema-location", f"schemas/{SCHEMA_LOCATION}", "documents"]
    return proc.run(argv, timeout=TIMEOUT, cwd=scratch)


def _report(done: proc.Done, documents: int) -> list[dict[str, Any]]:
    """Return kubeconform's entries, one per document that is not valid; ToolError unless they add up."""
    import orjson

    try:
        answer = orjson.loads(done.stdout)
        entries: list[dict[str, Any]] = answer["resources"] or []
        summary = {key: int(answer["summary"][key]) for key in ("valid", "invalid", "errors", "skipped")}
    except (ValueError, KeyError, TypeError) as error:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()[:2000]
        raise ToolError(f"kubeconform ended with {done.code} and no report: {words or 'no output'}") from error
    looked_at = sum(summary.values()) - summary["skipped"]
    wrong = summary["invalid"] + summary["errors"]
    if looked_at != documents or len(entries) != wrong or done.code != (1 if wrong else 0):
        raise ToolError(
            f"kubeconform ended with {done.code} and looked at {looked_at} of {documents} documents: {summary}"
        )
    return entries


def _findings(entry: dict[str, Any], staged: Staged, scratch: Path, schemas: Path) -> Iterator[Finding]:
    file = scratch / entry["filename"]
    path, index = staged[file.name]
    kind, name, message = entry["kind"], entry["name"], str(entry["msg"])
    code, where = UNREADABLE, ""
    if entry["status"] == "statusInvalid":
        told = _in_our_words(file.read_bytes(), path, index, schemas)
        if told:
            yield from told
            return
        code = INVALID
        first = (entry.get("validationErrors") or [{"path": "", "msg": message}])[0]
        where, message = first["path"], first["msg"]
    elif message.startswith("could not find schema"):
        code, message = NO_SCHEMA, f"there is no schema for {kind} of '{entry['version']}'"
    message = message.removeprefix("error unmarshalling resource: ").removeprefix("error while parsing: ")
    yield Finding(path=path, index=index, kind=kind, name=name, where=where, message=message, code=code)


def _in_our_words(content: bytes, path: str, index: int, schemas: Path) -> list[Finding]:
    """Explain an invalid document as the embedded engine does; empty where jsonschema sees nothing wrong."""
    try:
        return explained(reread.document(content), path, index, schemas)
    except reread.Unreadable:
        return []
