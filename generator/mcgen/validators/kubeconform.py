"""The engine that a team may already have: one run of the real kubeconform over the staged tree, offline."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from mcgen import proc
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
COMMENT = re.compile(rb"\s*#[^\n]*|\s+")

Staged = dict[str, tuple[str, int, bytes]]


def check(
    files: Iterable[tuple[str, bytes]],
    program: str,
    *,
    partial: Container[str] = (),
    folder: Path | None = None,
) -> list[Finding]:
    """Return what kubeconform finds in the YAML files that are not partial; ToolError when it fails."""
    import tempfile
    from pathlib import Path

    try:
        with tempfile.TemporaryDirectory(prefix="mcgen-") as scratch:
            # Relative to it, and by a link: kubeconform takes a `#` or `%` in an absolute path for a URL's.
            (Path(scratch) / "schemas").symlink_to((folder or schemas_dir() / "output").absolute())
            staged = _stage((f for f in files if _is_wanted(f[0], partial)), Path(scratch) / "documents")
            report = _report(_run(program, Path(scratch)), len(staged)) if staged else []
    except OSError as error:
        raise ToolError(f"the tree cannot be staged for kubeconform: {error.strerror or error}") from error
    found = [finding for entry in report for finding in _findings(entry, *staged[Path(entry["filename"]).name], folder)]
    return sorted(found)


def _is_wanted(path: str, partial: Container[str]) -> bool:
    return path.endswith((".yaml", ".yml")) and path not in partial


def _stage(files: Iterable[tuple[str, bytes]], folder: Path) -> Staged:
    """Write every document to a file of its own; kubeconform does not say which of a file it means."""
    folder.mkdir()
    staged: Staged = {}
    for path, content in files:
        parts = [part for part in SEPARATOR.split(content) if COMMENT.sub(b"", part)]
        for index, part in enumerate(parts):
            name = f"{len(staged)}.yaml"
            staged[name] = (path, index, part)
            (folder / name).write_bytes(part)
    return staged


def _run(program: str, scratch: Path) -> proc.Done:
    argv = [program, "-strict", "-output", "json", "-summary", "-n", str(os.cpu_count() or 1)]
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
    if looked_at != documents or len(entries) != summary["invalid"] + summary["errors"]:
        raise ToolError(f"kubeconform looked at {looked_at} of {documents} documents; its summary: {summary}")
    return entries


def _findings(entry: dict[str, Any], path: str, index: int, content: bytes, folder: Path | None) -> Iterator[Finding]:
    kind, name, message = entry["kind"], entry["name"], str(entry["msg"])
    code, where = UNREADABLE, ""
    if entry["status"] == "statusInvalid":
        mine = _in_our_words(content, path, index, folder)
        if mine:
            yield from mine
            return
        code = INVALID
        first = (entry.get("validationErrors") or [{"path": "", "msg": message}])[0]
        where, message = first["path"], first["msg"]
    elif message.startswith("could not find schema"):
        code, message = NO_SCHEMA, f"there is no schema for {kind} of '{entry['version']}'"
    message = message.removeprefix("error unmarshalling resource: ").removeprefix("error while parsing: ")
    yield Finding(path=path, index=index, kind=kind, name=name, where=where, message=message, code=code)


def _in_our_words(content: bytes, path: str, index: int, folder: Path | None) -> list[Finding]:
    """Explain an invalid document as the embedded engine does; empty where jsonschema sees nothing wrong."""
    import yaml

    try:
        document = yaml.load(content, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return []
    return list(explained(document, path, index, folder or schemas_dir() / "output"))
