"""The tables, and how the file of an earlier version becomes one of this version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from inbox_tui.archive.errors import ArchiveDamaged, ArchiveReadOnly, ArchiveTooNew

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # One row. `changes` counts the changes of what is shown; `folding` is what the search
        # index was made with; `scrub` is another number for every deletion that may have left
        # traces, 0 without.
        """CREATE TABLE state (
            changes INTEGER NOT NULL, folding TEXT NOT NULL, scrub INTEGER NOT NULL
        )""",
        "INSERT INTO state VALUES (0, '', 0)",
        # A number is never given again: whoever still holds that of a purged account must fail.
        """CREATE TABLE accounts (
            account INTEGER PRIMARY KEY AUTOINCREMENT,
            login TEXT NOT NULL, host TEXT NOT NULL, UNIQUE (login, host)
        )""",
        # Receiving numbers; messages refer to them.
        """CREATE TABLE numbers (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL, to_phone TEXT NOT NULL, UNIQUE (account, to_phone)
        )""",
        # `row` orders messages by account and second (see rows.py). `change` is the value of
        # `state.changes` that the message came with. Text with lone surrogates is a blob.
        """CREATE TABLE messages (
            row INTEGER PRIMARY KEY,
            account INTEGER NOT NULL, id INTEGER NOT NULL,
            received INTEGER NOT NULL, sent INTEGER,
            phone TEXT NOT NULL, number INTEGER NOT NULL, message TEXT NOT NULL,
            unread INTEGER NOT NULL, change INTEGER NOT NULL
        )""",
        "CREATE UNIQUE INDEX messages_id ON messages (account, id)",
        "CREATE INDEX messages_key ON messages (account, received, id, change)",
        "CREATE INDEX messages_number ON messages (account, number, received, id, change)",
        """CREATE INDEX messages_unread ON messages (account, received, id, number, unread)
            WHERE unread = 1""",
        # How many messages a day, from these server seconds, holds. The number 0 stands for all.
        """CREATE TABLE tally (
            account INTEGER NOT NULL, number INTEGER NOT NULL, day INTEGER NOT NULL,
            total INTEGER NOT NULL, unread INTEGER NOT NULL,
            PRIMARY KEY (account, number, day)
        ) WITHOUT ROWID""",
        # What finds messages by their sender, and by what is in them. Both wait until there is
        # time: the messages that are not in them yet are `unindexed`.
        """CREATE TABLE senders (
            account INTEGER NOT NULL, phone TEXT NOT NULL, row INTEGER NOT NULL,
            PRIMARY KEY (account, phone, row)
        ) WITHOUT ROWID""",
        """CREATE VIRTUAL TABLE search USING fts5 (
            text, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1'
        )""",
        "CREATE TABLE unindexed (row INTEGER PRIMARY KEY)",
        """CREATE TABLE unreadable (
            account INTEGER NOT NULL, raw TEXT NOT NULL, seen INTEGER NOT NULL,
            PRIMARY KEY (account, raw)
        ) WITHOUT ROWID""",
        """CREATE TABLE gaps (
            account INTEGER NOT NULL, scope TEXT NOT NULL,
            start INTEGER NOT NULL, "end" INTEGER NOT NULL,
            PRIMARY KEY (account, scope, start, "end")
        ) WITHOUT ROWID""",
        """CREATE TABLE notes (
            account INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (account, name)
        ) WITHOUT ROWID""",
        """CREATE TABLE sweeps (
            account INTEGER NOT NULL, scope TEXT NOT NULL,
            floor INTEGER, reached INTEGER, boot TEXT, seconds REAL, completed TEXT,
            PRIMARY KEY (account, scope)
        ) WITHOUT ROWID""",
        """CREATE TABLE sightings (
            account INTEGER NOT NULL, scope TEXT NOT NULL, boot TEXT NOT NULL,
            seconds REAL NOT NULL, highest INTEGER NOT NULL,
            PRIMARY KEY (account, scope, boot, seconds)
        ) WITHOUT ROWID""",
        """CREATE TABLE requests (
            entry INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL, scope TEXT NOT NULL, fingerprint TEXT NOT NULL,
            boot TEXT NOT NULL, sent_at REAL NOT NULL, answered_at REAL
        )""",
        "CREATE INDEX requests_account ON requests (account, scope, entry)",
        """CREATE TABLE holds (
            account INTEGER PRIMARY KEY,
            kind TEXT NOT NULL, until REAL, attempt INTEGER NOT NULL, reason TEXT NOT NULL,
            at TEXT NOT NULL, mark BLOB NOT NULL, boot TEXT NOT NULL, seconds REAL NOT NULL
        )""",
    ),
    (
        # The tally tells in which days to look for a number; an index for it made the first sync
        # slower.
        "DROP INDEX messages_number",
        "DROP INDEX messages_key",
        "CREATE INDEX messages_key ON messages (account, received, id, number, change)",
        # All messages from `row` to `last` wait.
        "ALTER TABLE unindexed ADD COLUMN last INTEGER NOT NULL DEFAULT 0",
        "UPDATE unindexed SET last = row",
    ),
)
"""What makes each version of the file out of the one before it. A published one never changes."""

TABLES_OF_AN_ACCOUNT = (
    "messages",
    "numbers",
    "senders",
    "tally",
    "unreadable",
    "gaps",
    "notes",
    "sweeps",
    "sightings",
    "requests",
    "holds",
    "accounts",
)
"""Every table with an `account` column."""


def migrate(connection: sqlite3.Connection, share: Callable[[], None] | None) -> None:
    """Bring a file up to this version, in one transaction; `share` is called before any change.

    Without `share` the file cannot be written to. Raises `ArchiveTooNew` for the file of a later
    version, before anything is changed, `ArchiveDamaged` for a database of something else,
    `ArchiveReadOnly`, and what SQLite raises.
    """
    if _version(connection) < len(MIGRATIONS) and share is None:
        raise ArchiveReadOnly(
            "the archive is of an earlier version and cannot be written to: it cannot be opened"
        )
    if share is not None:
        share()
    if _version(connection) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection)
            if version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                raise ArchiveDamaged("the file is a database, but not an archive")
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    try:
        connection.execute("SELECT changes FROM state").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise ArchiveDamaged("the file is a database, but not an archive") from None


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise ArchiveTooNew(
            "a later version of inbox-tui made this archive: install that version to open it"
        )
    return int(version)
