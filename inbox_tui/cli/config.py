"""`inbox-tui config`: the settings in force, and the file that holds them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from inbox_tui.cli.account import DEFAULT, Config, check_theme, place_in_file, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import USAGE, Failure, fail, output, print_message
from inbox_tui.cli.options import example, for_account
from inbox_tui.config import SETTINGS, template, toml
from inbox_tui.locale import _, system_words
from inbox_tui.paths import Paths
from inbox_tui.private_files import PathRefused, private_folder, write_file


@click.command(
    "config",
    epilog=example(
        "inbox-tui config",
        "EDITOR=nano inbox-tui config --edit",
    ),
)
@for_account
@click.option("--edit", is_flag=True, help="Open the settings file in $VISUAL or $EDITOR.")
def command(cli_options: CliOptions, edit: bool) -> None:
    """Show each setting in force, and where its value comes from.

    --edit creates a settings file that explains all settings if there is none, and checks the
    file after you have edited it.
    """
    if edit:
        _edit(Paths.default())
        return
    from inbox_tui.text import sanitize

    config = read_config(cli_options)
    check_theme(config)
    for line in _shown(config):
        output(sanitize(line))


def _shown(config: Config) -> Iterator[str]:
    """Yield the settings in force as lines of a settings file, with their sources as comments."""
    path = config.paths.config
    yield f"# {path}" + ("" if path.exists() else _(" (does not exist yet: --edit creates it)"))
    in_force = {"login": config.login, "server": config.server}
    for setting in SETTINGS:
        value = getattr(config.settings, setting.name)
        source = place_in_file(path, setting.name) or DEFAULT
        if setting.name in in_force:
            value, source = in_force[setting.name]
        is_table = isinstance(value, Mapping)
        line = f"[{setting.name}]" if is_table else f"{setting.name} = {toml(value)}"
        if value or not is_table:
            yield f"{line:<40} # {_(source).removeprefix(f'{path}, ')}"
        for entry, of_entry in value.items() if is_table else ():
            yield f"{toml(entry)} = {toml(of_entry)}"


def _edit(paths: Paths) -> None:
    path = paths.config
    try:
        if not os.path.lexists(path):
            private_folder(path.parent)
            write_file(path, lambda file: file.write(template().encode()), replace=False)
    except PathRefused as refused:
        fail(f"{refused}.")
    except OSError as error:
        fail(
            _("{path} can't be created: {strerror}.").format(
                path=path, strerror=system_words(error)
            )
        )
    _open_in_editor(path)
    try:  # check that the inbox would start with this file
        check_theme(read_config(CliOptions(), environment={}))
    except Failure as failure:
        remedy = _("The inbox can't start until this is fixed: run 'inbox-tui config --edit'.")
        fail(f"{failure.message}\n{remedy}", USAGE)
    print_message(_("{path} is valid.").format(path=path))


def _open_in_editor(path: Path) -> None:
    variable = "VISUAL" if os.environ.get("VISUAL") else "EDITOR"
    on_windows = sys.platform == "win32"
    written = os.environ.get(variable) or ("notepad" if on_windows else "vi")
    try:
        words = shlex.split(written, posix=not on_windows)  # POSIX mode removes backslashes
    except ValueError:
        words = []
    if on_windows and words:
        words = [word.strip('"') for word in words]
        words[0] = shutil.which(words[0]) or words[0]
    if not words:
        fail(
            _("{variable}={written!r} is not a command.").format(
                variable=variable, written=written
            ),
            USAGE,
        )
    try:
        ended = subprocess.run([*words, str(path)], check=False)  # noqa: S603 - the user's own
    except OSError as error:
        fail(
            _(
                "the editor {value!r} can't be started: {strerror}. Set VISUAL or EDITOR "
                "to another one."
            ).format(value=words[0], strerror=system_words(error))
        )
    if ended.returncode != 0:
        fail(
            _("the editor exited with status {returncode}; {path} was not checked.").format(
                returncode=ended.returncode, path=path
            )
        )
