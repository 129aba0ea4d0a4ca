"""The Textual application: its screens, themes and keys, and notifications to the terminal."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import Theme
from textual.worker import WorkerFailed

from inbox_tui.commands import CommandKeys, latin_key, textual_key
from inbox_tui.config import SettingsError
from inbox_tui.locale import _, plural
from inbox_tui.screens.accounts import AccountSwitcher
from inbox_tui.screens.filters import FILTERS_NOTE, Filters
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.key_queue import KeyQueue
from inbox_tui.session import (
    KEPT_FOR_THIS_RUN,
    Dependencies,
    PasswordNotStored,
    Session,
    SessionEvent,
    SessionFailed,
)
from inbox_tui.sessions import AllSessions
from inbox_tui.smsc.endpoint import endpoint
from inbox_tui.sync import MessagesArrived
from inbox_tui.terminal.input import BackgroundReported
from inbox_tui.terminal.notifications import RESTORE_TITLE, SAVE_TITLE, notification, terminal_title
from inbox_tui.text import load_metadata, sanitize
from inbox_tui.text.phones import phone_key
from inbox_tui.themes import DARK, LIGHT, OWN, TERMINAL
from inbox_tui.widgets.presentation import Presentation
from inbox_tui.widgets.scroll_bar import PlainScrollBar
from inbox_tui.widgets.symbols import PLAIN, symbols

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.driver import Driver

    from inbox_tui.credentials import Secret
    from inbox_tui.screens.name_dialog import NameGiven

THREADS = 100
"""Size of the event loop's thread pool on Windows: more than the timers that run at one time.

The pool starts threads only as they are needed.
"""


def _inbox_commands() -> type[Provider]:
    from inbox_tui.screens.palette import InboxCommands

    return InboxCommands


class InboxApp(App[None]):
    """A live inbox."""

    TITLE = "inbox-tui"
    # Textual does not read the CSS_PATH of a default screen.
    CSS_PATH = Path(__file__).parent / "screens" / "inbox.tcss"
    # Without Textual's system commands: a screenshot would be a file that others can read.
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_inbox_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    theme: Reactive[str] = Reactive(DARK.name)
    """The name of the theme, with a default, as setting it later would parse all styles again."""

    def __init__(
        self,
        dependencies: Dependencies,
        *,
        server: str,
        login: str | None,
        password: Secret | None = None,
        others: Sequence[tuple[str, str, Secret]] = (),
        local_zone: tzinfo,
        settings_path: Path,
        filters: Filters | None = None,
        demo: bool = False,
    ) -> None:
        """Create the application, showing the account of `login` at `server` if there is a login.

        `others`: login, URL and password of further accounts, besides those in the archive.
        `settings_path`: the file that names and the theme are written to. `filters`: the filters
        at the start, or None for those of the settings or the last run.
        """
        no_color = bool(os.environ.get("NO_COLOR"))
        if not no_color:
            os.environ.pop("NO_COLOR", None)  # empty means unset, but not to Textual
        super().__init__(ansi_color=no_color or None)  # Textual's NO_COLOR alone still uses greys
        is_plain = symbols() is PLAIN
        ScrollBar.renderer = PlainScrollBar if is_plain else ScrollBarRender
        self.set_class(is_plain, "-ascii")
        self._dependencies = dependencies
        self._settings = dependencies.settings
        self._settings_path = settings_path
        self._first_filters = filters
        self._demo = demo
        self._presentation = Presentation(
            server_zone=ZoneInfo(self._settings.server_timezone),
            local_zone=local_zone,
            names=self._settings.names,
            clock=dependencies.clock.now,
            keys=CommandKeys(self._settings.keys),
        )
        self._accounts = AccountSwitcher(
            self, dependencies, server=server, on_event=self._session_event, show=self._show_inbox
        )
        if login is not None:
            self._accounts.shown = self._accounts.add(login, endpoint(server), password)
        for other in others:
            self._accounts.add(*other)
        self._presentation.numbers_wait = True
        self._inbox: InboxScreen | None = None
        self._keys = KeyQueue(self, self._handle_input, self._awaited)
        self._focus_reported = False
        for theme in OWN:
            self.register_theme(theme)
        self._theme_waits = not self._settings.theme
        """Whether to use the light or the dark theme once the terminal reports its background."""
        if no_color:
            self.theme = TERMINAL.name
        elif self._settings.theme:
            self.theme = self._settings.theme
        elif self.console.color_system == "standard":
            self.theme = TERMINAL.name

    @property
    def current_theme(self) -> Theme:
        """The theme in use. The default one is needed before themes can be registered."""
        return DARK if self.theme == DARK.name else super().current_theme

    # -- screens

    def get_default_screen(self) -> Screen[Any]:
        """Return the inbox, or an empty screen for the sign-in screen to cover."""
        if self._accounts.shown is None:
            return Screen(id="_default")
        return self._inbox_of(self._accounts.shown)

    async def _show_inbox(self, session: Session | AllSessions) -> None:
        """Replace the inbox on screen with that of another account."""
        if not self.is_running:  # closed meanwhile
            return
        # Textual's default screen can't be replaced, only covered.
        before, is_last = self._inbox, len(self.screen_stack) == 1
        await (self.push_screen if is_last else self.switch_screen)(self._inbox_of(session))
        if is_last and before is not None:
            await before.retire()

    def _inbox_of(self, session: Session | AllSessions) -> InboxScreen:
        every = isinstance(session, AllSessions)
        self._presentation.accounts = session.labels if isinstance(session, AllSessions) else {}
        self._inbox = InboxScreen(
            session,
            self._presentation,
            filters=self._filters_for(session),
            remember_filters=self._settings.remember_filters and not every,
            demo=self._demo,
        )
        return self._inbox

    def _filters_for(self, session: Session | AllSessions) -> Filters:
        """Return the filters given at the start, or those remembered, or those of the settings."""
        if self._first_filters is None and self._settings.remember_filters:
            remembered = Filters.from_text(session.archive.notes.get(FILTERS_NOTE) or "")
            if remembered is not None:
                return remembered
        return self._first_filters or Filters(hours=self._settings.window or None)

    def on_mount(self) -> None:
        """Start the sessions, or the sign-in, once the first frame is on screen."""
        if sys.platform == "win32":
            self._leave_threads_for_work()
        self._write_to_terminal(SAVE_TITLE)
        self.call_after_refresh(self._collect_garbage)
        archive = self._dependencies.archive
        if archive.set_aside is not None:
            self.notify(
                _("The archive was damaged. It is kept as {name}, next to a new one.").format(
                    name=sanitize(archive.set_aside.name)
                ),
                severity="warning",
                timeout=30,
                markup=False,
            )
        if self._accounts.shown is None:
            self.call_next(self.action_sign_in)
        self.call_after_refresh(self._begin)

    def _leave_threads_for_work(self) -> None:
        """Give the event loop more threads than there are timers.

        On Windows each of Textual's timers occupies a thread. The default pool can be as small as
        five threads: with all of them taken, no answer is read, and no timer can be cancelled, as
        that needs a thread too.
        """
        from concurrent.futures import ThreadPoolExecutor

        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))

    def _collect_garbage(self) -> None:
        """Turn garbage collection on, without the objects created before the first frame.

        A full collection would delay a key by 20 to 40 ms, about once every 30 keys.
        """
        if not gc.isenabled():
            gc.freeze()
            gc.set_threshold(700, 10, 100)
            gc.enable()

    def _begin(self) -> None:
        if self._accounts.shown is not None:
            self._accounts.add_known()
            self.run_worker(self._accounts.start(), group="session")
        self.run_worker(self._load_numbers(), group="numbers")

    async def _load_numbers(self) -> None:
        """Load how countries write phone numbers, and show all numbers that way."""
        await asyncio.to_thread(load_metadata)
        self._presentation.numbers_wait = False
        if self._inbox is not None and self._inbox.is_mounted:
            self._inbox.rewrite()

    # -- accounts

    async def action_sign_in(self) -> None:
        """Open the sign-in screen."""
        await self._accounts.sign_in()

    async def action_show_help(self) -> None:
        """Open the help screen."""
        from inbox_tui.screens.help import HelpScreen

        await self.push_screen(HelpScreen(self._presentation.keys))

    async def action_pick_account(self) -> None:
        """Let the user choose the account whose inbox is shown."""
        await self._accounts.pick()

    # -- session events

    def _session_event(self, session: Session, event: SessionEvent) -> None:
        match event:
            case SessionFailed(error):
                self._handle_exception(error)
            case PasswordNotStored(reason):
                self.notify(
                    f"{session.name}: {reason} {_(KEPT_FOR_THIS_RUN)}",
                    severity="warning",
                    timeout=30,
                    markup=False,
                )
            case MessagesArrived(new, live=True):
                self._announce(session, new)

    async def on_unmount(self) -> None:
        """Close all sessions, and restore the terminal's title."""
        await self._accounts.close()
        self._write_to_terminal(RESTORE_TITLE)

    # -- settings changed on screen

    def on_name_given(self, event: NameGiven) -> None:
        """Write a name to the settings file and show it everywhere."""
        self.run_worker(self._name_phone(event.phone, event.name), group="settings")

    async def _name_phone(self, phone: str, name: str) -> None:
        from inbox_tui.settings_file import write_name

        if not await self._written(
            _("The name was not saved"), partial(write_name, phone=phone, name=name)
        ):
            return
        key = phone_key(phone)
        names = {
            known: given for known, given in self._settings.names.items() if phone_key(known) != key
        }
        self._settings = self._settings._replace(names=names | ({phone: name} if name else {}))
        self._accounts.use(self._settings)
        self._presentation.set_names(self._settings.names)
        if self._inbox is not None and self._inbox.is_mounted:
            self._inbox.rewrite()
        number = self._presentation.number(phone)
        named = _("{number} is now {name}.") if name else _("{number} no longer has a name.")
        named = named.format(number=number, name=name)
        self.notify(named, timeout=4, markup=False)

    async def _written(self, failed: str, write: Callable[[Path], None]) -> bool:
        """Change the settings file and return True; on failure show the notice `failed`."""
        try:
            await asyncio.to_thread(write, self._settings_path)
        except SettingsError as error:
            self.notify(f"{error}.", title=failed, severity="warning", timeout=30, markup=False)
            return False
        return True

    def action_change_theme(self) -> None:
        """Let the user choose the theme."""
        from textual.command import CommandPalette

        from inbox_tui.screens.palette import ThemeCommands

        self.push_screen(CommandPalette(providers=[ThemeCommands], placeholder=_("a theme")))

    def action_choose_theme(self, theme: str) -> None:
        """Switch to a theme, and write it to the settings file."""
        from inbox_tui.settings_file import write_theme

        self._theme_waits = False
        self.theme = theme
        self.run_worker(
            self._written(_("The theme was not saved"), partial(write_theme, theme=theme))
        )

    # -- input from the terminal

    def on_background_reported(self, event: BackgroundReported) -> None:
        """Use the theme that suits the terminal's background, which may be reported late."""
        if self._theme_waits and self.theme in (DARK.name, LIGHT.name):
            self.theme = (DARK if event.dark else LIGHT).name

    async def on_event(self, event: events.Event) -> None:
        """Queue keys, pastes and clicks, so that each is handled after the one before it."""
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            await self._keys.put(event)
        else:
            await super().on_event(event)

    async def _handle_input(self, event: events.InputEvent | events.Paste) -> None:
        """Handle a key by its place on the keyboard, a paste as sanitized text, or a click."""
        if isinstance(event, events.Paste):
            event.text = sanitize(event.text, lines=True)
        elif isinstance(event, events.Key):
            self._translate_layout(event)
            if self._inbox is not None:
                self._inbox.input_arrived()
        await super().on_event(event)

    def _awaited(self) -> asyncio.Event | None:
        inbox = self._inbox
        return inbox.awaited() if inbox is not None and inbox.is_active else None

    def _translate_layout(self, event: events.Key) -> None:
        """Replace a key by the one that its command is bound to.

        That is the key at the same place on the Latin layout and, if the settings give a command
        other keys, its default key. A character typed into a field is not changed.
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
        """The text last copied in the app, sanitized for pasting into a field."""
        return sanitize(super().clipboard)

    async def action_command_palette(self) -> None:  # type: ignore[override] # it is awaited
        """Open the palette before the next key is handled, so that it receives what is typed."""
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            await self.push_screen(CommandPalette(placeholder=_("a command or a number")))

    # -- output to the terminal

    def on_app_focus(self) -> None:
        """Remember that this terminal reports whether it has the focus."""
        self._focus_reported = True

    on_app_blur = on_app_focus

    def _announce(self, session: Session, new: Sequence[int]) -> None:
        """Send one notification for new messages, unless the terminal reports having the focus.

        Messages of muted senders are left out.
        """
        settings = self._settings
        if settings.notify == "off" or (self._focus_reported and self.app_focus):
            return
        new = session.archive.messages.not_muted(new)
        if not new:
            return
        if settings.notify == "bell":
            self.bell()
            return
        words = plural("{count} new message", "{count} new messages", len(new))
        if len(self._accounts.sessions) > 1:
            words += _(" for {account}").format(account=session.name)
        body = ""
        if settings.notify_text:
            row = session.archive.messages.get(new[0])
            if row is not None:
                body = f"{self._presentation.who(row.phone)}: {row.message}"
        self._write_to_terminal(notification(words, body, os.environ))

    def get_driver_class(self) -> type[Driver]:
        """Return the driver for the terminals of this system."""
        if sys.platform == "win32":
            from inbox_tui.terminal.windows import TerminalDriver
        else:
            from inbox_tui.terminal.posix import TerminalDriver
        return TerminalDriver

    def watch_title(self, title: str) -> None:
        """Set the terminal's title."""
        self._write_to_terminal(terminal_title(title))

    def _write_to_terminal(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless and not self.is_web:
            self._driver.write(sequence)
            self._driver.flush()

    # -- unexpected errors

    def _fatal_error(self) -> None:
        """Close the app without a traceback: its local variables may hold a password."""
        self.bell()
        self._close_messages_no_wait()

    @property
    def fault(self) -> Exception | None:
        """The unexpected error that ended the program, if there was one."""
        error = self._exception
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            return error.error
        return error
