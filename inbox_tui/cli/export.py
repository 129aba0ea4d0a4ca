"""`inbox-tui export`: messages for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inbox_tui.cli.account import Config, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import (
    at_terminal,
    fail,
    print_message,
    writing,
)
from inbox_tui.cli.open_archive import open_account, open_accounts
from inbox_tui.cli.options import account_options, all_option, example, filter_options
from inbox_tui.locale import _, plural, system_words

if TYPE_CHECKING:
    from inbox_tui.archive import AnyAccount, Row
    from inbox_tui.exports import Exporter, ExportFormat, Written
    from inbox_tui.text.search_query import SearchQuery


@click.command(
    "export",
    epilog=example(
        "inbox-tui export --hours 24 >today.csv",
        "inbox-tui export --to-phone '+7 911 000-00-01' -o orders.json",
        "inbox-tui export --format jsonl --search code | jq -r .code",
    ),
)
@account_options
@filter_options
@click.pass_obj
@click.option(
    "--format",
    "export_format",
    type=click.Choice(("csv", "json", "jsonl")),
    help="The format.  [default: as the name of FILE ends; csv without one]",
)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(allow_dash=True),
    metavar="FILE",
    help="Write to FILE, which only you can read, instead of standard output.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@all_option
@click.option("--search", metavar="WORDS", help="Only messages with all these words.")
def command(
    cli_options: CliOptions,
    export_format: ExportFormat | None,
    file: str | None,
    force: bool,
    search: str | None,
    every: bool,
) -> None:
    """Write the messages kept on this machine, oldest first. No request is sent to the server.

    A message has id, received, sent, phone, to_phone, message, read, starred, done and code, the
    one-time code in it, and with --all its account. Times have their offset from UTC. In CSV, an
    apostrophe is put before cells that a spreadsheet would run as a formula; their number is
    reported.
    """
    from inbox_tui.archive import Query
    from inbox_tui.exports import FORMATS, Exporter, format_of

    config = read_config(cli_options)
    if file == "":
        raise click.UsageError(_("-o '': write the name of a file, or - for standard output."))
    to_file = None if file is None or file == "-" else Path(file)
    if force and to_file is None:
        raise click.UsageError(_("--force needs -o FILE."))
    if to_file is not None and export_format is None:
        export_format = format_of(to_file)
        if export_format is None and to_file.suffix:
            endings = ", ".join(f".{known}" for known in FORMATS)
            raise click.UsageError(
                _(
                    "-o {file!r}: the ending must be one of {endings}; for any other, use --format."
                ).format(file=str(to_file), endings=endings)
            )
    query = Query(
        to_phone=cli_options.to_phone,
        since=None
        if cli_options.hours is None
        else config.since(cli_options.hours, datetime.now(UTC)),
    )
    if (search or "").strip():
        read = _search_query(search or "", config.settings.names)
        query = query.searching(read, config.zone)
    with _opened(config, every) as (account, accounts):
        exporter = Exporter(
            export_format or "csv",
            server_zone=config.zone,
            names=config.settings.names,
            accounts=accounts,
        )
        rows = account.lists.export(query)
        if to_file is None:
            written = _to_output(exporter, rows)
            text = plural("{count} message", "{count} messages", written.messages)
        else:
            written = _to_file(exporter, rows, to_file, force=force)
            text = plural(
                "{count} message in {path}",
                "{count} messages in {path}",
                written.messages,
                path=to_file,
            )
    if written.guarded:
        text += plural(
            "; {count} cell that looks like a formula got an apostrophe",
            "; {count} cells that look like formulas got an apostrophe",
            written.guarded,
        )
    print_message(f"{text}.")


@contextmanager
def _opened(config: Config, every: bool) -> Iterator[tuple[AnyAccount, Mapping[int, str] | None]]:
    """Open the account; with `every`, all accounts together, and their names by id."""
    if every:
        with open_accounts(config, every=True) as (archive, _configs):
            yield archive.all_accounts(), archive.account_names()
        return
    if config.login.value and not config.paths.archive.exists():
        fail(_nothing_kept(config.account))
    with open_account(config) as (config, archive):
        account = archive.find_account(config.login.value, config.host)
        if account is None:
            fail(_nothing_kept(config.account))
        yield account, None


def _search_query(search: str, names: Mapping[str, str]) -> SearchQuery:
    """Parse a search. Raises `click.BadParameter` if it is invalid."""
    from inbox_tui.text.search_query import parse_query

    query = parse_query(search, datetime.now().astimezone(), names)
    if query.errors:
        words = str(query.errors[0])
        full_stop = "" if words.endswith("?") else "."
        raise click.BadParameter(f"{words}{full_stop}", param_hint="--search")
    return query


def _nothing_kept(account: str) -> str:
    return _(
        "there are no messages of {account} on this machine: run 'inbox-tui sync' to fetch them."
    ).format(account=account)


def _to_file(exporter: Exporter, rows: Iterable[Row], path: Path, *, force: bool) -> Written:
    from inbox_tui.private_files import PathRefused, write_file

    try:
        return write_file(path, lambda file: exporter.write(rows, file), replace=force)
    except FileExistsError:
        if path.is_symlink() or not path.is_file():
            fail(
                _("{path} already exists and is not an ordinary file: choose another name.").format(
                    path=path
                )
            )
        fail(_("{path} already exists: use --force to overwrite it.").format(path=path))
    except PathRefused as refused:
        fail(f"{refused}.")
    except OSError as error:
        fail(
            _("{path} can't be written: {strerror}.").format(
                path=path, strerror=system_words(error)
            )
        )


def _to_output(exporter: Exporter, rows: Iterable[Row]) -> Written:
    with writing():
        written = exporter.write(
            rows, _TerminalOutput() if at_terminal(sys.stdout) else sys.stdout.buffer
        )
        sys.stdout.flush()
    return written


class _TerminalOutput:
    """Writes to the terminal, with control sequences in messages made visible."""

    def write(self, line: bytes) -> int:
        from inbox_tui.text import sanitize

        return sys.stdout.write(sanitize(line.decode(), lines=True))
