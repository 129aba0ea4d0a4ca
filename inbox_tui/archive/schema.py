"""The tables of the archive's file."""

from __future__ import annotations

import sqlite3

from inbox_tui.archive.errors import ArchiveDamaged, ArchiveError
from inbox_tui.locale import _

VERSION = 1
"""The version of the tables, stored as the file's `user_version`."""

_APPLICATION_ID = int.from_bytes(b"inbx")
"""Distinguishes an archive from other SQLite databases."""

TABLES: tuple[str, ...] = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
    # One row. `changes` counts changes of anything shown. `search_stale`: the search index must be
    # rebuilt. `wipe_pending` counts deletions whose traces may still be in the file.
    """CREATE TABLE state (
        changes INTEGER NOT NULL, search_stale INTEGER NOT NULL, wipe_pending INTEGER NOT NULL
    )""",
    "INSERT INTO state VALUES (0, 0, 0)",
    # Ids are never reused, so that an object of a purged account cannot change another one.
    """CREATE TABLE accounts (
        account_id INTEGER PRIMARY KEY AUTOINCREMENT,
        login TEXT NOT NULL, host TEXT NOT NULL, UNIQUE (login, host)
    )""",
    # `row` is the sort key of lists: 2**20 times the server second of receipt, plus a serial number
    # within that second. `change` is the value of `state.changes` when the message was added.
    # `muted`: the sender is muted. `conflict`: the service later returned another text for the id.
    # `stamp`: the time of receipt as the service wrote it, if there is no such date.
    # Text with lone surrogates is stored as a blob.
    """CREATE TABLE messages (
        row INTEGER PRIMARY KEY,
        account_id INTEGER NOT NULL, id INTEGER NOT NULL, sent INTEGER,
        unread INTEGER NOT NULL, muted INTEGER NOT NULL, change INTEGER NOT NULL,
        phone TEXT NOT NULL, to_phone TEXT NOT NULL, message TEXT NOT NULL,
        starred INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
        conflict INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0,
        stamp TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE UNIQUE INDEX messages_id ON messages (account_id, id)",
    "CREATE INDEX messages_phone ON messages (phone)",
    "CREATE INDEX messages_to_phone ON messages (to_phone)",
    "CREATE INDEX messages_unread ON messages (row) WHERE unread = 1 AND muted = 0",
    "CREATE INDEX messages_starred ON messages (row) WHERE starred = 1",
    "CREATE INDEX messages_done ON messages (row) WHERE done = 1",
    "CREATE INDEX messages_muted ON messages (row) WHERE muted = 1",
    "CREATE INDEX messages_taken ON messages (row) WHERE taken > 0",
    "CREATE INDEX messages_conflict ON messages (account_id) WHERE conflict = 1",
    """CREATE TABLE to_phones (
        to_phone TEXT NOT NULL, account_id INTEGER NOT NULL, PRIMARY KEY (to_phone, account_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE muted_senders (
        account_id INTEGER NOT NULL, phone TEXT NOT NULL, PRIMARY KEY (account_id, phone)
    ) WITHOUT ROWID""",
    # States shared by a team. `subject`: the id of a message, or the sender for the state `muted`.
    # `at`: Unix seconds, by the hub's clock, or by ours for unsent states.
    """CREATE TABLE team_states (
        account_id INTEGER NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL,
        value INTEGER NOT NULL, who TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (account_id, subject, state)
    ) WITHOUT ROWID""",
    """CREATE TABLE unsent_states (
        account_id INTEGER NOT NULL, state TEXT NOT NULL, subject TEXT NOT NULL,
        value INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (account_id, state, subject)
    ) WITHOUT ROWID""",
    # Counts of all messages, and of unread ones from senders that are not muted, by day: server
    # seconds // 86400. In `to_phone`, an empty blob stands for all receiving numbers.
    """CREATE TABLE daily_counts (
        to_phone TEXT NOT NULL, account_id INTEGER NOT NULL, day INTEGER NOT NULL,
        total INTEGER NOT NULL, unread INTEGER NOT NULL,
        PRIMARY KEY (to_phone, account_id, day)
    ) WITHOUT ROWID""",
    # Text, sender and receiver in the form that `search_index.document` returns.
    """CREATE VIRTUAL TABLE search USING fts5 (
        text, phone, to_phone,
        content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1'
    )""",
    # A page of 10,000 messages is one segment of the index, and few are merged at a time.
    "INSERT INTO search (search, rank) VALUES ('hashsize', 33554432)",
    "INSERT INTO search (search, rank) VALUES ('automerge', 16)",
    # Entries that could not be read as messages.
    """CREATE TABLE unreadable (
        account_id INTEGER NOT NULL, raw TEXT NOT NULL, seen INTEGER NOT NULL,
        PRIMARY KEY (account_id, raw)
    ) WITHOUT ROWID""",
    """CREATE TABLE notes (
        account_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (account_id, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE gaps (
        account_id INTEGER NOT NULL, scope TEXT NOT NULL,
        start INTEGER NOT NULL, "end" INTEGER NOT NULL,
        PRIMARY KEY (account_id, scope, start, "end")
    ) WITHOUT ROWID""",
    # The sync cursor of each scope, as JSON: only sync reads it, and always as a whole.
    """CREATE TABLE sync_cursors (
        account_id INTEGER NOT NULL, scope TEXT NOT NULL, cursor TEXT NOT NULL,
        PRIMARY KEY (account_id, scope)
    ) WITHOUT ROWID""",
    # Requests, holds and refused passwords belong to a login (see `limit.login_key`), whatever the
    # host, and are kept when an account is purged.
    """CREATE TABLE requests (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        login_key TEXT NOT NULL, scope TEXT NOT NULL, fingerprint TEXT NOT NULL,
        answered INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX requests_login ON requests (login_key, entry)",
    # When a request was sent and answered, on the clock of each boot that has seen it.
    """CREATE TABLE request_times (
        entry INTEGER NOT NULL, boot TEXT NOT NULL, sent_at REAL NOT NULL, answered_at REAL,
        PRIMARY KEY (entry, boot)
    ) WITHOUT ROWID""",
    # `boot` and `seconds`: when the hold was set, or first seen by the last boot that saw it.
    # `wait`: its length in seconds from `at`, a time of the wall clock.
    """CREATE TABLE holds (
        login_key TEXT PRIMARY KEY,
        kind TEXT NOT NULL, until REAL, wait REAL, attempt INTEGER NOT NULL,
        reason TEXT NOT NULL, at TEXT NOT NULL, digest BLOB NOT NULL,
        boot TEXT NOT NULL, seconds REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE refused_passwords (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        login_key TEXT NOT NULL, digest BLOB NOT NULL, reason TEXT NOT NULL,
        UNIQUE (login_key, digest)
    )""",
)


def has_tables(connection: sqlite3.Connection) -> bool:
    """Return whether the file has the tables; if not, it is empty.

    Raises `ArchiveError` if a later version of the program made the file, and `ArchiveDamaged` if
    it is the database of another program.
    """
    # Read before the id, because another program may create the tables and the id at any moment.
    is_empty = connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == _APPLICATION_ID and not is_empty:
        if version > VERSION:
            raise ArchiveError(
                _("a later version of inbox-tui made this archive: install that version to open it")
            )
        return True
    if not is_empty:
        raise ArchiveDamaged(_("the file is a database, but not an archive"))
    return False


def make_tables(connection: sqlite3.Connection) -> None:
    """Create the tables, unless another program has just done so."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if not has_tables(connection):
            for statement in TABLES:
                connection.execute(statement)
