"""mcgen completion: what a shell needs to complete mcgen's command lines."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion of SHELL: commands, options, clusters, codes and stages.

    \b
    bash:  mcgen completion bash > ~/.local/share/bash-completion/completions/mcgen
    zsh:   mcgen completion zsh > DIR/_mcgen      (DIR is a folder in fpath)
    fish:  mcgen completion fish > ~/.config/fish/completions/mcgen.fish
    """
    from click.shell_completion import get_completion_class

    from mcgen.cli import cli

    found = get_completion_class(shell)
    assert found is not None
    maker = found(cli, {}, "mcgen", "_MCGEN_COMPLETE")
    # `source` of bash would ask the bash on PATH for its version first, which need not be the one that reads this.
    click.echo(maker.source_template % maker.source_vars())
