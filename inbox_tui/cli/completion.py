"""`inbox-tui completion`: the script by which a shell completes the command line."""

from __future__ import annotations

import click

from inbox_tui import COMPLETE_VARIABLE
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import fail, output
from inbox_tui.cli.options import example, without_account
from inbox_tui.locale import _

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command(
    "completion",
    epilog=example(
        'eval "$(inbox-tui completion bash)"          in ~/.bashrc',
        'eval "$(inbox-tui completion zsh)"           in ~/.zshrc',
        "inbox-tui completion fish >~/.config/fish/completions/inbox-tui.fish",
        "inbox-tui completion powershell | Out-String | iex     in $PROFILE",
    ),
)
@without_account
@click.argument("shell", type=click.Choice(SHELLS))
def command(cli_options: CliOptions, shell: str) -> None:
    """Print the script that lets a shell complete commands and options."""
    from click.shell_completion import get_completion_class

    from inbox_tui.cli.program import main

    kind = get_completion_class(shell)
    if kind is None:
        fail(_("there is no completion for {shell}.").format(shell=shell))
    output(kind(main, {}, "inbox-tui", COMPLETE_VARIABLE).source())
