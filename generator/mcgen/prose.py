"""Prose, scripts and recipes: text with holes, from templates. Kubernetes objects are never made here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(template: str, **context: object) -> str:
    """Return a template of `templates/` filled in; raise jinja2.UndefinedError when a value is missing."""
    return _environment(html=False).get_template(template).render(**context)


def page(template: str, **context: object) -> str:
    """Return an HTML page from a template: as `render`, and every value is escaped."""
    return _environment(html=True).get_template(template).render(**context)


@cache
def _environment(*, html: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=html,  # noqa: S701 - the others are Markdown and Dockerfiles
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
