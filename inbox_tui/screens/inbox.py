"""The inbox: filter bar, message list, message view and status bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events, on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.timer import Timer

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    ArchiveError,
    ArchiveWorker,
    Day,
    Gap,
    Listing,
    Query,
    QueryCancelled,
    Row,
    StateChange,
)
from inbox_tui.commands import bindings, screen_bindings
from inbox_tui.screens.filters import Filters, window_name
from inbox_tui.sync import (
    ClocksDisagree,
    MessagesArrived,
    Progress,
    RefreshDeferred,
    State,
    StatusChanged,
    ZoneSuspected,
)
from inbox_tui.text import CODE_WITHIN, LINKS_WITHIN, find_code, find_links, sanitize
from inbox_tui.text.search_query import Query as SearchQuery
from inbox_tui.text.search_query import explain, parse_query
from inbox_tui.widgets.divider import Divider
from inbox_tui.widgets.filter_bar import ChipName, FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.presentation import Presentation, grouped
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from inbox_tui.exports import ExportFormat, Written
    from inbox_tui.screens.export import Exported
    from inbox_tui.screens.link import LinkChoice
    from inbox_tui.session import Session, SessionEvent

DWELL_SECONDS = 1.0
"""A message beside the list for this long counts as read."""
NOTICE_SECONDS = 4.0
SETTLED_SECONDS = 0.5
"""A message that came under the cursor by itself can be acted on after so long."""
MINUTE_TICKS = 60
JUST_CAME = "a new message has just come: press the key again"
MOST_NAMED = 1000
"""So many receiving numbers are written as their countries do; more would take too long."""
LAYOUTS = [(0, "-narrow"), (60, "-stacked"), (110, "-wide")]
"""Columns from which on the list is alone, above the message, or beside it."""
SHARES = {"-wide": 55, "-stacked": 50}
"""Per cent of the room that the list takes, by layout."""
SMALLEST_SHARE, LARGEST_SHARE, SHARE_STEP = 25, 75, 5


class _Spot(NamedTuple):
    """Where in the list the user is: a message, its line on screen, and the newest one seen."""

    row: int
    line: int | None
    seen: int | None


class _Place(NamedTuple):
    """Where the user was before a conversation."""

    filters: Filters
    spot: _Spot
    reading: bool


class ArchivedMessages:
    """A listing of the archive, as the message list wants it."""

    def __init__(self, account: AccountArchive, listing: Listing) -> None:
        self._account = account
        self.listing = listing

    def __len__(self) -> int:
        return len(self.listing)

    def window(self, start: int, stop: int) -> Sequence[Row | Gap]:
        """The items at these positions, newest first."""
        items = self._account.lists.window(self.listing, start, stop)
        return [item for item in items if not isinstance(item, Day)]

    def position(self, row: int) -> int:
        """Where a message is, or would be."""
        return self._account.lists.position(self.listing, row)


class InboxScreen(Screen[None]):
    """The inbox of one session, read from its archive.

    `session.archive` is used on the event loop, for what costs an index look-up; all else goes
    through archive workers.
    """

    BLANK = True  # nothing but its background shows, and that costs next to nothing then
    HORIZONTAL_BREAKPOINTS = LAYOUTS
    AUTO_FOCUS = "MessageList"
    BINDINGS: ClassVar[list[BindingType]] = [
        *screen_bindings(),
        *bindings(
            {
                "up": "in_list('cursor_up')",
                "down": "in_list('cursor_down')",
                "page_up": "in_list('page_up')",
                "page_down": "in_list('page_down')",
                "first": "in_list('first')",
                "last": "in_list('last')",
            },
            priority=False,
        ),
    ]
    """The moves of the list are for a message in full sight, which has no use for them."""

    def __init__(
        self,
        session: Session,
        presentation: Presentation,
        *,
        filters: Filters,
        remember_filters: bool = False,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self._session = session
        self._account = account = session.archive
        self._presentation = presentation
        self.keys = presentation.keys
        self._clock = session.clock
        self._remember_filters = remember_filters
        self._demo = demo
        self._filters = filters
        self._listing: Listing | None = None
        self._marks = ArchiveWorker(account.archive.path)
        self._searches = ArchiveWorker(account.archive.path)
        self._arrived_at: float | None = None
        """When a message came under the cursor by itself; None once a key or click has moved it."""
        self._was_following = True
        """Whether the list followed the newest when the last key or click came."""
        self._progress: Progress | None = None
        self._changes = account.archive.changes()
        self._ticks = 0
        self._dwell: Timer | None = None
        self._notice: Timer | None = None
        self._marked: StateChange | None = None
        self._before_conversation: _Place | None = None
        self._shares = dict(SHARES)
        self._layout = ""

    def compose(self) -> ComposeResult:
        """Title, filters, list beside or above the message, status."""
        self._layout = _layout_for(self.app.size.width)
        self.add_class(self._layout)  # Textual would after the first frame
        yield TitleBar()
        yield FilterBar()
        with Container(id="body"):
            yield MessageList(self._presentation)
            yield Divider(upright=self._layout == "-wide")
            yield MessageView(self._presentation)
        yield StatusBar()

    def on_mount(self) -> None:
        """Show what is in the archive, before anything is asked for."""
        title = self.query_one(TitleBar)
        title.account = self._session.name
        title.demo = self._demo
        self._recall_shares()
        self._lay_out()
        self._show_filters()
        self._follow(True)
        self._reload(keep=False)
        self._arrived_at = None
        self._show_totals()
        self._show_status()
        self._unsubscribe = self._session.on_event(self.session_event)
        self.set_interval(1.0, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Lay list and message out anew: side by side, stacked, or the list alone."""
        self._layout = _layout_for(event.size.width)
        self._lay_out()
        self._show_keys()

    async def on_unmount(self) -> None:
        """Let go of the session and the archive."""
        self._unsubscribe()
        await self._marks.close()
        await self._searches.close()

    # -- following

    def input_arrived(self) -> None:
        """Stay on the message from the first key or click on: `action_follow` begins again."""
        if self._stands:
            self._was_following = self.query_one(MessageList).following
            self._follow(False)

    def on_mouse_down(self) -> None:
        """Stay on the message from the first click on."""
        self.input_arrived()

    def action_follow(self) -> None:
        """Select the newest message as it comes, or stay on the one that is selected."""
        following = not self._was_following
        self._follow(following)
        if following:
            self.query_one(MessageList).action_first()
        self._say("following the newest" if following else "staying on this message")

    def _follow(self, following: bool) -> None:
        self.query_one(MessageList).following = following
        self.query_one(FilterBar).following = following

    @property
    def _follows(self) -> bool:
        return self.query_one(MessageList).following

    @property
    def _settled(self) -> bool:
        """Whether the message under the cursor can have been read before the key was pressed."""
        now = self._clock.moment().seconds
        return self._arrived_at is None or now - self._arrived_at >= SETTLED_SECONDS

    # -- what the session publishes

    def session_event(self, event: SessionEvent) -> None:
        """Show what has come of the asking."""
        if isinstance(event, StatusChanged):
            if event.status.state is State.LIVE:
                self._progress = None
        elif isinstance(event, Progress):
            self._progress = event
        if not self._stands:
            return
        match event:
            case StatusChanged() | Progress():
                self._show_status()
            case MessagesArrived():
                self._changed()
            case RefreshDeferred(until):
                self._notify_deferred(until)
            case ZoneSuspected(zone, _):
                self.notify(
                    "Messages arrive with times that do not fit this clock. Put "
                    f'server_timezone = "{zone}" into config.toml.',
                    title="The server's clock is another one",
                    severity="warning",
                    timeout=30,
                )

            case ClocksDisagree(ahead):
                days = f"{abs(ahead) / 86400:.0f} days {'ahead of' if ahead > 0 else 'behind'}"
                self.notify(
                    f"This machine's clock is {days} the service's. Until it is right, keep_days "
                    "deletes nothing.",
                    title="The clocks disagree",
                    severity="warning",
                    timeout=30,
                )

    @property
    def _stands(self) -> bool:
        """Whether there is anything to show things on: not yet at the start, no more at the end."""
        return self.is_mounted and self.app.return_code is None and bool(self.query(StatusBar))

    def _notify_deferred(self, until: float | None) -> None:
        if until is None:
            self._say(self._session.status.reason or "nothing is planned: sign in first")
        else:
            seconds = max(1, round(until - self._clock.moment().seconds))
            self._say(f"the limit is three a minute: next in {seconds} s")

    def _say(self, notice: str) -> None:
        """Put a short-lived word into the status bar."""
        if not self._stands:
            return
        bar = self.query_one(StatusBar)
        bar.notice = notice
        if self._notice is not None:
            self._notice.stop()
        self._notice = self.set_timer(NOTICE_SECONDS, self._unsay)

    def _unsay(self) -> None:
        self.query_one(StatusBar).notice = ""

    def _tick(self) -> None:
        """Once a second: count down, and see whether another terminal changed the archive."""
        self._ticks += 1
        self._show_countdown()
        try:
            changes = self._account.archive.changes()
        except ArchiveError as error:
            self._say(str(error))
            return
        if changes != self._changes:
            self._changed()
        elif self._ticks % MINUTE_TICKS == 0 and self._filters.hours is not None:
            self._reload(hold=True)
        if self._ticks % MINUTE_TICKS == 0:
            self.query_one(MessageList).refresh_times()
            self.query_one(MessageView).refresh_times()

    def rewrite(self) -> None:
        """Write everything anew, now that numbers are written in another way."""
        self.query_one(MessageList).notify_style_update()
        self.query_one(MessageView).rewrite()
        self._show_filters()

    def _changed(self) -> None:
        if not self._stands:
            return
        self._changes = self._account.archive.changes()
        self._reload(hold=True)
        self._show_totals()

    def _show_status(self) -> None:
        bar = self.query_one(StatusBar)
        status = self._session.status
        bar.state = status.state.value
        bar.reason = status.reason or self._progress_words()
        bar.left = status.left
        bar.allowed = status.allowed
        self._show_countdown()
        self._show_empty_text()
        self._show_keys()

    def _progress_words(self) -> str:
        if self._progress is None or self._session.status.state is State.LIVE:
            return ""
        return f"7 days, {grouped(self._progress.messages)} messages, page {self._progress.page}"

    def _show_countdown(self) -> None:
        at = self._session.status.next_at
        bar = self.query_one(StatusBar)
        bar.next_in = None if at is None else max(0, round(at - self._clock.moment().seconds))

    # -- what is shown

    def _query(self) -> Query:
        return self._filters.query(
            self._session.window_start, self._search_query(), self._session.server_zone
        )

    def _search_query(self) -> SearchQuery:
        """What is typed into the search, read as of today."""
        now = self._clock.now().astimezone(self._presentation.local_zone)
        return parse_query(self._filters.search, now, self._session.settings.names)

    def _reload(self, *, keep: bool = True, hold: bool = False, at: _Spot | None = None) -> None:
        """Read the list anew; with `keep` the cursor stays on its message, or goes to that `at`.

        With `hold`, where it is no key's doing, the selected message stays in the list though its
        hour window has moved on.
        """
        query = self._query()
        row = self.query_one(MessageList).row
        if hold and row is not None and query.since is not None and not self._follows:
            query = query._replace(since=min(query.since, row.received))
        if query.plain:
            self._searches.interrupt()
            self.workers.cancel_group(self, "search")
            try:
                self._show_listing(
                    self._account.lists.open(query), keep=keep, at=at, by_itself=hold
                )
            except ArchiveError as error:
                self._say(str(error))
        else:
            self._searches.interrupt()
            self._search(query, keep=keep, at=at, by_itself=hold)

    @work(group="search", exclusive=True)
    async def _search(
        self, query: Query, *, keep: bool, at: _Spot | None = None, by_itself: bool
    ) -> None:
        """The first screenful at once, the rest and the count when they are known."""
        shown = self._listing if keep else None
        try:
            if not keep:
                screenful = max(1, self.query_one(MessageList).size.height)
                first = await self._searches.call(
                    lambda archive: self._account.on(archive).lists.open(query, first=screenful)
                )
                self._show_listing(first, keep=False)
                if first.complete:
                    return
                on_screen = asyncio.Event()
                self.call_after_refresh(on_screen.set)
                await on_screen.wait()
            whole = await self._searches.call(
                lambda archive: self._account.on(archive).lists.open(query, keep=shown)
            )
            if self._stands:
                self._show_listing(whole, keep=True, at=at, by_itself=by_itself)
        except QueryCancelled:
            return
        except ArchiveError as error:
            self._say(str(error))

    def _show_listing(
        self, listing: Listing, *, keep: bool, at: _Spot | None = None, by_itself: bool = False
    ) -> None:
        """Show a list; `by_itself`: not because of a key."""
        self._listing = listing
        messages = self.query_one(MessageList)
        if at is None and keep and messages.row is not None and not messages.has_focus:
            at = _Spot(messages.row.row, None, messages.seen)
        if at is not None:
            messages.seen = at.seen
        before = messages.row
        messages.show(ArchivedMessages(self._account, listing), keep=keep)
        if at is not None:
            messages.move_to(at.row, at.line)
        row = messages.row
        if by_itself and row is not None and (before is None or row.row != before.row):
            self._arrived_at = self._clock.moment().seconds
        filters = self.query_one(FilterBar)
        filters.shown = listing.messages if listing.complete else None
        self._show_empty_text()

    def _show_totals(self) -> None:
        """Show what is counted whatever the filters are."""
        self.query_one(FilterBar).total = self._account.counts.total()
        unread = self._account.counts.unread()
        title = self.query_one(TitleBar)
        title.unread = unread
        title.unreadable = self._account.messages.unreadable_count()
        self.app.title = f"({unread}) inbox" if unread else "inbox"
        self._show_keys()

    def _show_empty_text(self) -> None:
        empty = self._listing is not None and not len(self._listing)
        self.query_one(MessageList).empty_text = self._empty_text() if empty else ""

    def _empty_text(self) -> str:
        progress = self._progress_words()
        if errors := self._search_query().errors:
            return f"{explain(errors[0])[:1].upper()}{explain(errors[0])[1:]}."
        if self._account.counts.total() and self._filters.any and not progress:
            return self._filters.sentence(self._presentation.who, self.keys)
        match self._session.status.state:
            case State.CHECKING:
                return f"Asking for the messages of the last 7 days.\n{progress}".rstrip()
            case State.SIGN_IN:
                return f"Not signed in.\n{self.keys.label('sign_in')} opens the sign-in."
            case State.LIVE:
                return (
                    "No messages in the last 7 days.\n"
                    f"A new one appears here by itself, within {self._longest_wait()} "
                    "of its arrival."
                )
            case _:
                return f"No messages here yet.\n{self._session.status.reason}"

    def _longest_wait(self) -> str:
        """How long a message may have arrived before it is asked for."""
        seconds = round(self._session.refresh_seconds) + 1
        return f"{seconds} seconds" if seconds < 100 else f"{-(-seconds // 60)} minutes"

    def _show_keys(self) -> None:
        """Name the keys that matter where the user is."""
        bar, view, chosen = self.query_one(StatusBar), self.query_one(MessageView), self._filters
        signed_out = self._session.status.state is State.SIGN_IN
        if self.query_one(FilterBar).searching:
            enter = f"Enter, then {self.keys.hints(['sign_in'])}" if signed_out else "Enter keeps"
            bar.hints, bar.here = f"{enter}  Esc clears", ""
            return
        aside = self._before_conversation is not None
        away = aside or (self._layout == "-narrow" and self.has_class("-reading"))
        names = ["sign_in"] * signed_out + ["back"] * away + ["help", "search", "refresh"]
        bar.hints = self.keys.hints(names)
        there_is_one = view.row is not None
        here = {
            "copy_code": view.has_code,
            "open_link": view.has_link,
            "clear_filters": bool(chosen.to_phone or chosen.search or chosen.unread),
            "next_unread": bool(self.query_one(TitleBar).unread),
            "conversation": there_is_one and not aside,
            "toggle_read": there_is_one,
            "copy_message": there_is_one,
            "export": there_is_one,
            "toggle_unread": not chosen.unread,
            "pick_number": True,
            "pick_window": True,
        }
        bar.here = self.keys.hints(name for name, matters in here.items() if matters)

    def _show_filters(self) -> None:
        bar = self.query_one(FilterBar)
        chosen = self._filters
        bar.to = (
            "all numbers" if chosen.to_phone is None else self._presentation.who(chosen.to_phone)
        )
        bar.sender = "" if chosen.phone is None else self._presentation.who(chosen.phone)
        bar.window = window_name(chosen.hours)
        bar.search = chosen.search
        bar.unread = chosen.unread
        self._show_keys()

    def _filter_by(self, filters: Filters, *, keep: bool = False) -> None:
        """Show what fits; with `keep` the cursor stays on its message or goes to the nearest."""
        if filters != self._filters:
            if filters.phone is None:
                self._before_conversation = None
            if self.has_class("-reading"):
                self._set_reading(False)
            self._filters = filters
            self._show_filters()
            self._reload(keep=keep)
            if self._remember_filters and filters.phone is None:
                self._remember("filters", filters.written())

    # -- moving and reading

    @on(MessageList.Highlighted)
    def _highlighted(self, event: MessageList.Highlighted) -> None:
        if event.moved:  # the list answers the key first
            self._arrived_at = None
            self.call_after_refresh(self._show_message)
        else:
            self._show_message()
        if self._dwell is not None:
            self._dwell.stop()
            self._dwell = None
        if event.moved and event.row is not None and event.row.unread and self._message_in_sight:
            self._dwell = self.set_timer(DWELL_SECONDS, lambda: self._mark(event.row, unread=False))

    def _show_message(self) -> None:
        self.query_one(MessageView).show(self.query_one(MessageList).row)
        self._show_keys()

    @property
    def _message_in_sight(self) -> bool:
        return bool(self.query_one(MessageView).display)

    @on(MessageList.Opened)
    def _opened(self, event: MessageList.Opened) -> None:
        if not self._settled:
            self._say(JUST_CAME)
            return
        self._set_reading(True)
        self._mark(event.row, unread=False)

    def _set_reading(self, reading: bool) -> None:
        """Go to the message, or back to the list."""
        self.set_class(reading, "-reading")
        self.set_focus(self.query_one(MessageView if reading else MessageList))
        self._show_keys()

    @on(events.DescendantFocus)
    def _list_focused(self, event: events.DescendantFocus) -> None:
        back = isinstance(event.widget, MessageList) and event.widget is self.focused
        if back and self.has_class("-reading"):
            self._set_reading(False)

    def action_in_list(self, move: str) -> None:
        """Move in the list from where there is nothing to move in."""
        getattr(self.query_one(MessageList), f"action_{move}")()

    @on(MessageList.NewerChanged)
    def _newer_changed(self, event: MessageList.NewerChanged) -> None:
        self.query_one(FilterBar).newer = event.count

    def _mark(self, row: Row | None, *, unread: bool) -> None:
        if row is not None and row.unread != unread:
            self.run_worker(self._mark_rows([row.row], unread=unread), group="marks")

    async def _mark_rows(self, rows: Sequence[int], *, unread: bool) -> None:
        try:
            await self._marks.call(
                lambda archive: self._account.on(archive).messages.set_state(
                    rows, "unread", value=unread
                )
            )
        except ArchiveError as error:
            self._say(str(error))
        self._changed()

    def action_toggle_read(self) -> None:
        """Turn the read flag of the message under the cursor."""
        if (row := self._selected()) is not None:
            self._mark(row, unread=not row.unread)
            self._say(f"marked {'read' if row.unread else 'unread'}: {self._whose(row)}")

    def action_mark_all_read(self) -> None:
        """Mark everything shown as read."""
        if not self._settled:
            self._say(JUST_CAME)
        elif self._listing is not None:
            marking = self._mark_all_read(self._listing.query, self._listing.change)
            self.run_worker(marking, group="marks")

    async def _mark_all_read(self, query: Query, change: int) -> None:
        """Mark what fits and had come when the list was read."""
        try:
            self._marked = await self._marks.call(
                lambda archive: self._account.on(archive).messages.mark_all_read(query, change)
            )
        except ArchiveError as error:
            self._say(str(error))
            return
        read = f"{grouped(len(self._marked.rows))} read · {self.keys.label('undo')} undoes"
        self._say(read if self._marked.rows else "all read already")
        self._changed()

    def action_undo(self) -> None:
        """Make unread again what was marked read all at once."""
        change, self._marked = self._marked, None
        if change is not None and change.rows:
            self._say(f"{grouped(len(change.rows))} unread again")
            self.run_worker(self._mark_rows(change.rows, unread=True), group="marks")
        else:
            self._say("nothing to undo")

    def action_next_unread(self) -> None:
        """Go to the next unread message below, then from the top again."""
        messages = self.query_one(MessageList)
        after = messages.row.row if messages.row is not None else None
        row = self._account.lists.next_unread(self._query(), after)
        if row is None:
            self._say("nothing unread here")
        else:
            messages.move_to(row.row)

    def action_back(self) -> None:
        """Leave the message, the conversation or the search, whichever is nearest."""
        if self.has_class("-reading"):
            self._set_reading(False)
        elif self._before_conversation is not None:
            self._leave_conversation(self._before_conversation)
        elif self._filters.search:
            self._filter_by(self._filters._replace(search=""), keep=True)

    # -- filters

    def action_search(self) -> None:
        """Search as you type."""
        self.remove_class("-reading")
        self.query_one(FilterBar).begin_search(self._filters.search)
        self._show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a search is typed, keys are text; and they wait for the screen to be there."""
        return self.is_mounted and not self.query_one(FilterBar).searching

    async def do(self, action: str) -> None:
        """Do something that was not asked for by its key; a search that is being typed stays."""
        self.query_one(FilterBar).end_search(accepted=True)
        await self.run_action(action)

    @on(FilterBar.SearchChanged)
    def _search_changed(self, event: FilterBar.SearchChanged) -> None:
        self._filter_by(self._filters._replace(search=event.value), keep=not event.value)

    @on(FilterBar.SearchDone)
    def _search_done(self, event: FilterBar.SearchDone) -> None:
        if not event.accepted:
            self._filter_by(self._filters._replace(search=""), keep=True)
        if not self.query_one(FilterBar).searching:
            self.set_focus(self.query_one(MessageList))
        self._show_keys()

    @on(FilterBar.Chosen)
    async def _chip_chosen(self, event: FilterBar.Chosen) -> None:
        chips: dict[ChipName, str] = {
            "from": "conversation",
            "to": "pick_number",
            "window": "pick_window",
            "search": "search",
            "unread": "toggle_unread",
        }
        await self.run_action(chips[event.chip])

    def action_toggle_unread(self) -> None:
        """Show unread messages only, or all again."""
        unread = not self._filters.unread
        self._filter_by(self._filters._replace(unread=unread), keep=True)

    def action_clear_filters(self) -> None:
        """Show everything kept."""
        if not self._filters.any:
            self._say("no filters are set")
        self._filter_by(Filters(), keep=True)

    async def action_pick_number(self) -> None:
        """Choose the receiving number."""
        from inbox_tui.screens.pickers import Choice, Picker

        numbers = self.receiving_numbers()
        choices: list[Choice[str]] = [
            Choice("all numbers", None, sum(messages for _, _, messages in numbers)),
            *(Choice(label, number, messages, number) for number, label, messages in numbers),
        ]

        def chosen(choice: Choice[str] | None) -> None:
            if choice is not None:
                self._filter_by(self._filters._replace(to_phone=choice.value), keep=True)

        await self.app.push_screen(
            Picker("Receiving number", choices, self._filters.to_phone), callback=chosen
        )

    def receiving_numbers(self) -> list[tuple[str, str, int]]:
        """The numbers that received anything in the window: digits, label, messages."""
        numbers = self._account.counts.to_phones(self._query().since)
        return [
            (number, self._presentation.who(number) if at < MOST_NAMED else number, messages)
            for at, (number, messages, _) in enumerate(numbers)
        ]

    def jump_to(self, number: str) -> None:
        """Show the messages to this receiving number only, of whatever sender."""
        self._filter_by(self._filters._replace(to_phone=number, phone=None), keep=True)

    async def action_pick_window(self) -> None:
        """Choose the hour window."""
        from inbox_tui.screens.pickers import Choice, WindowPicker

        def counted(hours: int | None) -> int:
            since = None if hours is None else self._session.window_start(hours)
            return self._account.counts.windows(self._filters.to_phone, [since])[0][0]

        def chosen(choice: Choice[int] | None) -> None:
            if choice is not None:
                self._filter_by(self._filters._replace(hours=choice.value), keep=True)

        await self.app.push_screen(WindowPicker(counted, self._filters.hours), callback=chosen)

    # -- what is done with a message

    def _selected(self) -> Row | None:
        row = self.query_one(MessageList).row
        if row is None:
            self._say("no message selected")
        elif not self._settled:
            self._say(JUST_CAME)
            return None
        return row

    def _whose(self, row: Row) -> str:
        """Whose message it is and of when, for a notice."""
        who = sanitize(self._presentation.who(row.phone))
        return f"{who}, {self._presentation.message_time(row.received)}"

    def _nothing_in(self, row: Row, what: str, within: int) -> str:
        """That there is no code or link in a message, and how much of it was looked at."""
        where = f"no {what} from {self._whose(row)}"
        if len(row.message) > within:
            return f"{where} · looked at its first {grouped(within)} characters"
        return where

    def action_copy_code(self) -> None:
        """Copy the code of the message: its letters and digits."""
        if (row := self._selected()) is None:
            return
        code = find_code(row.message)
        if code is None:
            copies = f"{self.keys.label('copy_message')} copies its text"
            self._say(f"{self._nothing_in(row, 'code', CODE_WITHIN)} · {copies}")
        else:
            self._copy(code.text, f"copied {code.text} of {self._whose(row)}")

    def action_copy_message(self) -> None:
        """Copy the text of the message, exact."""
        if (row := self._selected()) is not None:
            self._copy(row.message, f"copied the text of {self._whose(row)}")

    def action_copy_text(self) -> None:
        """Copy what is selected with the mouse; Textual has `Ctrl+C` for it."""
        selected = self.get_selected_text()
        if not selected:
            raise SkipAction
        row = self.query_one(MessageView).row
        of = "" if row is None else f" of {self._whose(row)}"
        self._copy(selected, f"copied the selection{of}")

    @on(events.TextSelected)
    def _text_selected(self) -> None:
        if self.get_selected_text():
            self._say("Ctrl+C copies the selection")

    def _copy(self, text: str, notice: str) -> None:
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair goes nowhere
        self.app.copy_to_clipboard(text)
        self._say(notice)
        from inbox_tui.terminal.clipboard import copy_here

        self.run_worker(lambda: copy_here(text), group="copy", thread=True)

    async def action_open_link(self) -> None:
        """Show where the links of the message lead, and open one."""
        if (row := self._selected()) is None:
            return
        links = find_links(row.message)
        if not links:
            self._say(self._nothing_in(row, "link", LINKS_WITHIN))
            return
        from inbox_tui.screens.link import LinkScreen

        await self.app.push_screen(LinkScreen(links), callback=partial(self._link_chosen, row))

    def _link_chosen(self, row: Row, choice: LinkChoice | None) -> None:
        from inbox_tui.terminal.clipboard import has_desktop

        if choice is None:
            return
        if choice.act == "open" and has_desktop():
            self.app.open_url(choice.url)
            self._say(f"opened the link of {self._whose(row)} · in the browser")
        elif choice.act == "open":
            copied = f"copied the link of {self._whose(row)}"
            self._copy(choice.url, f"{copied} · no browser on this machine")
        else:
            self._copy(choice.url, f"copied the link of {self._whose(row)}")

    def action_conversation(self) -> None:
        """Show all messages of this sender, the current one in place; `Esc` goes back."""
        if self._before_conversation is not None:
            self._leave_conversation(self._before_conversation)
        elif (row := self._selected()) is not None:
            messages = self.query_one(MessageList)
            spot = _Spot(row.row, messages.line, messages.seen)
            reading = self.has_class("-reading")
            self._before_conversation = _Place(self._filters, spot, reading)
            self._filters = Filters(phone=row.phone)
            self._set_reading(False)
            self._show_filters()
            self._reload(at=_Spot(row.row, None, None))
            self._say(f"conversation with {self._whose(row)}")

    def _leave_conversation(self, place: _Place) -> None:
        self._before_conversation = None
        self._filters = place.filters
        self._set_reading(place.reading)
        self._show_filters()
        self._reload(at=place.spot)

    async def action_export(self) -> None:
        """Write what is shown to a file."""
        from inbox_tui.screens.export import ExportScreen

        if not self._settled:
            self._say(JUST_CAME)
            return
        listing = self._listing
        if listing is None or (listing.complete and not listing.messages):
            self._say("no messages to export")
            return
        today = self._clock.now().astimezone(self._presentation.local_zone).date()
        whole = asyncio.ensure_future(self._whole(listing))
        whole.add_done_callback(lambda found: found.cancelled() or found.exception())

        async def export(
            form: ExportFormat, path: Path, replace: bool, progress: Callable[[int], None]
        ) -> Written:
            listing = await whole
            return await asyncio.to_thread(self._export, listing, form, path, replace, progress)

        screen = ExportScreen(
            export,
            messages=listing.messages if listing.complete else None,
            path=f"~/inbox-{today:%Y-%m-%d}.csv",
        )
        await self.app.push_screen(screen, callback=self._exported)

    async def _whole(self, listing: Listing) -> Listing:
        """All that fitted when this was listed, also where only the first of it has been found."""
        if listing.complete:
            return listing

        def find() -> Listing:
            with Archive.open(self._account.archive.path) as archive:
                lists = self._account.on(archive).lists
                return lists.open(listing.query, keep=listing, change=listing.change)

        return await asyncio.to_thread(find)

    def _export(
        self,
        listing: Listing,
        form: ExportFormat,
        path: Path,
        replace: bool,
        progress: Callable[[int], None],
    ) -> Written:
        """Write messages to a file, in a thread, over a connection of its own."""
        from inbox_tui.exports import Exporter, write_file

        session = self._session
        exporter = Exporter(form, server_zone=session.server_zone, names=session.settings.names)
        with Archive.open(self._account.archive.path) as archive:
            rows = self._account.on(archive).lists.export(listing.query, listing)
            return write_file(
                path, lambda file: exporter.write(rows, file, progress), replace=replace
            )

    def _exported(self, exported: Exported | None) -> None:
        if exported is None:
            return
        count = exported.written.messages
        messages = "1 message" if count == 1 else f"{grouped(count)} messages"
        words = f"{messages} written to {exported.path}"
        if exported.written.guarded:
            words += (
                f". {exported.written.guarded} cells that a spreadsheet would run as a formula "
                "got an apostrophe."
            )
        self.notify(sanitize(words), title="Exported", timeout=8, markup=False)

    # -- layout

    def action_share(self, steps: int) -> None:
        """Give the list more or less of the room."""
        if self._layout in self._shares:
            self._share(self._layout, self._shares[self._layout] + steps * SHARE_STEP)
            self._remember_shares()
        else:
            self._say("the list stands alone here")

    def _share(self, layout: str, share: int) -> None:
        self._shares[layout] = min(max(share, SMALLEST_SHARE), LARGEST_SHARE)
        self._lay_out()

    def _lay_out(self) -> None:
        share = self._shares.get(self._layout, 50)
        side_by_side = self._layout == "-wide"
        self.query_one(Divider).upright = side_by_side
        for widget, part in (
            (self.query_one(MessageList), f"{share}fr"),
            (self.query_one(MessageView), f"{100 - share}fr"),
        ):
            widget.styles.width = part if side_by_side else "1fr"
            widget.styles.height = "1fr" if side_by_side else part

    @on(Divider.Dragged)
    def _divider_dragged(self, event: Divider.Dragged) -> None:
        body = self.query_one("#body").content_region
        if self._layout == "-wide":
            self._share(self._layout, round(100 * (event.x - body.x) / max(1, body.width)))
        else:
            self._share(self._layout, round(100 * (event.y - body.y) / max(1, body.height)))

    @on(Divider.Dropped)
    def _remember_shares(self) -> None:
        self._remember("shares", " ".join(str(share) for share in self._shares.values()))

    def _recall_shares(self) -> None:
        shares = (self._account.notes.get("shares") or "").split()
        if len(shares) == len(SHARES) and all(share.isdigit() for share in shares):
            for name, share in zip(SHARES, shares, strict=True):
                self._shares[name] = min(max(int(share), SMALLEST_SHARE), LARGEST_SHARE)

    def _remember(self, name: str, value: str) -> None:
        self.run_worker(self._write_down(name, value), group="marks")

    async def _write_down(self, name: str, value: str) -> None:
        try:
            await self._marks.call(lambda archive: self._account.on(archive).notes.set(name, value))
        except ArchiveError as error:
            self._say(str(error))

    # -- the rest

    async def action_refresh(self) -> None:
        """Ask the service now, if the limit allows; otherwise say when."""
        if self._session.status.state is State.SIGN_IN:
            await self.action_sign_in()
        elif self._session.status.state is State.CHECKING:
            self._say("asking already")
        else:
            self._session.refresh()

    async def action_sign_in(self) -> None:
        """Open the sign-in screen, for this account or another."""
        await self.run_action("app.sign_in")

    async def action_help(self) -> None:
        """Show every key."""
        from inbox_tui.screens.help import HelpScreen

        await self.app.push_screen(HelpScreen(self.keys))


def _layout_for(columns: int) -> str:
    return [name for least, name in LAYOUTS if columns >= least][-1]
