"""The command that exports what is shown; imported when it is first used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from inbox_tui.archive import Archive, Listing
from inbox_tui.exports import Exporter, ExportFormat, Written
from inbox_tui.locale import _, plural
from inbox_tui.private_files import write_file
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.export_dialog import Exported, ExportScreen
from inbox_tui.session import Session
from inbox_tui.sessions import AllSessions
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import grouped


async def export_shown(context: InboxContext, listing: Listing | None) -> None:
    """Ask for a file and write the messages of a list to it, also where it is not complete yet."""
    if listing is None or (listing.complete and not listing.messages):
        context.say(_("no messages to export"))
        return
    session, screen = context.session, context.screen
    whole = asyncio.ensure_future(_whole(session, listing))
    whole.add_done_callback(lambda found: found.cancelled() or found.exception())

    async def export(
        file_format: ExportFormat, path: Path, replace: bool, progress: Callable[[int], None]
    ) -> Written:
        return await asyncio.to_thread(
            _write, session, await whole, file_format, path, replace, progress
        )

    def exported(result: Exported | None) -> None:
        if result is not None:
            screen.notify(_words(result), title=_("Exported"), timeout=8, markup=False)

    opened = ExportScreen(
        export,
        messages=listing.messages if listing.complete else None,
        path=f"~/inbox-{context.presentation.today():%Y-%m-%d}.csv",
    )
    await screen.app.push_screen(opened, callback=exported)


async def _whole(session: Session | AllSessions, listing: Listing) -> Listing:
    """All that fitted when this was listed, also where only the first of it has been found."""
    if listing.complete:
        return listing

    def find() -> Listing:
        with Archive.open(session.archive.archive.path) as archive:
            lists = session.archive.on(archive).lists
            return lists.open(listing.query, keep=listing, change=listing.change)

    return await asyncio.to_thread(find)


def _write(
    session: Session | AllSessions,
    listing: Listing,
    file_format: ExportFormat,
    path: Path,
    replace: bool,
    progress: Callable[[int], None],
) -> Written:
    """Write messages to a file, in a thread, over a connection of its own."""
    with Archive.open(session.archive.archive.path) as archive:
        exporter = Exporter(
            file_format,
            server_zone=session.server_zone,
            names=session.settings.names,
            accounts=archive.account_names() if isinstance(session, AllSessions) else None,
        )
        rows = session.archive.on(archive).lists.export(listing.query, listing)
        return write_file(path, lambda file: exporter.write(rows, file, progress), replace=replace)


def _words(exported: Exported) -> str:
    written = exported.written
    words = plural(
        "{count} message written to {path}",
        "{count} messages written to {path}",
        written.messages,
        count=grouped(written.messages),
        path=exported.path,
    )
    if written.guarded:
        words += plural(
            ". {count} cell that a spreadsheet would run as a formula got an apostrophe.",
            ". {count} cells that a spreadsheet would run as a formula got an apostrophe.",
            written.guarded,
        )
    return sanitize(words)
