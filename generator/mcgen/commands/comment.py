"""mcgen comment: a text on a pull or merge request, in place of the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from io import TextIOWrapper


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--mark", default="mcgen", show_default=True, help="Tells this comment from others: one per mesh, say.")
@click.option("--if-present", is_flag=True, help="Update the comment when there is one; create none.")
def comment(file: TextIOWrapper, mark: str, *, if_present: bool) -> int:
    """Put the Markdown of FILE (- for standard input) on the pull or merge request that this job runs for.

    A comment with the same mark is updated in place, and only one of the same author. Runs in GitHub Actions, with
    GITHUB_TOKEN, and in GitLab CI, with MCGEN_GITLAB_TOKEN (a project access token with the scope api).
    """
    import os
    from pathlib import Path

    from mcgen import terminal
    from mcgen.comment import platform, put
    from mcgen.problems import UsageError

    where = platform(os.environ, lambda path: Path(path).read_bytes())
    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name} is not UTF-8, so it is no Markdown of mcgen ({error.reason})") from error
    terminal.say(f"comment {mark}: {put(where, text, mark, create=not if_present)}")
    return 0
