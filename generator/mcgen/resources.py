"""Files that ship with mcgen: beside the modules in an installed wheel, in the checkout otherwise."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


def schemas_dir() -> Path:
    """Return the folder of the JSON schemas."""
    return _find("schemas", "schemas")


def rules_page() -> Path:
    """Return the page that explains every code."""
    return _find("rules.md", "docs/rules.md")


def _find(installed: str, checkout: str) -> Path:
    # `rules/` is also a module of the package, hence the exact names here.
    packaged = _PACKAGE / installed
    return packaged if packaged.exists() else _CHECKOUT / checkout
