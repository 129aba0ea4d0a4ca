"""The Textual application: which screen stands when, and the task that keeps the inbox live."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.theme import Theme
from textual.worker import WorkerFailed

from inbox_tui.archive import ADDRESS, SIGNED_IN, AccountArchive, Archive, ArchiveWorker, Query
from inbox_tui.commands import CommandKeys, latin_key, textual_key
from inbox_tui.config import Settings
from inbox_tui.credentials import Keyring, KeyringError, KeyringSilent, KeyringUnfit, Secret
from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen, since_by
from inbox_tui.smsc.endpoint import EndpointRefused, endpoint, host_of
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import (
    Clock,
    Event,
    MessagesArrived,
    Progress,
    State,
    Status,
    StatusChanged,
)
from inbox_tui.terminal import driver_class
from inbox_tui.terminal.notices import RESTORE_TITLE, SAVE_TITLE, notification, terminal_title
from inbox_tui.text import load_metadata, sanitize
from inbox_tui.widgets.presentation import Presentation
from inbox_tui.widgets.scroll_bar import QuickScrollBar
from inbox_tui.widgets.symbols import PLAIN, symbols

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.driver import Driver

    from inbox_tui.exports import ExportFormat, Written
    from inbox_tui.screens.sign_in import Credentials, Refusal, SignInScreen
    from inbox_tui.sync import Inbox, InboxSync

FILTERS = "filters"
"""What the archive remembers of the filters last set."""

DARK = Theme(
    name="inbox-dark",
    primary="#6ca7c8",
    secondary="#8f9dae",
    accent="#e0b05c",
    warning="#e0b05c",
    error="#e07a6c",
    success="#7fb685",
    foreground="#d5dae1",
    background="#14181d",
    surface="#1a1f26",
    panel="#2a313b",
    dark=True,
)
LIGHT = Theme(
    name="inbox-light",
    primary="#1f6f96",
    secondary="#5b6875",
    accent="#9a6400",
    warning="#9a6400",
    error="#b03a2a",
    success="#2f7a3d",
    foreground="#1d2329",
    background="#fbfbf9",
    surface="#f2f2ef",
    panel="#dcdfe0",
    dark=False,
)


def _inbox_commands() -> type[Provider]:
    from inbox_tui.screens.commands import InboxCommands

    return InboxCommands


def _shortest(url: str) -> str:
    """The shortest way to write the server's address: its host, where that means the same."""
    host = host_of(url)
    return host if endpoint(host) == url else url


class Account(NamedTuple):
    """Whose inbox it is: its part of the archive, and where it is kept."""

    archive: AccountArchive
    login: str
    host: str
    url: str


class Parts(NamedTuple):
    """What the application is put together from."""

    archive_path: Path
    settings: Settings
    server: str
    login: str | None
    password: Secret | None
    keyring: Keyring | None
    connect: Callable[[str, str, Secret], Inbox]
    clock: Clock
    random: Random
    local_zone: tzinfo
    filters: Filters | None
    """What to show at first; None: what the settings say."""
    limit: Limit
    refresh_seconds: float
    demo: bool = False


class InboxApp(App[None]):
    """A live inbox of one account."""

    TITLE = "inbox-tui"
    # Textual does not read the CSS_PATH of a default screen.
    CSS_PATH = Path(__file__).parent / "screens" / "inbox.tcss"
    COMMANDS = App.COMMANDS | {_inbox_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    theme: Reactive[str] = Reactive(DARK.name)
    """The theme; a default costs nothing, where one set later has all styles read again."""

    def __init__(self, parts: Parts, archive: Archive) -> None:
        super().__init__()
        ScrollBar.renderer = QuickScrollBar
        self.set_class(symbols() is PLAIN, "-ascii")
        self._parts = parts
        self._archive = archive
        self._presentation = Presentation(
            server_zone=ZoneInfo(parts.settings.server_timezone),
            local_zone=parts.local_zone,
            names=parts.settings.names,
            clock=parts.clock.now,
            keys=CommandKeys(parts.settings.keys),
        )
        self._presentation.numbers_wait = parts.login is not None
        self._account: Account | None = None
        if parts.login is not None:
            self._account = self._account_for(parts.login, endpoint(parts.server))
        self._inbox: InboxScreen | None = None
        self._shown: Account | None = None
        self._sync: InboxSync | None = None
        self._worker: ArchiveWorker | None = None
        self._asking: asyncio.Task[None] | None = None
        self._verdict: asyncio.Future[Status] | None = None
        self._sign_in_screen: SignInScreen | None = None
        self._focus_told = False
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        if parts.settings.theme:
            self.theme = parts.settings.theme

    def _account_for(self, login: str, url: str) -> Account:
        host = host_of(url)
        return Account(self._archive.account(login, host), login, host, url)

    @property
    def current_theme(self) -> Theme:
        """The theme in use; the usual one is needed before it can be registered."""
        return DARK if self.theme == DARK.name else super().current_theme

    # -- screens

    def get_default_screen(self) -> Screen[Any]:
        """The inbox of the account that is known; without one, the sign-in comes on top."""
        if self._account is None:
            return Screen(id="_default")
        return self._inbox_of(self._account)

    def _inbox_of(self, account: Account) -> InboxScreen:
        self._shown = account
        self._inbox = InboxScreen(
            account=account.archive,
            presentation=self._presentation,
            clock=self._parts.clock,
            since=since_by(self._parts.clock, self._presentation),
            refresh=self._refresh,
            sign_in=self._ask_to_sign_in,
            export=partial(self._export, account.archive),
            filters=self._first_filters(account),
            status=Status(State.CHECKING) if self._sync is None else self._sync.status,
            refresh_seconds=self._parts.refresh_seconds,
            remember_filters=self._parts.settings.remember_filters,
            demo=self._parts.demo,
        )
        return self._inbox

    def _first_filters(self, account: Account) -> Filters:
        """The filters asked for; without any, those of the last run where they are remembered."""
        parts = self._parts
        if parts.filters is None and parts.settings.remember_filters:
            remembered = Filters.read(account.archive.notes.get(FILTERS) or "")
            if remembered is not None:
                return remembered
        return parts.filters or Filters(hours=parts.settings.window or None)

    def _export(
        self,
        account: AccountArchive,
        query: Query,
        form: ExportFormat,
        path: Path,
        replace: bool,
        progress: Callable[[int], None],
    ) -> Written:
        """Write messages to a file, in a thread, over a connection of its own."""
        from inbox_tui.exports import Exporter, write_file

        exporter = Exporter(
            form,
            server_zone=self._presentation.server_zone,
            names=self._parts.settings.names,
        )
        with Archive.open(self._archive.path) as archive:
            rows = account.on(archive).lists.export(query)
            return write_file(
                path, lambda file: exporter.write(rows, file, progress), replace=replace
            )

    def on_mount(self) -> None:
        """With the first frame on screen, find the password and begin to ask."""
        self._write_to_terminal(SAVE_TITLE)
        self.call_after_refresh(self._collect_garbage)
        if self._archive.set_aside is not None:
            self.notify(
                "The archive was damaged. It is kept beside the fresh one as "
                f"{sanitize(self._archive.set_aside.name)}.",
                severity="warning",
                timeout=30,
                markup=False,
            )
        if self._account is None:
            self._ask_to_sign_in()
        else:
            self.call_after_refresh(self._begin, self._account)

    def _collect_garbage(self) -> None:
        """Where that was put off until now, look for garbage, but not in what is there to stay."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def _begin(self, account: Account) -> None:
        self.run_worker(self._sign_in_quietly(account), group="sign-in")
        self.run_worker(self._load_numbers(), group="numbers")

    async def _load_numbers(self) -> None:
        """Write numbers as their countries do, once it is known how."""
        await asyncio.to_thread(load_metadata)
        self._presentation.numbers_wait = False
        if self._inbox is not None and self._inbox.is_mounted:
            self._inbox.rewrite()

    async def _sign_in_quietly(self, account: Account) -> None:
        """Take the password from where it is kept; without one, ask for it."""
        password, reason, silence = self._parts.password, "", None
        if password is None and self._parts.keyring is not None:
            try:
                password = await self._parts.keyring.get(account.login, account.host)
            except KeyringSilent as silent:
                reason, silence = str(silent), silent
            except KeyringUnfit:
                reason = ""  # the sign-in screen tells
            except KeyringError as error:
                reason = str(error)
        await self._start_asking(account, password)
        if password is None:
            self._ask_to_sign_in(reason)
            if silence is not None:
                await self._take_late_password(account, silence)

    async def _take_late_password(self, account: Account, silence: KeyringSilent) -> None:
        """A keyring that answers in the end saves the typing."""
        try:
            password = await silence.wait()
        except KeyringError:
            return
        if password is None or self._sync is None or account != self._account:
            return
        if self._sync.status.state is not State.SIGN_IN:  # one was typed meanwhile
            return
        self._sync.sign_in(password)
        if self._sign_in_screen is not None:
            self._sign_in_screen.dismiss(False)

    # -- signing in

    def _ask_to_sign_in(self, reason: str = "") -> None:
        from inbox_tui.screens.sign_in import SignInScreen

        if self._sign_in_screen is not None:
            self._sign_in_screen.show_reason(reason)
            return
        account = self._account
        self._sign_in_screen = screen = SignInScreen(
            server=_shortest(account.url) if account is not None else self._parts.server,
            login=account.login if account is not None else "",
            attempt=self._attempt,
            keyring_note=self._keyring_note,
            reason=reason,
            can_leave=self._inbox is not None,
        )
        self.push_screen(screen, self._sign_in_left)

    def _sign_in_left(self, signed_in: bool | None) -> None:
        self._sign_in_screen = None
        if not signed_in or self._account is None or self._account == self._shown:
            return
        self.push_screen(self._inbox_of(self._account))

    async def _keyring_note(self) -> str:
        if self._parts.keyring is None:
            return "The password is kept for this run only."
        try:
            report = await self._parts.keyring.describe()
        except KeyringError as error:
            return f"{error} The password is kept for this run only."
        if report.usable:
            return ""
        return f"No keyring to use: {report.note}. The password is kept for this run only."

    async def _attempt(self, filled: Credentials) -> Refusal | None:
        """Check an account with the first request of its inbox; keep the password if it is in."""
        from inbox_tui.screens.sign_in import Refusal

        try:
            url = endpoint(filled.server)
        except EndpointRefused as refused:
            return Refusal(str(refused))
        account = self._account_for(filled.login, url)
        if account != self._account:
            await self._stop_asking()
            self._account = account
        if filled.again:
            account.archive.requests.forgive()
        status = await self._verdict_on(account, filled.password)
        if status.state is State.SIGN_IN:
            again = " Enter sends the same password once more." if status.reason else ""
            return Refusal(f"{status.reason}.{again}", same_password=True)
        if status.state is not State.LIVE:
            return Refusal(status.reason)
        account.archive.notes.set(ADDRESS, account.url)
        account.archive.notes.set(SIGNED_IN, self._parts.clock.now().isoformat())
        if filled.remember and self._parts.keyring is not None:
            try:
                await self._parts.keyring.store(account.login, account.host, filled.password)
            except KeyringError as error:
                self.notify(
                    f"{error} It is kept for this run only.", severity="warning", markup=False
                )
        return None

    async def _verdict_on(self, account: Account, password: Secret) -> Status:
        sync = self._sync or await self._start_asking(account, None)
        self._verdict = asyncio.get_running_loop().create_future()
        try:
            sync.sign_in(password)
            return await self._verdict
        finally:
            self._verdict = None

    # -- asking

    async def _start_asking(self, account: Account, password: Secret | None) -> InboxSync:
        from inbox_tui.sync import InboxSync

        parts = self._parts
        self._worker = worker = ArchiveWorker(self._archive.path)
        self._sync = sync = InboxSync(
            await worker.call(account.archive.on),
            login=account.login,
            connect=partial(parts.connect, account.url, account.login),
            publish=self._heard,
            clock=parts.clock,
            random=parts.random,
            server_zone=self._presentation.server_zone,
            password=password,
            scopes=parts.settings.only_to_phones or ("",),
            refresh_seconds=parts.refresh_seconds,
            keep_days=parts.settings.keep_days,
            limit=parts.limit,
            in_thread=worker.run,
        )
        self._heard(StatusChanged(sync.status))
        self._asking = asyncio.create_task(sync.run())
        self._asking.add_done_callback(self._asking_ended)
        return sync

    def _asking_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._handle_exception(error if isinstance(error, Exception) else RuntimeError())

    async def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
            self._asking = None
        if self._worker is not None:
            await self._worker.close()
            self._worker = None
        self._sync = None

    def _refresh(self) -> None:
        if self._sync is not None:
            self._sync.refresh()

    def _heard(self, event: Event) -> None:
        """What sync publishes: for the sign-in that waits for it, and for the inbox."""
        if self._inbox is not None and self._shown == self._account:
            self._inbox.sync_event(event)
        match event:
            case MessagesArrived(new, live):
                self._decide(Status(State.LIVE))
                if live:
                    self._announce(new)
            case Progress():
                self._decide(Status(State.LIVE))
            case StatusChanged(status):
                if status.state is State.LIVE or (
                    status.reason and status.state is not State.WAITING
                ):
                    self._decide(status)
                if status.state is State.SIGN_IN and status.reason:
                    self._ask_to_sign_in(status.reason)
                elif status.state is State.WAITING and self._sign_in_screen is not None:
                    self._sign_in_screen.show_reason(self._wait_in_words(status))

    def _wait_in_words(self, status: Status) -> str:
        if status.next_at is None:
            return status.reason
        seconds = max(1, round(status.next_at - self._parts.clock.moment().seconds))
        return f"Waiting {seconds} s: {status.reason}"

    def _decide(self, status: Status) -> None:
        if self._verdict is not None and not self._verdict.done():
            self._verdict.set_result(status)

    async def on_unmount(self) -> None:
        """Stop asking; a request under way is left in the ledger as unanswered."""
        await self._stop_asking()
        self._write_to_terminal(RESTORE_TITLE)

    # -- what comes in by the terminal

    async def on_event(self, event: events.Event) -> None:
        """Take keys by their place, and show what is pasted into a field as text."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._take_by_place(event)
        elif isinstance(event, events.Paste):
            event.text = sanitize(event.text, lines=True)
        await super().on_event(event)

    def _take_by_place(self, event: events.Key) -> None:
        """Make a key that is no text the one at its place on the Latin layout, and its command's.

        Bindings know the keys of the table of commands; the settings may give a command others.
        """
        in_field = self.focused is not None and self.focused.check_consume_key("a", "a")
        with_modifier = "+" in event.key[:-1]
        pressed = event.key if with_modifier or not event.character else event.character
        if in_field and len(pressed) == 1:
            return
        key = latin_key(pressed)
        if isinstance(self.screen, InboxScreen):
            usual = self._presentation.keys.usual(key)
            key = key if in_field and len(usual) == 1 else usual
        if key != pressed:
            event.key, event.character = textual_key(key), key if len(key) == 1 else None

    @property
    def clipboard(self) -> str:
        """What was copied here, fit for a field."""
        return sanitize(super().clipboard)

    async def action_command_palette(self) -> None:  # type: ignore[override] # it is awaited
        """Open the palette, there at once for what is typed after its key."""
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            await self.push_screen(CommandPalette(placeholder="a command or a number"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """None: those of use here are among our own; a picture would be a file others can read."""
        return ()

    # -- what the terminal is told

    def on_app_focus(self) -> None:
        """The terminal tells of its focus."""
        self._focus_told = True

    on_app_blur = on_app_focus

    def _announce(self, new: Sequence[int]) -> None:
        """One notice for all that came, unless the terminal says that it has the focus."""
        settings = self._parts.settings
        if settings.notify == "off" or (self._focus_told and self.app_focus):
            return
        if settings.notify == "bell":
            self.bell()
            return
        words = "1 new message" if len(new) == 1 else f"{len(new)} new messages"
        body = ""
        if settings.notify_text and self._account is not None:
            row = self._account.archive.messages.get(new[0])
            if row is not None:
                body = f"{self._presentation.who(row.phone)}: {row.message}"
        self._write_to_terminal(notification(words, body, os.environ))

    def get_driver_class(self) -> type[Driver]:
        """What reads from and writes to the terminal."""
        return driver_class()

    def watch_title(self, title: str) -> None:
        """Set the terminal's title."""
        self._write_to_terminal(terminal_title(title))

    def _write_to_terminal(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless and not self.is_web:
            self._driver.write(sequence)
            self._driver.flush()

    # -- the end

    def _fatal_error(self) -> None:
        """Leave the screen, and tell nothing here: a password may be among the values at hand."""
        self.bell()
        self._close_messages_no_wait()

    @property
    def fault(self) -> Exception | None:
        """The error of its own that the program stopped by."""
        error = self._exception
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            return error.error
        return error
