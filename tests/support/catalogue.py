"""Updates the Russian catalogue from the code: `python -m support.catalogue`, from `tests/`.

Adds new sentences to `inbox-tui.po`, untranslated, removes those that are no longer used, and
compiles `inbox-tui.mo`, which the program reads.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import inbox_tui
from inbox_tui.cli.machine_checks import CheckName
from inbox_tui.cli.program import COMMANDS as PROGRAM_COMMANDS
from inbox_tui.cli.program import main
from inbox_tui.commands import COMMANDS, GROUPS
from inbox_tui.config import SETTINGS
from inbox_tui.credentials import Kind
from inbox_tui.locale import DOMAIN, FOLDER
from inbox_tui.sync import State

SOURCE = Path(inbox_tui.__file__).parent
CATALOGUE = FOLDER / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po"
CLICK: tuple[str | tuple[str, str], ...] = (
    "Options",
    "Usage:",
    "Show this message and exit.",
    "%(prog)s, version %(version)s",
    "No such command {name!r}.",
    "No such option {name!r}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    "Missing command.",
    "Missing argument",
    "Missing option",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    "Option {name!r} does not take a value.",
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a directory.",
    "{name} {filename!r} is not readable.",
    "{name} {filename!r} is not writable.",
    "Choose from:\n\t{choices}",
    "file",
    "File",
    "path",
    "directory",
    "default: {default}",
)
"""The messages of click that a user of our commands can see."""
SYSTEM = (
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "Is a directory",
    "Not a directory",
    "Directory not empty",
    "File exists",
    "File name too long",
    "Too many levels of symbolic links",
    "Input/output error",
    "Device or resource busy",
    "Exec format error",
    "Too many open files",
    "Connection refused",
    "Connection reset by peer",
    "Connection timed out",
    "Network is unreachable",
    "No route to host",
)
"""The operating system's messages for errors that a user can run into."""
TOML = (
    "Invalid statement",
    "Invalid value",
    "Expected '=' after a key in a key/value pair",
    "Expected newline or end of document after a statement",
    "Invalid initial character for a key part",
    "Expected ']' at the end of a table declaration",
    "Expected ']]' at the end of an array declaration",
    "Cannot overwrite a value",
    "Unclosed array",
    "Unclosed inline table",
    "Unterminated string",
    'Expected "\'"',
    "Unescaped '\\' in a string",
    "Illegal character '\\n'",
    "Invalid hex value",
    "Invalid date or datetime",
    "Nested too deeply",
)
"""The messages of `tomllib` for a settings file that is not valid TOML."""
KEYWORDS: dict[str, Any] = {"_": None, "mark": None, "plural": (1, 2)}


def _at(file: str) -> Any:
    """Return a location without a line number, because line numbers change with every edit."""
    return [(file, None)]


def extracted() -> Catalog:
    """Return a catalogue of every sentence of the interface, untranslated."""
    catalogue = Catalog()
    found = extract_from_dir(SOURCE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=())
    for file, _line, message, _comments, _context in found:
        catalogue.add(message, locations=_at(f"inbox_tui/{file}"))
    for source, messages in (("click", CLICK), ("system", SYSTEM), ("tomllib", TOML)):
        for message in messages:
            catalogue.add(message, locations=_at(source))
    for file, sentences in _in_tables():
        for sentence in filter(None, sentences):
            catalogue.add(sentence, locations=_at(f"inbox_tui/{file}"))
    return catalogue


def _in_tables() -> Iterator[tuple[str, Iterable[str | None]]]:
    """Yield the sentences in tables and help pages, by file."""
    yield "commands.py", GROUPS
    for row in COMMANDS:
        yield "commands.py", (row.description, row.hint, row.also)
    for setting in SETTINGS:
        yield "config.py", (setting.description, setting.allowed)
    yield "sync/events.py", State
    yield "credentials.py", get_args(Kind)
    yield "cli/machine_checks.py", get_args(CheckName)
    yield "cli/program.py", PROGRAM_COMMANDS.values()
    context = click.Context(main)
    yield "cli/program.py", _on_help_page(main)
    for name in PROGRAM_COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        yield f"cli/{name}.py", _on_help_page(command)


def _on_help_page(command: click.Command) -> Iterator[str | None]:
    """Yield the sentences on the help page of a command and of its subcommands."""
    yield cleandoc(command.help or "")
    yield command.epilog
    yield command.options_metavar
    for option in command.params:
        if isinstance(option, click.Option):
            yield from (option.help, option.metavar)
    if isinstance(command, click.Group):
        yield command.subcommand_metavar
        for each in command.commands.values():
            yield from _on_help_page(each)


def translated() -> Catalog:
    """Return the Russian catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ru", domain=DOMAIN)


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue in the `.mo` format."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def update() -> None:
    """Update the catalogue from the code, and compile it."""
    catalogue = translated()
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=100, sort_by_file=True, omit_header=False)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(catalogue))


if __name__ == "__main__":
    update()
