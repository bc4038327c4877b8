"""The documents of all files, with kustomizations followed as far as that can be done without kustomize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.importing import findings, secrets
from mcgen.importing.documents import Document, parse
from mcgen.importing.hand.kustomize import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.problems import Problem

_KEPT_OF_A_SECRET = ("apiVersion", "kind", "type")


def documents(files: Mapping[str, bytes], problems: list[Problem]) -> list[Document]:
    """Return the documents of all files, patched as their kustomizations say."""
    found: dict[str, list[Document]] = {}
    for name, content in files.items():
        read = parse(content, name)
        if secrets.may_hold(content):
            problems += map(secrets.scrubbed, read.problems)
        else:
            problems += (_unread(problem) for problem in read.problems if problem.code != "MC005")
        found[name] = [_closed(each) for each in read.documents]
    return resolve(found, problems)


def _unread(problem: Problem) -> Problem:
    message = f"this document is left out, because it cannot be read: {problem.message} ({problem.code})"
    return findings.found(findings.UNREADABLE, problem.pos, message, problem.advice or "correct it and import again")


def _closed(document: Document) -> Document:
    """Return a document; of a Secret, what it is called and nothing of what is in it."""
    if document.kind not in ("Secret", "Config"):
        return document
    metadata = document.at("metadata") or {}
    kept = {
        key: metadata[key] for key in ("name", "namespace", "labels") if isinstance(metadata, dict) and key in metadata
    }
    cluster = document.at("metadata", "annotations", "networking.istio.io/cluster")
    annotations = {"annotations": {"networking.istio.io/cluster": cluster}} if cluster else {}
    data = {key: document.data[key] for key in _KEPT_OF_A_SECRET if key in document.data}
    return Document(data=data | {"metadata": kept | annotations}, found=document.found, above=document.above)
