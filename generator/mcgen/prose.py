"""Prose, scripts and recipes: text with holes, from templates. Kubernetes objects are never made here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"


def render(template: str, **context: object) -> str:
    """Return a template of `templates/` filled in; raise jinja2.UndefinedError when a value is missing."""
    return _environment(html=False).get_template(template).render(**context)


def page(template: str, **context: object) -> str:
    """Return an HTML page from a template: as `render`, and every value is escaped."""
    return _environment(html=True).get_template(template).render(**context)


@cache
def plain(name: str) -> str:
    """Return a file of `templates/` as it stands: styles and scripts, which have no holes."""
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment(*, html: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=html,  # noqa: S701 - the others are Markdown and Dockerfiles
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Each template is filled in once: folding its constants costs more than it saves.
        optimized=False,
    )
