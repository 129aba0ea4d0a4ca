"""The dialogue that exports the messages shown to a file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, ProgressBar, Static

from inbox_tui.archive import AnyAccount, Archive, ArchiveError, Listing
from inbox_tui.exports import FORMATS, Exporter, ExportFormat, Written, format_of
from inbox_tui.locale import _, plural, system_words
from inbox_tui.private_files import write_file
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.dialog import Dialog
from inbox_tui.sessions import AllSessions
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import grouped

FORMAT_NAMES: dict[ExportFormat, str] = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines"}


class PathSuggester(Suggester):
    """Completes the name of a folder or file as it is typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path completed to the first entry that matches; a folder ends in a slash."""
        folder_end = max(value.rfind(separator) for separator in (os.sep, os.altsep or os.sep)) + 1
        folder, beginning = value[:folder_end], value[folder_end:]
        if not folder or not beginning:
            return None
        name = await asyncio.to_thread(_first_entry, Path(folder), beginning)
        return None if name is None else folder + name


def _first_entry(folder: Path, beginning: str) -> str | None:
    try:
        for entry in sorted(folder.expanduser().iterdir()):
            if entry.name.startswith(beginning) and entry.name.isprintable():
                return entry.name + ("/" if entry.is_dir() else "")
    except (OSError, RuntimeError):
        return None
    return None


def _heading(messages: int | None) -> str:
    if messages is None:
        return _("Export the messages shown")
    return plural(
        "Export the one message shown",
        "Export {count} messages shown",
        messages,
        count=grouped(messages),
    )


class ExportScreen(Dialog[None]):
    """Asks for a file and a format, and writes the messages of a list to it.

    If only the beginning of the list has been read, all that matched at that time is written.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("ctrl+o", "write(True)", "Overwrite", show=False),
        Binding("tab", "next_format", "Next format", show=False, priority=True),
    ]

    def __init__(self, context: InboxContext, listing: Listing) -> None:
        self._messages = listing.messages if listing.complete else None
        super().__init__(_heading(self._messages))
        self._session = context.session
        self._whole = asyncio.ensure_future(_whole(context.account, listing))
        self._whole.add_done_callback(lambda found: found.cancelled() or found.exception())
        self._path = f"~/inbox-{context.presentation.today():%Y-%m-%d}.csv"
        self._file_format = FORMATS[0]
        self._writing = False
        self._left = False

    def parts(self) -> ComposeResult:
        """Yield an input for the file, and lines for format, progress and errors."""
        yield Input(self._path, id="export-file", suggester=PathSuggester())
        yield Static(id="export-format")
        yield ProgressBar(total=self._messages, show_eta=False, id="export-progress")
        yield Static(id="export-reason")

    def on_mount(self) -> None:
        """Show the format, and hide the progress bar and the line for errors."""
        self._show_writing(False)
        self._say("")
        self._show_format()

    def _show_writing(self, writing: bool) -> None:
        """Show progress instead of taking input while the file is being written."""
        self._writing = writing
        self.query_one(ProgressBar).display = writing
        field = self.query_one("#export-file", Input)
        field.disabled = writing
        if not writing:
            self.set_focus(field)
        keys = (
            _("Esc stops")
            if writing
            else _("Enter writes · Tab format · Right completes · Esc closes")
        )
        self.query_one(".dialog-hint", Static).update(Content(keys))

    def _say(self, reason: str) -> None:
        line = self.query_one("#export-reason", Static)
        line.update(Content(sanitize(reason)))
        line.display = bool(reason)

    def action_next_format(self) -> None:
        """Choose the next format, and change the file name's extension to match."""
        if self._writing:
            return
        self._file_format = FORMATS[(FORMATS.index(self._file_format) + 1) % len(FORMATS)]
        field = self.query_one("#export-file", Input)
        if format_of(Path(field.value)) is not None:
            field.value = f"{field.value.rpartition('.')[0]}.{self._file_format}"
            field.cursor_position = len(field.value)
        self._show_format()

    def _show_format(self) -> None:
        names = [
            Content.styled(f"[{name}]", "bold")
            if file_format == self._file_format
            else Content(f" {name} ")
            for file_format, name in FORMAT_NAMES.items()
        ]
        self.query_one("#export-format", Static).update(Content(" ").join(names))

    @on(Input.Changed)
    def _file_typed(self, event: Input.Changed) -> None:
        self._say("")
        self._file_format = format_of(Path(event.value)) or self._file_format
        self._show_format()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_write(replace=False)

    def action_write(self, replace: bool) -> None:
        """Write the file; if it exists already, only with `replace`."""
        if self._writing:
            return
        name = self.query_one("#export-file", Input).value.strip()
        if not name:
            self._say(_("Enter a file name."))
            return
        path = Path(os.path.expanduser(name))  # noqa: PTH111 - an unknown ~name stays as it is
        self._say("")
        self._show_writing(True)
        self.run_worker(self._export(path, replace=replace), group="export")

    async def _export(self, path: Path, *, replace: bool) -> None:
        try:
            whole = await self._whole
            written = await asyncio.to_thread(self._write, whole, path, replace=replace)
        except FileExistsError:
            self._say(_("This file already exists. Ctrl+O overwrites it."))
        except InterruptedError:
            return
        except OSError as error:
            self._say(_("It can't be written: {error}.").format(error=system_words(error)))
        except ArchiveError as error:
            self._say(str(error))
        else:
            self.dismiss()
            self.notify(_words(written, path), title=_("Exported"), timeout=8, markup=False)
        finally:
            if self.is_attached:
                self._show_writing(False)

    def _write(self, listing: Listing, path: Path, *, replace: bool) -> Written:
        """Write messages to a file over a new archive connection; called in a thread."""
        session = self._session
        with Archive.open(session.archive.archive.path) as archive:
            exporter = Exporter(
                self._file_format,
                server_zone=session.server_zone,
                names=session.settings.names,
                accounts=archive.account_names() if isinstance(session, AllSessions) else None,
            )
            rows = session.archive.on(archive).lists.export(listing.query, listing)
            return write_file(
                path, lambda file: exporter.write(rows, file, self._progress), replace=replace
            )

    def _progress(self, messages: int) -> None:
        """Update the progress bar from the writing thread, or end that once the user has left."""
        if self._left:
            raise InterruptedError
        self.app.call_from_thread(self.query_one(ProgressBar).update, progress=messages)

    def action_leave(self) -> None:
        """Close the dialogue; an export under way is cancelled and leaves no file."""
        self._left = True
        self.dismiss(None)


async def _whole(account: AnyAccount, listing: Listing) -> Listing:
    """Return a complete listing of everything that matched when `listing` was read."""
    if listing.complete:
        return listing

    def find() -> Listing:
        with Archive.open(account.archive.path) as archive:
            lists = account.on(archive).lists
            return lists.open(listing.query, keep=listing, change=listing.change)

    return await asyncio.to_thread(find)


def _words(written: Written, path: Path) -> str:
    words = plural(
        "{count} message written to {path}",
        "{count} messages written to {path}",
        written.messages,
        count=grouped(written.messages),
        path=path,
    )
    if written.guarded:
        words += plural(
            ". {count} cell that a spreadsheet would run as a formula got an apostrophe.",
            ". {count} cells that a spreadsheet would run as a formula got an apostrophe.",
            written.guarded,
        )
    return sanitize(words)
