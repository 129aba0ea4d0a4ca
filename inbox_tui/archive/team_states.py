"""States that a team shares: what colleagues set, and what is still to be sent to the hub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text, json_numbers
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import TEAM, ChangedState, Row

NOT_TAKEN, TAKEN, MINE = range(3)
"""Whether a message is taken: by nobody, a colleague, or us."""


class TeamState(NamedTuple):
    """A state as the hub has it."""

    state: ChangedState
    subject: int | str
    """The id of a message; for `muted` a sender."""
    value: bool
    who: str
    at: float
    """When it was set by the hub's clock: seconds since 1970."""


class UnsentState(NamedTuple):
    """A state that was set here and is not on the hub yet."""

    state: ChangedState
    subject: int | str
    value: bool
    at: float
    """When it was set by this machine's wall clock: seconds since 1970."""


class TeamStates:
    """The states of one account, or of all (`account_id` None), as far as a team shares them."""

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._account_id = account_id

    def has(self, account_id: int) -> bool:
        """Tell whether an account belongs to a team."""
        return Notes(self._db, account_id).get(TEAM) is not None

    def note(
        self, state: ChangedState, value: bool, subjects: Iterable[tuple[int, int | str]]
    ) -> None:
        """Have states sent that were set here: accounts with the ids of messages, or senders.

        Within `transaction`. What belongs to no team is passed over.
        """
        teams = {
            account_id
            for (account_id,) in self._db.query(
                "SELECT account_id FROM notes WHERE name = ?", (TEAM,)
            )
        }
        if teams:
            now = self._db.wall().timestamp()
            self._db.execute_many(
                "INSERT OR REPLACE INTO unsent_states VALUES (?, ?, ?, ?, ?)",
                (
                    (account_id, state, _stored(subject), value, now)
                    for account_id, subject in subjects
                    if account_id in teams
                ),
            )

    def unsent(self, most: int) -> list[UnsentState]:
        """Return states that are to be sent, so many at most."""
        found = self._db.query(
            "SELECT state, subject, value, at FROM unsent_states WHERE account_id = ? LIMIT ?",
            (self._account_id, most),
        )
        return [
            UnsentState(state, _subject(state, subject), bool(value), at)
            for state, subject, value, at in found
        ]

    def sent(self, states: Sequence[UnsentState]) -> None:
        """Note that these are on the hub, unless they were set anew meanwhile."""
        with self._db.transaction(self._account_id):
            self._db.execute_many(
                "DELETE FROM unsent_states WHERE account_id = ? AND state = ? AND subject = ?"
                " AND at = ?",
                [(self._account_id, one.state, _stored(one.subject), one.at) for one in states],
            )

    def keep(self, states: Iterable[TeamState]) -> None:
        """Keep who set what and when; within `transaction`."""
        self._db.execute_many(
            "INSERT OR REPLACE INTO team_states VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    self._account_id,
                    _stored(one.subject),
                    one.state,
                    one.value,
                    encode_text(one.who),
                    one.at,
                )
                for one in states
            ),
        )

    def of_message(self, row: Row) -> list[TeamState]:
        """Return who set which state of a message, and when, as the hub has it."""
        return self._of(row.account_id, [row.id])

    def of_messages(self, ids: Iterable[int]) -> list[TeamState]:
        """Return the same of the account's messages with these ids, oldest first."""
        return self._of(self._account_id, ids)

    def _of(self, account_id: int | None, ids: Iterable[int]) -> list[TeamState]:
        found = self._db.query(
            "SELECT state, subject, value, who, at FROM team_states WHERE account_id = ?"
            " AND subject IN (SELECT CAST(value AS TEXT) FROM json_each(?)) AND state <> 'muted'"
            " ORDER BY at",
            (account_id, json_numbers(ids)),
        )
        return [
            TeamState(state, int(subject), bool(value), decode_text(who), at)
            for state, subject, value, who, at in found
        ]

    def is_unsent(self, state: str, subject: int | str) -> bool:
        """Tell whether a state was set here that is not on the hub yet."""
        return bool(
            self._db.query(
                "SELECT 1 FROM unsent_states WHERE account_id = ? AND state = ? AND subject = ?",
                (self._account_id, state, _stored(subject)),
            )
        )

    def forget(self) -> None:
        """Send nothing that was not sent; within `transaction`."""
        self._db.execute("DELETE FROM unsent_states WHERE account_id = ?", (self._account_id,))


def _stored(subject: int | str) -> str | bytes:
    return encode_text(str(subject))


def _subject(state: str, stored: str | bytes) -> int | str:
    subject = decode_text(stored)
    return subject if state == "muted" else int(subject)
