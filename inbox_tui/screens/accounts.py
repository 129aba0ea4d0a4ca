"""Signing in to accounts, and switching between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from inbox_tui.locale import _
from inbox_tui.session import (
    Dependencies,
    Session,
    SessionEvent,
    SignInResult,
    keyring_note,
)
from inbox_tui.sessions import ALL_ACCOUNTS, AllSessions, is_in_use, known_accounts
from inbox_tui.smsc.endpoint import EndpointRefused, account_host, endpoint, host_of
from inbox_tui.sync import State, Status, StatusChanged

if TYPE_CHECKING:
    from textual.app import App

    from inbox_tui.config import Settings
    from inbox_tui.credentials import Secret
    from inbox_tui.screens.pickers import Choice
    from inbox_tui.screens.sign_in import Credentials, SignInScreen


class AccountSwitcher:
    """Runs the sessions of all accounts, and shows the inbox of one of them.

    `on_event` is called with every event of every session; `show` puts an inbox on screen.
    """

    def __init__(
        self,
        app: App[Any],
        dependencies: Dependencies,
        *,
        server: str,
        on_event: Callable[[Session, SessionEvent], None],
        show: Callable[[Session | AllSessions], Awaitable[object]],
    ) -> None:
        self._app = app
        self._dependencies = dependencies
        self._server = server
        self._on_event = on_event
        self._show = show
        self.sessions: list[Session] = []
        """All accounts, in the order in which they were opened."""
        self.shown: Session | AllSessions | None = None
        """The account on screen, or all of them combined."""
        self._candidate: Session | None = None
        """An account that is being signed in and is not among `sessions` yet."""
        self._signing_in: Session | None = None
        """The account that the sign-in screen is open for."""
        self._screen: SignInScreen | None = None

    def add(self, login: str, url: str, password: Secret | None = None) -> Session:
        """Add an account, without sending a request yet."""
        session = self._new_session(login, url, password)
        self.sessions.append(session)
        return session

    def add_known(self) -> list[Session]:
        """Add all other accounts that are in use in the archive, and return them."""
        there = {(one.login, one.host) for one in self.sessions}
        return [
            self.add(login, url)
            for login, url in known_accounts(self._dependencies.archive)
            if (login, account_host(url)) not in there
        ]

    async def start(self) -> None:
        """Start to sync all accounts, the one on screen first."""
        for session in (*self.sessions,):
            await session.start()

    async def close(self) -> None:
        """Close all sessions."""
        await self._drop_candidate()
        for session in self.sessions:
            await session.close()

    def use(self, settings: Settings) -> None:
        """Use other settings in all sessions from now on."""
        self._dependencies = self._dependencies._replace(settings=settings)
        for session in (*self.sessions, self._candidate):
            if session is not None:
                session.settings = settings

    def _new_session(self, login: str, url: str, password: Secret | None = None) -> Session:
        session = Session(login, url, dependencies=self._dependencies, password=password)
        session.on_event(partial(self._session_event, session))
        return session

    def _session_event(self, session: Session, event: SessionEvent) -> None:
        if isinstance(event, StatusChanged):
            self._show_on_sign_in(session, event.status)
        self._on_event(session, event)

    # -- choosing

    async def pick(self) -> None:
        """Let the user choose the account whose inbox is shown, or all in one list."""
        from inbox_tui.screens.pickers import AccountPicker, Choice

        width = max((len(_(one.status.state.value)) for one in self.sessions), default=0) + 2
        choices: list[Choice[Session | AllSessions]] = [
            Choice(
                f"{_(session.status.state.value):{width}}{session.name}",
                session,
                session.archive.counts.unread(),
            )
            for session in self.sessions
        ]
        if len(self.sessions) > 1:
            every = self._all
            choices.append(
                Choice(f"{'':{width}}{_(ALL_ACCOUNTS)}", every, every.archive.counts.unread())
            )
        await self._app.push_screen(AccountPicker(choices, self.shown), callback=self._picked)

    async def _picked(self, choice: Choice[Session | AllSessions] | None) -> None:
        if choice is not None and choice.value is not None and choice.value is not self.shown:
            await self._switch_to(choice.value)

    @cached_property
    def _all(self) -> AllSessions:
        return AllSessions(self.sessions, self._dependencies.archive)

    async def _switch_to(self, session: Session | AllSessions) -> None:
        self.shown = session
        await self._show(session)

    # -- signing in

    async def sign_in(self) -> None:
        """Open the sign-in screen. Once an inbox is shown, only a command of the user does so."""
        from inbox_tui.screens.sign_in import SignInScreen

        session = self.shown
        if isinstance(session, AllSessions):
            session = next((one for one in self.sessions if one.signed_out), None)
        self._signing_in = session
        self._screen = screen = SignInScreen(
            server=self._server if session is None else _shortest(session.url),
            login="" if session is None else session.login,
            attempt=self.attempt,
            keyring_note=partial(keyring_note, self._dependencies.keyring),
            kind="password" if session is None else session.secret_kind,
            reason=_(session.status.reason) if session is not None and session.signed_out else "",
            can_leave=self.shown is not None,
        )
        await self._app.push_screen(screen, self._left)

    async def attempt(self, filled: Credentials) -> SignInResult:
        """Sign in with what was filled in, creating a session if the account has none."""
        try:
            url = endpoint(filled.server)
        except EndpointRefused as error:
            return SignInResult(Status(State.OFFLINE, str(error)))
        wanted = (filled.login, url)
        session = next((one for one in self.sessions if (one.login, one.url) == wanted), None)
        if session is None:
            await self._drop_candidate()
            session = self._candidate = self._new_session(filled.login, url)
        self._signing_in = session
        result = await session.sign_in(
            filled.password, remember=filled.remember, insist=filled.insist
        )
        if result.note:
            self._app.notify(result.note, severity="warning", markup=False)
        return result

    async def _left(self, signed_in: bool | None) -> None:
        """Show the account that was signed in, or close a session that could not be signed in."""
        session, self._screen, self._signing_in = self._signing_in, None, None
        candidate, self._candidate = self._candidate, None
        if not signed_in or session is None:
            if candidate is not None:
                await candidate.close()
            return
        if session is candidate:
            outdated = [one for one in self.sessions if _is_replaced(one, session)]
            self.sessions[:] = [*(one for one in self.sessions if one not in outdated), session]
            await self._switch_to(session)
            for one in outdated:
                await one.close()
            for one in self.add_known():  # after a start without an account
                self._app.run_worker(one.start(), group="session")
        elif session is not self.shown and not isinstance(self.shown, AllSessions):
            await self._switch_to(session)

    async def _drop_candidate(self) -> None:
        if self._candidate is not None:
            dropped, self._candidate = self._candidate, None
            await dropped.close()

    def _show_on_sign_in(self, session: Session, status: Status) -> None:
        """Update the sign-in screen, if it is open for this account."""
        screen = self._screen
        if screen is None or session is not self._signing_in:
            return
        if status.state is State.WAITING and screen.checking:
            screen.show_reason(self._wait_in_words(status))
        elif status.state is State.LIVE:
            screen.show_signed_in()

    def _wait_in_words(self, status: Status) -> str:
        if status.next_at is None:
            return _(status.reason)
        seconds = max(1, round(status.next_at - self._dependencies.clock.moment().seconds))
        return _("Waiting {seconds} s: {reason}").format(seconds=seconds, reason=_(status.reason))


def _is_replaced(one: Session, signed_in: Session) -> bool:
    """Return whether `signed_in` replaces a session: of the same account, or of a mistyped one."""
    same = (one.login, one.host) == (signed_in.login, signed_in.host)
    return same or not is_in_use(one.archive)


def _shortest(url: str) -> str:
    """Return the host of the server's URL if that means the same, else the URL."""
    host = host_of(url)
    return host if endpoint(host) == url else url
