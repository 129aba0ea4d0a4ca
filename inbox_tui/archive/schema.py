"""The tables of the archive's file."""

from __future__ import annotations

import sqlite3

from inbox_tui.archive.errors import ArchiveDamaged, ArchiveError
from inbox_tui.locale import _

VERSION = 1
"""The version of the tables, kept in the file."""

_APPLICATION_ID = int.from_bytes(b"inbx")
"""What tells an archive from another program's database."""

TABLES: tuple[str, ...] = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
    # One row. `changes` counts the changes of what is shown. `search_stale`: the search index is
    # to be made anew. `wipe_pending`: what was deleted may have left traces in the file.
    """CREATE TABLE state (
        changes INTEGER NOT NULL, search_stale INTEGER NOT NULL, wipe_pending INTEGER NOT NULL
    )""",
    "INSERT INTO state VALUES (0, 0, 0)",
    # An id is never given again: whoever still holds that of a purged account must fail.
    """CREATE TABLE accounts (
        account_id INTEGER PRIMARY KEY AUTOINCREMENT,
        login TEXT NOT NULL, host TEXT NOT NULL, UNIQUE (login, host)
    )""",
    # `row` is what lists are ordered by: 2**20 times the server second of receipt, and a serial
    # number within it. `change` is the value of `state.changes` that the message came with.
    # `muted`: its sender is. `conflict`: the service has shown its id again with another text.
    # `stamp`: when it was received as it came, where there is no such date.
    # Text with lone surrogates is a blob.
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
    # What a team shares. `subject`: the id of a message, or for the state muted a sender; `at`:
    # unix seconds, by the hub's clock, or for what is unsent by ours.
    """CREATE TABLE team_states (
        account_id INTEGER NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL,
        value INTEGER NOT NULL, who TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (account_id, subject, state)
    ) WITHOUT ROWID""",
    """CREATE TABLE unsent_states (
        account_id INTEGER NOT NULL, state TEXT NOT NULL, subject TEXT NOT NULL,
        value INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (account_id, state, subject)
    ) WITHOUT ROWID""",
    # Messages, and unread ones of senders that are not muted, of a day: server seconds // 86400.
    # An empty blob stands for all receiving numbers.
    """CREATE TABLE daily_counts (
        to_phone TEXT NOT NULL, account_id INTEGER NOT NULL, day INTEGER NOT NULL,
        total INTEGER NOT NULL, unread INTEGER NOT NULL,
        PRIMARY KEY (to_phone, account_id, day)
    ) WITHOUT ROWID""",
    # Text, sender and receiver as `search_index.document` writes them.
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
    # How far each scope has been asked for, as JSON: only sync reads it, and always whole.
    """CREATE TABLE sync_cursors (
        account_id INTEGER NOT NULL, scope TEXT NOT NULL, cursor TEXT NOT NULL,
        PRIMARY KEY (account_id, scope)
    ) WITHOUT ROWID""",
    # Requests, holds and refused passwords belong to a login (see `limit.login_key`), on
    # whichever host, and stay when an account is purged.
    """CREATE TABLE requests (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        login_key TEXT NOT NULL, scope TEXT NOT NULL, fingerprint TEXT NOT NULL,
        answered INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX requests_login ON requests (login_key, entry)",
    # When a request was sent and answered, on the clock of each boot that knows of it.
    """CREATE TABLE request_times (
        entry INTEGER NOT NULL, boot TEXT NOT NULL, sent_at REAL NOT NULL, answered_at REAL,
        PRIMARY KEY (entry, boot)
    ) WITHOUT ROWID""",
    # `boot` and `seconds` are when it was set, or when this boot first saw it; `wait` is the
    # whole wait from `at`, a time of the wall clock.
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
    """Tell whether the file has the tables; otherwise it is empty.

    Raises `ArchiveError` for the file of a later version, and `ArchiveDamaged` for a database of
    something else.
    """
    # Looked at first: another program may make the tables, and with them the id, at any moment.
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
    """Make the tables, unless another program has made them meanwhile."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if not has_tables(connection):
            for statement in TABLES:
                connection.execute(statement)
