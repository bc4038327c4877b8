"""The engine that mcgen brings: jsonschema-rs for the verdict, the jsonschema package where it has no wheel."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen.resources import schemas_dir
from mcgen.validators import INVALID, NO_SCHEMA, UNREADABLE, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mcgen.validators.explain import Defect

Verdict: TypeAlias = Callable[[Any], bool]
Engine: TypeAlias = Callable[[dict[str, Any]], Verdict]
"""Compiles a schema into the question whether a document is valid."""

# Anything else could lead out of the folder of the schemas.
API_VERSION = re.compile(r"([a-z0-9][a-z0-9.-]*/)?v[a-z0-9]+")
KIND = re.compile(r"[A-Za-z0-9]+")


def rust_engine(schema: dict[str, Any]) -> Verdict:
    """Compile a schema with jsonschema-rs; ImportError where it is not installed."""
    import jsonschema_rs

    verdict: Verdict = jsonschema_rs.Draft202012Validator(schema, validate_formats=False).is_valid
    return verdict


def python_engine(schema: dict[str, Any]) -> Verdict:
    """Compile a schema with the jsonschema package."""
    from mcgen.validators.explain import validator

    verdict: Verdict = validator(schema).is_valid
    return verdict


def default_engine() -> Engine:
    """Return the fastest engine of this installation."""
    try:
        import jsonschema_rs  # noqa: F401
    except ImportError:
        return python_engine
    return rust_engine


def schema_file(api_version: str, kind: str, folder: Path) -> Path:
    """Return where the schema of a kind lies, there or not (see SCHEMA_LOCATION)."""
    group, _, version = api_version.rpartition("/")
    return folder / (group or "core") / f"{kind.lower()}_{version}.json"


def load_schema(api_version: str, kind: str, folder: Path) -> dict[str, Any] | None:
    """Return the schema of a kind, None where there is none."""
    import orjson

    if not (API_VERSION.fullmatch(api_version) and KIND.fullmatch(kind)):
        return None
    try:
        schema: dict[str, Any] = orjson.loads(schema_file(api_version, kind, folder).read_bytes())
    except FileNotFoundError:
        return None
    return schema


class Embedded:
    """Checks documents against the schemas of a folder, each compiled when its first document comes."""

    def __init__(self, folder: Path | None = None, engine: Engine | None = None) -> None:
        self._folder = folder or schemas_dir() / "output"
        self._engine = engine or default_engine()
        self._verdicts: dict[tuple[str, str], Verdict] = {}

    def validate(self, documents: Iterable[Any], path: str) -> Iterator[Finding]:
        """Yield what is wrong with the documents of one file."""
        for index, document in enumerate(documents):
            try:
                verdict = self._verdicts[document["apiVersion"], document["kind"]]
            except (KeyError, TypeError):
                yield from self._first(document, path, index)
                continue
            if not _holds(verdict, document):
                yield from self._explained(document, path, index)

    def _first(self, document: Any, path: str, index: int) -> Iterator[Finding]:
        """Judge the first document of a kind, or one that names no kind."""
        subject = describe(document)
        if isinstance(subject, str):
            yield Finding(path=path, index=index, kind="", name="", where="", message=subject, code=UNREADABLE)
            return
        api_version, kind, name = subject
        schema = load_schema(api_version, kind, self._folder)
        if schema is None:
            message = f"there is no schema for {kind} of '{api_version}'"
            yield Finding(path=path, index=index, kind=kind, name=name, where="", message=message, code=NO_SCHEMA)
            return
        verdict = self._verdicts[api_version, kind] = self._engine(schema)
        if not _holds(verdict, document):
            yield from self._explained(document, path, index)

    def _explained(self, document: Any, path: str, index: int) -> Iterator[Finding]:
        from mcgen.validators.explain import Defect

        found = explained(document, path, index, self._folder)
        unnamed = "holds a value that is none in JSON"
        yield from found or [_finding(document, path, index, Defect((), unnamed))]


def explained(document: Any, path: str, index: int, folder: Path) -> list[Finding]:
    """Return every defect of a document, as far as its kind has a schema and jsonschema finds one."""
    from mcgen.validators.explain import explain

    subject = describe(document)
    schema = None if isinstance(subject, str) else load_schema(subject[0], subject[1], folder)
    return [_finding(document, path, index, defect) for defect in explain(schema or {}, document)]


def _finding(document: Any, path: str, index: int, defect: Defect) -> Finding:
    from mcgen.validators.explain import place

    return Finding(
        path=path,
        index=index,
        kind=document["kind"],
        name=_name(document),
        where=place(defect.where),
        message=defect.message,
        code=INVALID,
        place=defect.where,
        key=defect.key,
    )


def describe(document: Any) -> tuple[str, str, str] | str:
    """Return (apiVersion, kind, name) of a document, or what keeps it from being an object of the API."""
    if not isinstance(document, dict):
        return "the document is no object"
    for key in ("apiVersion", "kind"):
        if not isinstance(document.get(key), str):
            return f"'{key}' is missing" if key not in document else f"'{key}' is no string"
    return document["apiVersion"], document["kind"], _name(document)


def _name(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def _holds(verdict: Verdict, document: Any) -> bool:
    try:
        return verdict(document)
    except ValueError:
        # A value that JSON does not have, such as a date: the explanation names it.
        return False
