"""How Sphinx makes the site of these pages: `make docs`, where every warning fails."""

import re
from typing import Any

from mcgen import __version__

project = "mcgen"
release = version = __version__
project_copyright = "the authors of mcgen, Apache License 2.0"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
exclude_patterns = ["conf.py"]
# The pages are read on Git hosts, too: plain Markdown, links to files, and the anchors that these hosts make.
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
html_theme = "furo"
html_title = f"mcgen {release}"
html_copy_source = False
html_show_sourcelink = False

# Pages beside this folder are no part of the site: there they are named, and not linked to.
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)#]*\.md(?:#[^)]*)?\)")


def _without_outside(_app: object, _page: str, source: list[str]) -> None:
    source[0] = _OUTSIDE.sub(r"\1", source[0])


def setup(app: Any) -> None:
    """Let Sphinx call what stands above."""
    app.connect("source-read", _without_outside)
