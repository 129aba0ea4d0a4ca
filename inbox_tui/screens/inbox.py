"""The inbox: filter bar, message list, message view and status bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from inbox_tui.archive import ArchiveError, ArchiveWorker, Listing
from inbox_tui.commands import bindings, screen_bindings
from inbox_tui.locale import _
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.copy_commands import CopyCommands
from inbox_tui.screens.empty_list import empty_text
from inbox_tui.screens.filter_commands import CHIPS, FilterCommands
from inbox_tui.screens.filters import FILTERS_NOTE, CurrentFilters, Filters
from inbox_tui.screens.following import Following
from inbox_tui.screens.hints import hints
from inbox_tui.screens.listings import MOST_OUTSIDE, ListLoader, Showing, Spot
from inbox_tui.screens.move_commands import MoveCommands
from inbox_tui.screens.name_dialog import NamingCommands
from inbox_tui.screens.selection import Selection
from inbox_tui.screens.shown_messages import ShownMessages
from inbox_tui.screens.state_commands import StateCommands
from inbox_tui.screens.status import SessionStatus
from inbox_tui.sync import MessagesArrived, Progress, State, StatusChanged, TakenByColleague
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_pane import MOVES, MessagePane
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.presentation import Presentation, grouped
from inbox_tui.widgets.split_pane import LAYOUTS, SplitPane, layout_for
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from textual.widgets import Input

    from inbox_tui.session import Session, SessionEvent
    from inbox_tui.sessions import AllSessions

MINUTE_TICKS = 60
SHARES_NOTE = "shares"
"""The name of the archive note with the share of the screen that the list takes."""


class _Place(NamedTuple):
    """Filters, a position in the list they give, and whether its message is open."""

    filters: Filters
    spot: Spot
    reading: bool = False


class InboxScreen(Screen[None]):
    """The inbox of one session, read from its archive.

    `session.archive` is used on the event loop, for index look-ups only; all else goes through
    archive workers.
    """

    BLANK = True  # only its background is visible, and is cheaper to draw this way
    HORIZONTAL_BREAKPOINTS = LAYOUTS
    AUTO_FOCUS = "MessageList"
    BINDINGS: ClassVar[list[BindingType]] = [
        *screen_bindings(),
        *bindings({name: f"in_list('{move}')" for name, move in MOVES.items()}, priority=False),
    ]
    """The move keys act on the list while a message view too short to scroll has the focus."""

    def __init__(
        self,
        session: Session | AllSessions,
        presentation: Presentation,
        *,
        filters: Filters,
        remember_filters: bool = False,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self._remember_filters = remember_filters
        self._filters = CurrentFilters(session, presentation, filters)
        account = session.archive
        self._changes = account.archive.changes()
        self._ticks = 0
        self._retired = False
        self._before_conversation: _Place | None = None
        self._spot_before: Spot | None = None
        """The position in the list before a search, a filter or a conversation. The cursor returns
        to it if no message was left to be selected."""
        self._title_bar = TitleBar()
        self._title_bar.account = session.name
        self._title_bar.demo = demo
        self._filter_bar = FilterBar()
        self._messages = MessageList(presentation)
        team_states = account.team.of_message if session.settings.team else None
        self._message_view = MessageView(presentation, team_states=team_states)
        self._split_pane = SplitPane(self._messages, self._message_view)
        self._shown = ShownMessages(account, self._messages, presentation)
        self._status_bar = StatusBar()
        self._status = SessionStatus(self, session, self._status_bar)
        self._following = Following(
            self._shown, self._filter_bar, show_notice=self._status.show_notice
        )
        self.context = context = InboxContext(
            screen=self,
            session=session,
            presentation=presentation,
            worker=ArchiveWorker(account.archive.path),
            show_notice=self._status.show_notice,
        )
        self._loader = ListLoader(context, self._show_listing, self._show_outside)
        self._selection = Selection(context, self._shown)
        self._states = StateCommands(context, self._selection, self._states_changed)
        self._copying = CopyCommands(context, self._selection)
        self._moving = MoveCommands(context, self._shown, self._loader, self._filters.query)
        self._naming = NamingCommands(context, self._selection)
        self.filtering = FilterCommands(context, self._filters, partial(self._filter_by, keep=True))
        self.handlers: Mapping[str, Callable[[], object]] = {
            **self._following.handlers,
            **self._moving.handlers,
            **self.filtering.handlers,
            **self._states.handlers,
            **self._copying.handlers,
            **self._naming.handlers,
            "back": self._back,
            "search": self._begin_search,
            "mark_all_read": lambda: self._states.mark_all_read(self._loader.listing),
            "conversation": self._toggle_conversation,
            "export": self._export,
            "refresh": self._status.refresh,
            "sign_in": partial(self.run_action, "app.sign_in"),
            "pick_account": partial(self.run_action, "app.pick_account"),
            "smaller_list": partial(self._share, -1),
            "larger_list": partial(self._share, 1),
            "help": partial(self.run_action, "app.show_help"),
        }
        """The functions of the commands bound on this screen, by name in the command table."""

    def compose(self) -> ComposeResult:
        """Yield the title, the filters, list and message, and the status bar."""
        layout = layout_for(self.app.size.width)
        self.add_class(layout)  # Textual would add it only after the first frame
        self._split_pane.restore_shares(self.context.account.notes.get(SHARES_NOTE) or "")
        self._split_pane.lay_out(layout)
        yield self._title_bar
        yield self._filter_bar
        yield self._split_pane
        yield self._status_bar

    def on_mount(self) -> None:
        """Show what is in the archive, before any request is sent."""
        newest = self.context.account.messages.newest()
        self._messages.seen = None if newest is None else newest.row
        self._show_filters()
        self._following.start()
        self._reload(keep=False)
        self._selection.moved()
        self._status.show_totals(self._title_bar, self._filter_bar)
        self._status.show()
        self._show_keys()
        self._unsubscribe = self.context.session.on_event(self.session_event)
        self._ticking = self.set_interval(1.0, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Arrange list and message for the new size: side by side, stacked, or the list alone."""
        self._split_pane.lay_out(layout_for(event.size.width))
        self._show_keys()

    async def on_unmount(self) -> None:
        """Unsubscribe from the session, and close the archive workers."""
        if not self._retired:
            await self._release()

    async def retire(self) -> None:
        """Stop everything, as this screen is covered by another inbox and can't be removed."""
        self._retired = True
        self._ticking.stop()
        self._states.begin_reading(None)
        await self._release()
        await self.query("*").remove()

    async def _release(self) -> None:
        self._unsubscribe()
        await self.context.worker.close()
        await self._loader.close()

    # -- commands

    async def action_command(self, name: str) -> None:
        """Run a command of the table."""
        done = self.handlers[name]()
        if isawaitable(done):
            await done

    def action_view(self, number: int) -> None:
        """Show a view from the settings; 1 is the first."""
        self.filtering.show_view(number)

    async def run_from_palette(self, action: str) -> None:
        """Run an action chosen in the palette; a search that was being typed stays in force."""
        self._filter_bar.end_search(accepted=True)
        await self.run_action(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable commands while a search is being typed, and before the screen is mounted."""
        return self.is_mounted and not self._filter_bar.searching

    def input_arrived(self) -> None:
        """Stop following, as a key or click has come, and treat the current notice as old."""
        if self._status.can_show:
            self._status.input_arrived()
            self._following.stop()

    on_mouse_down = input_arrived

    def awaited(self) -> asyncio.Event | None:
        """Return an event that is set once the list or message requested by a key is shown.

        None if it is shown already, and while a search is being typed.
        """
        if self._filter_bar.searching:
            return None
        requested = [self._loader.shown_for_key]
        if self.has_class("-reading"):
            requested.append(self._message_view.laid_out)
        return next((shown for shown in requested if not shown.is_set()), None)

    # -- session events

    def session_event(self, event: SessionEvent) -> None:
        """Show an event of the session."""
        if isinstance(event, Progress):
            self._status.note_progress(event)
        if not self._status.can_show:
            return
        match event:
            case StatusChanged() | Progress():
                self._status.show()
                self._show_keys()
            case MessagesArrived():
                self._changed()
            case TakenByColleague(row, who):
                self._states.show_taken(row, who)
            case _:
                self._status.show_event(event)

    def _tick(self) -> None:
        """Once a second, count down, and check whether another program changed the archive."""
        self._ticks += 1
        self._status.show_countdown()
        try:
            changes = self.context.account.archive.changes()
        except ArchiveError as error:
            self._status.show_notice(str(error))
            return
        if changes != self._changes:
            self._changed()
        elif self._ticks % MINUTE_TICKS == 0 and self._filters.chosen.hours is not None:
            self._reload(automatic=True)
        if self._ticks % MINUTE_TICKS == 0:
            self.rewrite()

    def rewrite(self) -> None:
        """Redraw all messages, as time has passed or numbers are formatted differently now."""
        self._shown.rewrite()
        self._message_view.rewrite()
        self._show_filters()

    def _states_changed(self) -> None:
        self.context.session.states_changed()
        self._changed()

    def _changed(self) -> None:
        if not self._status.can_show:
            return
        self._changes = self.context.account.archive.changes()
        self._reload(automatic=True)
        self._status.show_totals(self._title_bar, self._filter_bar)
        self._show_keys()

    # -- what is shown

    def _reload(
        self, *, keep: bool = True, automatic: bool = False, at: Spot | None = None
    ) -> None:
        """Read the list again; with `keep` the cursor stays on its message, or goes to `at`.

        `automatic` is for changes without a key press: the selected message then stays in the list
        even if it is no longer in the hour window.
        """
        query, row = self._filters.query(), self._shown.row
        if automatic and row is not None and query.since is not None and not self._shown.following:
            query = query._replace(since=min(query.since, row.received))
        self._loader.load(
            query,
            Showing(keep=keep, at=at, automatic=automatic),
            screenful=max(1, self._messages.size.height),
            wider=self._filters.wider_query(),
        )

    def _show_listing(self, listing: Listing, showing: Showing) -> None:
        shown = self._shown
        if not shown.widget.is_attached:
            return
        before = shown.row
        shown.show(listing, keep=showing.keep, at=showing.at)
        self._show_newer()
        row = shown.row
        if showing.automatic and row is not None and (before is None or row.row != before.row):
            self._selection.arrived()
        viewed = self._message_view.row
        if row is not None and viewed is not None and row.row == viewed.row:
            self._message_view.show(row, shown.widget.search)  # its state or the search has changed
        self._filter_bar.shown = listing.messages if listing.complete else None
        self._show_empty_text()

    def _show_outside(self, messages: int) -> None:
        """Show how many messages the search finds beyond those shown, and the key for them."""
        more = "+" if messages >= MOST_OUTSIDE else ""
        self._filter_bar.outside_key = self.context.keys.label(self._filters.chosen.widened_by)
        self._filter_bar.outside = f"{grouped(messages)}{more}" if messages else ""
        self._show_empty_text()

    def _show_empty_text(self) -> None:
        listing = self._loader.listing
        self._messages.empty_text = ""
        if listing is not None and not len(listing):
            self._messages.empty_text = empty_text(
                self.context,
                self._filters,
                self._status.progress_words(),
                self._filter_bar.outside,
                searching=self._filter_bar.searching,
            )

    def _show_keys(self) -> None:
        """Update the key hints in the status bar and in an empty list."""
        self._show_empty_text()
        searching = self._filter_bar.searching
        self._status.keep_shown(self._filters.search_help() if searching else "")
        alone = self._split_pane.layout_name == "-narrow"
        self._status_bar.hints, self._status_bar.here = hints(
            self.context.keys,
            self._message_view,
            self._filters.chosen,
            searching=searching,
            signed_out=self.context.session.status.state is State.SIGN_IN,
            reading=alone and self.has_class("-reading"),
            aside=self._before_conversation is not None,
            unread=bool(self._title_bar.unread),
        )

    def _show_filters(self) -> None:
        self._filters.show_on(self._filter_bar)
        self._show_keys()

    def _filter_by(self, filters: Filters, *, keep: bool = False) -> None:
        """Apply filters; with `keep` the cursor stays on its message, or goes to the nearest."""
        if filters != self._filters.chosen:
            self._status.clear_old_notice()
            if filters.phone is None:
                self._before_conversation = None
            row, at = self._shown.row, None
            if row is None:
                at = self._spot_before if keep else None
            elif not self._shown.in_conversation:
                if not self._filters.chosen.search:
                    self._spot_before = Spot(row.row, self._messages.line, self._messages.seen)
            elif filters.phone is None:
                at = Spot(row.row)
                self._leave_conversation()
            if self.has_class("-reading"):
                self._set_reading(False)
            self._filters.chosen = filters
            self._show_outside(0)
            self._show_filters()
            self._reload(keep=keep, at=at)
            if self._remember_filters and filters.phone is None:
                self.context.remember(FILTERS_NOTE, filters.as_text())

    # -- moving and reading

    @on(MessagePane.Highlighted)
    def _highlighted(self, event: MessagePane.Highlighted) -> None:
        if event.moved:  # let the list show the move first
            self._status.clear_old_notice()
            self._selection.moved()
            self.call_after_refresh(self._show_message)
        else:
            self._show_message()
        in_sight = self._message_view.display or self._shown.in_conversation
        self._states.begin_reading(event.row if event.moved and in_sight else None)

    def _show_message(self) -> None:
        self._message_view.show(self._shown.row, self._shown.widget.search)
        self._show_keys()

    @on(MessageList.Opened)
    def _opened(self, event: MessageList.Opened) -> None:
        if self._selection.settled():
            self._set_reading(True)
            self._states.mark_read(event.row)

    def _set_reading(self, reading: bool) -> None:
        """Open the message, or go back to the list."""
        self.set_class(reading, "-reading")
        self.set_focus(self._message_view if reading else self._shown.widget)
        self._show_keys()

    @on(events.DescendantFocus)
    def _list_focused(self, event: events.DescendantFocus) -> None:
        back = isinstance(event.widget, MessageList) and event.widget is self.focused
        if back and self.has_class("-reading"):
            self._set_reading(False)

    async def action_in_list(self, move: str) -> None:
        """Move in the list while another widget has the focus."""
        await self.app.run_action(move, self._messages)

    @on(MessagePane.NewerChanged)
    def _show_newer(self) -> None:
        self._filter_bar.newer_below = self._shown.in_conversation
        self._filter_bar.newer = self._shown.widget.newer

    def _back(self) -> None:
        """Leave the message, else the conversation, else the search."""
        if self.has_class("-reading"):
            self._set_reading(False)
        elif self._before_conversation is not None:
            self._go_to(self._before_conversation)
        elif self._filters.chosen.search:
            self._filter_by(self._filters.chosen._replace(search=""), keep=True)

    def _toggle_conversation(self) -> None:
        """Show the conversation with this sender, on the selected message, or go back."""
        if self._before_conversation is not None:
            self._go_to(self._before_conversation)
        elif (row := self._selection.row()) is not None:
            spot = Spot(row.row, self._messages.line, self._messages.seen)
            self._spot_before = spot
            before = _Place(self._filters.chosen, spot, self.has_class("-reading"))
            self._go_to(_Place(Filters(phone=row.phone), Spot(row.row)), back=before)
            told = _("conversation with {message}")
            self._status.show_notice(told.format(message=self._selection.describe(row)))

    def _go_to(self, place: _Place, *, back: _Place | None = None) -> None:
        """Go to a place; `back` is the place to return to if it is a conversation."""
        self._status.clear_old_notice()
        self._before_conversation = back
        self._filters.chosen = place.filters
        self._show_outside(0)
        self._leave_conversation()
        self._set_reading(place.reading)
        self._show_filters()
        self._reload(at=place.spot)

    def _leave_conversation(self) -> None:
        self._shown.leave_conversation()
        self._show_message()
        self._show_newer()

    # -- filters

    def _begin_search(self) -> None:
        self.remove_class("-reading")
        self._filter_bar.begin_search(self._filters.chosen.search)
        self._show_keys()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what has been typed so far."""
        self._filter_by(self._filters.chosen._replace(search=event.value), keep=not event.value)

    @on(FilterBar.SearchDone)
    def _search_done(self, event: FilterBar.SearchDone) -> None:
        if not event.accepted:
            self._filter_by(self._filters.chosen._replace(search=""), keep=True)
        if not self._filter_bar.searching:
            self.set_focus(self._shown.widget)
        self._show_keys()

    @on(FilterBar.Chosen)
    async def _chip_chosen(self, event: FilterBar.Chosen) -> None:
        await self.action_command(CHIPS[event.chip])

    # -- the rest

    def action_copy_text(self) -> None:
        """Copy what is selected with the mouse; Textual binds `Ctrl+C` to this."""
        selected = self.get_selected_text()
        if not selected:
            raise SkipAction
        row = None if self._shown.in_conversation else self._message_view.row
        self._copying.copy_part(selected, row)

    @on(events.TextSelected)
    def _text_selected(self) -> None:
        if self.get_selected_text():
            self._status.show_notice(_("Ctrl+C copies the selection"))

    async def _export(self) -> None:
        listing = self._loader.listing
        if not self._selection.settled():
            return
        if listing is None or (listing.complete and not listing.messages):
            self._status.show_notice(_("no messages to export"))
            return
        from inbox_tui.screens.export_dialog import ExportScreen

        await self.app.push_screen(ExportScreen(self.context, listing))

    def _share(self, steps: int) -> None:
        """Make the list larger, or smaller if `steps` is negative."""
        if self._shown.in_conversation:
            self._status.show_notice(_("only the conversation is shown here"))
        elif not self._split_pane.resize(steps):
            self._status.show_notice(_("only the list is shown here"))

    @on(SplitPane.Resized)
    def _shared(self) -> None:
        self.context.remember(SHARES_NOTE, self._split_pane.shares_as_text())
