"""Message states shared by a team: those on the hub, and those still to be sent there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text, json_numbers
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import TEAM, ChangedState, Row

NOT_TAKEN, TAKEN, MINE = range(3)
"""The values of the state `taken`: taken by nobody, by a colleague, or by us."""


class TeamState(NamedTuple):
    """A state on the hub."""

    state: ChangedState
    subject: int | str
    """The id of a message, or the sender for `muted`."""
    value: bool
    who: str
    """The name of the member who set it."""
    at: float
    """When it was set, in Unix seconds by the hub's clock."""


class UnsentState(NamedTuple):
    """A state that was set here and has not been sent to the hub yet."""

    state: ChangedState
    subject: int | str
    """The id of a message, or the sender for `muted`."""
    value: bool
    at: float
    """When it was set, in Unix seconds by this machine's wall clock."""


class TeamStates:
    """The shared states of one account, or of all if `account_id` is None."""

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._account_id = account_id

    def has(self, account_id: int) -> bool:
        """Return whether an account belongs to a team."""
        return Notes(self._db, account_id).get(TEAM) is not None

    def note(
        self, state: ChangedState, value: bool, subjects: Iterable[tuple[int, int | str]]
    ) -> None:
        """Record a state that was set here, so that it is sent to the hub.

        `subjects` are pairs of an account id and a message id or a sender. Accounts without a team
        are ignored. Call within `transaction`.
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
        """Return states that have not been sent yet, at most `most` of them."""
        found = self._db.query(
            "SELECT state, subject, value, at FROM unsent_states WHERE account_id = ? LIMIT ?",
            (self._account_id, most),
        )
        return [
            UnsentState(state, _subject(state, subject), bool(value), at)
            for state, subject, value, at in found
        ]

    def sent(self, states: Sequence[UnsentState]) -> None:
        """Record that these states were sent, except any that were set again in the meantime."""
        with self._db.transaction(self._account_id):
            self._db.execute_many(
                "DELETE FROM unsent_states WHERE account_id = ? AND state = ? AND subject = ?"
                " AND at = ?",
                [(self._account_id, one.state, _stored(one.subject), one.at) for one in states],
            )

    def keep(self, states: Iterable[TeamState]) -> None:
        """Store states copied from the hub. Call within `transaction`."""
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

    def delete(self, ids: Iterable[int]) -> None:
        """Delete the copied states of messages with these ids. Call within `transaction`."""
        self._db.execute(
            "DELETE FROM team_states WHERE account_id = ?"
            " AND subject IN (SELECT CAST(value AS TEXT) FROM json_each(?)) AND state <> 'muted'",
            (self._account_id, json_numbers(ids)),
        )

    def without_message(self, before: float) -> list[int]:
        """Return the ids of messages that are not here but had a state set before these seconds.

        `before` is in Unix seconds. A later state may have been copied before its message.
        """
        found = self._db.query(
            "SELECT DISTINCT CAST(subject AS INTEGER) AS of FROM team_states WHERE account_id = ?1"
            " AND at < ?2 AND state <> 'muted' AND NOT EXISTS"
            " (SELECT 1 FROM messages WHERE account_id = ?1 AND id = of)",
            (self._account_id, before),
        )
        return [message_id for (message_id,) in found]

    def of_message(self, row: Row) -> list[TeamState]:
        """Return the states of a message on the hub, with who set them and when, oldest first."""
        return self._of(row.account_id, [row.id])

    def of_messages(self, ids: Iterable[int]) -> list[TeamState]:
        """Return the states on the hub of the account's messages with these ids, oldest first."""
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
        """Return whether this state was set here and has not been sent to the hub yet."""
        return bool(
            self._db.query(
                "SELECT 1 FROM unsent_states WHERE account_id = ? AND state = ? AND subject = ?",
                (self._account_id, state, _stored(subject)),
            )
        )

    def forget(self) -> None:
        """Delete the unsent states. Call within `transaction`."""
        self._db.execute("DELETE FROM unsent_states WHERE account_id = ?", (self._account_id,))


def _stored(subject: int | str) -> str | bytes:
    return encode_text(str(subject))


def _subject(state: str, stored: str | bytes) -> int | str:
    subject = decode_text(stored)
    return subject if state == "muted" else int(subject)
