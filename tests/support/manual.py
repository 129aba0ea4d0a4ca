"""Generates the manual page from the commands' help: `python -m support.manual` rewrites it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from inbox_tui.cli.program import main

PAGE = Path(__file__).parents[2] / "inbox_tui" / "cli" / "inbox-tui.1"


def manual() -> str:
    """Return the manual page as roff."""
    context = click.Context(main, info_name="inbox-tui", **main.context_settings)
    lines = [
        '.TH INBOX-TUI 1 "" inbox-tui "User Commands"',
        ".SH NAME",
        r"inbox\-tui \- a terminal inbox for the SMS your numbers receive through SMS Centre",
        *_command(main, context, ".SH"),
        ".SH COMMANDS",
    ]
    lines += _commands(main, context)
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    """Yield a section for each command of a group, subcommands included."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        of_command = click.Context(command, context, name)
        yield f".SS {_roff(of_command.command_path.removeprefix('inbox-tui '))}"
        yield from _command(command, of_command)
        if isinstance(command, click.Group):
            yield from _commands(command, of_command)


def _command(command: click.Command, context: click.Context, heading: str = "") -> Iterator[str]:
    """Yield the usage, description, options and examples of a command."""
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    yield from ([f"{heading} SYNOPSIS"] if heading else [".PP"])
    yield rf"\fB{_roff(usage)}\fP"
    yield from ([f"{heading} DESCRIPTION"] if heading else [])
    yield from _paragraphs(command.help or "")
    yield from ([f"{heading} OPTIONS"] if heading else [])
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            yield from (".TP", rf"\fB{_roff(record[0])}\fP", _roff(record[1]))
    if command.epilog:
        yield from _paragraphs(command.epilog)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.startswith("\b"):  # click's mark for a paragraph that must not be wrapped
            yield from (".PP", ".nf", *map(_roff, paragraph.splitlines()[1:]), ".fi")
        else:
            yield from (".PP", _roff(" ".join(paragraph.split())))


def _roff(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    PAGE.write_text(manual(), encoding="utf-8")
