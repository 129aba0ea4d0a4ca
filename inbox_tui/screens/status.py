"""The session's status in the bars at the top and bottom, and notices."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.timer import Timer

from inbox_tui.locale import _, plural
from inbox_tui.session import Session, SessionEvent
from inbox_tui.sessions import AllSessions
from inbox_tui.sync import ClocksDisagree, Progress, RefreshDeferred, State, ZoneSuspected
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.presentation import grouped
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar

NOTICE_SECONDS = 4.0


class SessionStatus:
    """Shows the status of a session in a status bar, and short-lived notices."""

    def __init__(self, screen: Screen[Any], session: Session | AllSessions, bar: StatusBar) -> None:
        self._screen = screen
        self._session = session
        self._bar = bar
        self._notice: Timer | None = None
        self._notice_is_earlier = False
        """Whether a key or click has come since the notice was shown."""
        self._kept_shown = ""
        self._progress: Progress | None = None

    @property
    def can_show(self) -> bool:
        """Whether the screen and the bar exist, which is false at the very start and end."""
        screen = self._screen
        return screen.is_mounted and screen.app.return_code is None and self._bar.is_attached

    def show_notice(self, notice: str) -> None:
        """Show a short-lived notice in the status bar."""
        if not self.can_show:
            return
        self._bar.notice = notice
        self._notice_is_earlier = False
        if self._notice is not None:
            self._notice.stop()
        self._notice = self._screen.set_timer(NOTICE_SECONDS, self._clear_notice)

    def input_arrived(self) -> None:
        """Record that a key or click has come since the notice was shown."""
        self._notice_is_earlier = True

    def clear_old_notice(self) -> None:
        """Clear a notice from before the last key or click, as that has led elsewhere."""
        if self._notice_is_earlier:
            self._clear_notice()

    def keep_shown(self, words: str) -> None:
        """Keep words in the status bar until this is called again; notices hide them meanwhile."""
        before, self._kept_shown = self._kept_shown, words
        if words or self._bar.notice == before:
            self._bar.notice = words

    def _clear_notice(self) -> None:
        self._bar.notice = self._kept_shown

    def note_progress(self, progress: Progress) -> None:
        """Store how far a sync of several pages is."""
        self._progress = progress

    def progress_words(self) -> str:
        """Return how far a sync of several pages is; empty once it has finished."""
        if self._session.status.state is State.LIVE:
            self._progress = None
        if self._progress is None:
            return ""
        return plural(
            "7 days, {count} message, page {page}",
            "7 days, {count} messages, page {page}",
            self._progress.messages,
            count=grouped(self._progress.messages),
            page=self._progress.page,
        )

    def show(self) -> None:
        """Show the session's status."""
        bar, status = self._bar, self._session.status
        bar.state = status.state
        via = _("via {host}").format(host=status.via) if status.via else ""
        bar.reason = _(status.reason) or self.progress_words() or via
        bar.left = status.left
        bar.allowed = status.allowed
        self.show_countdown()

    def show_totals(self, title: TitleBar, filters: FilterBar) -> None:
        """Show the counts that do not depend on the filters."""
        account = self._session.archive
        filters.total = account.counts.total()
        title.unread = account.counts.unread()
        title.unreadable = account.messages.unreadable_count()
        of_all = account.archive.all_accounts().counts.unread()
        title.elsewhere = of_all - title.unread
        self._screen.app.title = (f"({of_all}) " if of_all else "") + _("inbox")

    async def refresh(self) -> None:
        """Send a request now if the limit allows it, or sign in first if necessary."""
        if self._session.signed_out:
            await self._screen.run_action("app.sign_in")
        elif self._session.status.state is State.CHECKING:
            self.show_notice(_("already checking"))
        else:
            self._session.refresh()

    def show_countdown(self) -> None:
        """Show how many seconds are left until the next request."""
        at = self._session.status.next_at
        now = self._session.clock.moment().seconds
        self._bar.next_in = None if at is None else max(0, round(at - now))

    def show_event(self, event: SessionEvent) -> None:
        """Show a notice or a warning for an event that needs one."""
        match event:
            case RefreshDeferred(None):
                self.show_notice(
                    _(self._session.status.reason) or _("no request is planned: sign in first")
                )
            case RefreshDeferred(float(until)):
                seconds = max(1, round(until - self._session.clock.moment().seconds))
                deferred = _("next in {seconds} s, the limit is three requests in {window} s")
                window = round(self._session.limit.window)
                self.show_notice(deferred.format(seconds=seconds, window=window))
            case ZoneSuspected(zone):
                self._warn(
                    _("The server is in another time zone"),
                    _(
                        "The times of new messages do not fit this machine's clock. Put "
                        'server_timezone = "{zone}" into config.toml.'
                    ).format(zone=zone),
                )
            case ClocksDisagree(ahead):
                days = round(abs(ahead) / 86400)
                by = plural(
                    "This machine's clock is {count} day behind the service's.",
                    "This machine's clock is {count} days behind the service's.",
                    days,
                )
                if ahead > 0:
                    by = plural(
                        "This machine's clock is {count} day ahead of the service's.",
                        "This machine's clock is {count} days ahead of the service's.",
                        days,
                    )
                self._warn(
                    _("The clocks disagree"),
                    by + " " + _("Until it is right, keep_days deletes nothing."),
                )

    def _warn(self, title: str, words: str) -> None:
        self._screen.notify(words, title=title, severity="warning", timeout=30)
