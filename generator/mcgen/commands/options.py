"""Options that several commands share."""

from __future__ import annotations

import click

from mcgen.output import FORMATS
from mcgen.validators import ENGINES

validator_option = click.option(
    "--validator",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="What checks the tree; auto: kubeconform where it is on PATH, otherwise embedded.",
)
form_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How problems are printed.",
)
