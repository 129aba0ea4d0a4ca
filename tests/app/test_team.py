"""A team on screen: taking messages and giving them back, and who did what."""

from __future__ import annotations

from pathlib import Path

from support.app_harness import NOW, HarnessApp, Opener, make_app, message, stored, until
from support.archives import row_of
from support.inbox_screen import inbox, notice, selected
from support.widgets import lines
from textual.pilot import Pilot

from inbox_tui.archive import TEAM, Archive, Gap
from inbox_tui.archive.team_copy import CopiedPage, TeamCopy
from inbox_tui.archive.team_states import MINE, NOT_TAKEN, TAKEN, TeamState
from inbox_tui.config import Settings
from inbox_tui.session import PasswordNotStored, Session
from inbox_tui.sessions import AllSessions
from inbox_tui.sync import State, TakenByColleague
from inbox_tui.widgets.message_view import MessageView


def of_a_team(folder: Path) -> HarnessApp:
    """Return the application with an account of a team whose hub can't be reached."""
    settings = Settings(team="postgresql://anna@127.0.0.1:1/inbox")
    both = [message(n, f"Text {n}", minutes_ago=9 - n) for n in (1, 2)]
    app = make_app(folder, messages=both, settings=settings)
    with stored(app) as account:
        account.notes.set(TEAM, "the hub")
    return app


def copied(app: HarnessApp, *states: TeamState) -> None:
    """Store states in the archive as if they were copied from the hub."""
    with Archive.open(app.archive_path) as archive:
        gaps: list[tuple[str, Gap]] = []
        page = CopiedPage("hub", 1, [], [], gaps, states, NOW)
        TeamCopy(archive.accounts()[0], "anna").store(page)


def view(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the message shown."""
    return lines(inbox(pilot).query_one(MessageView))


def session_of(pilot: Pilot[None]) -> Session:
    session = inbox(pilot).context.session
    assert isinstance(session, Session)
    return session


async def test_a_message_is_taken_and_given_back(opened: Opener, tmp_path: Path) -> None:
    async with opened(app=of_a_team(tmp_path)) as pilot:
        await pilot.press("j", "T")
        await until(pilot, lambda: selected(pilot).taken == MINE)
        assert notice(pilot).startswith("taken: +7 999 123-45-67")
        await pilot.press("T")
        await until(pilot, lambda: selected(pilot).taken == NOT_TAKEN)
        assert notice(pilot).startswith("given back: +7 999 123-45-67")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: selected(pilot).taken == MINE)


async def test_message_shows_who_read_took_and_closed_it(opened: Opener, tmp_path: Path) -> None:
    at = NOW.timestamp() - 60
    async with opened(app=of_a_team(tmp_path)) as pilot:
        await pilot.press("j", "k")
        copied(
            pilot.app,
            TeamState("unread", 2, False, "anna", at),
            TeamState("taken", 2, True, "bo\x1b[31mris", at + 1),
            TeamState("done", 2, True, "vera", 1e300),
            TeamState("starred", 2, False, "vera", at),
        )
        await until(pilot, lambda: "Taken" in "".join(view(pilot)))
        shown = view(pilot)
        read, taken, done = (
            next(line for line in shown if label in line) for label in ("Read ", "Taken", "Done")
        )
        assert "by anna" in read
        assert "today" in read
        assert "\x1b" not in taken
        assert "ris" in taken
        assert done.endswith("by vera")
        assert not any("Starred" in line for line in shown)


async def test_message_taken_by_a_colleague_cannot_be_taken(opened: Opener, tmp_path: Path) -> None:
    app = of_a_team(tmp_path)
    copied(app, TeamState("taken", 2, True, "boris", NOW.timestamp()))
    async with opened(app=app) as pilot:
        await pilot.press("j", "k")
        await until(pilot, lambda: selected(pilot).taken == TAKEN)
        await pilot.press("T")
        assert notice(pilot).startswith("boris has it: +7 999 123-45-67")
        assert selected(pilot).taken == TAKEN
        with stored(app) as account:
            row = row_of(account, 1).row
        inbox(pilot).session_event(TakenByColleague(row, "vera"))
        assert notice(pilot).startswith("vera took it first: +7 999 123-45-67")


async def test_messages_cannot_be_taken_without_a_team(opened: Opener) -> None:
    async with opened(messages=[message(1, "Text")]) as pilot:
        await pilot.press("j", "T")
        assert notice(pilot) == "taking needs a team: see 'inbox-tui team --help'"
        assert selected(pilot).taken == NOT_TAKEN


async def test_a_password_that_was_accepted_later_and_not_stored_is_reported(
    opened: Opener, tmp_path: Path
) -> None:
    async with opened(app=of_a_team(tmp_path)) as pilot:
        session_of(pilot)._notify(PasswordNotStored("The keyring [is] locked."))
        await pilot.pause()
        (told,) = pilot.app._notifications
        assert told.message == (
            "alex@smscentre.com: The keyring [is] locked."
            " The password or API key is kept for this run only."
        )


async def test_state_of_all_accounts_shows_that_a_hub_is_away(
    opened: Opener, tmp_path: Path
) -> None:
    async with opened(app=of_a_team(tmp_path)) as pilot:
        session = session_of(pilot)
        session.status = session.status._replace(state=State.HUB_AWAY, reason="it does not answer")
        with Archive.open(pilot.app.archive_path) as archive:
            assert AllSessions([session], archive).status.state is State.HUB_AWAY
        await pilot.pause()
