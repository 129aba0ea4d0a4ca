"""The hub's tables, created by `team init`, and the two roles that may use them.

Times are seconds of the hub's own clock since the beginning of 2026. They are checked to lie within
a century of it, so that members can calculate with values that anybody may have written. Text from
the service is bytes: UTF-8 that may contain lone surrogates and NUL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inbox_tui.locale import _
from inbox_tui.team.errors import HubRefused

if TYPE_CHECKING:
    from asyncpg import Connection

VERSION = 1
ASKER = "inbox_tui_asker"
"""The role that may ask the service: it writes messages and the log of requests."""
READER = "inbox_tui_reader"
"""The role that may read, and set the states of messages."""
LEAST_SERVER_VERSION = 14
"""The first version that ends the session of a silent member (`idle_session_timeout`)."""

_TABLES = """
CREATE SCHEMA inbox_tui;
COMMENT ON SCHEMA inbox_tui IS 'inbox-tui: a team''s SMS messages';
CREATE FUNCTION inbox_tui.now() RETURNS double precision LANGUAGE sql VOLATILE
    RETURN extract(epoch FROM clock_timestamp()) - 1767225600;
-- `hub` is a new value after a backup was restored, so that members copy everything again.
CREATE TABLE inbox_tui.version (
    version integer NOT NULL, hub text NOT NULL DEFAULT gen_random_uuid()::text
);
INSERT INTO inbox_tui.version VALUES (1);
-- `last_seq` is the last sequence number given to a row of messages, states, gaps or unreadable.
-- A writer locks this row until it commits, so numbers become visible in order and without holes.
CREATE TABLE inbox_tui.accounts (
    account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL, login_key text NOT NULL, host text NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    requests_lost boolean NOT NULL DEFAULT true,
    clock_difference double precision CHECK (abs(clock_difference) < 3.2e9),
    UNIQUE (login_key, host)
);
CREATE TABLE inbox_tui.messages (
    account_id integer NOT NULL, seq bigint NOT NULL, id bigint NOT NULL,
    received bigint NOT NULL, sent bigint, live boolean NOT NULL,
    phone bytea NOT NULL, to_phone bytea NOT NULL, message bytea NOT NULL,
    stamp text NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, seq), UNIQUE (account_id, id)
);
-- `subject` is the id of a message in digits or, for the state `muted`, a sender.
CREATE TABLE inbox_tui.states (
    account_id integer NOT NULL, seq bigint NOT NULL, state text NOT NULL, subject bytea NOT NULL,
    value boolean NOT NULL, who text NOT NULL,
    at double precision NOT NULL CHECK (abs(at) < 3.2e9),
    PRIMARY KEY (account_id, state, subject)
);
CREATE INDEX ON inbox_tui.states (account_id, seq);
CREATE TABLE inbox_tui.gaps (
    account_id integer NOT NULL, seq bigint NOT NULL, scope bytea NOT NULL,
    start_at bigint NOT NULL CHECK (start_at BETWEEN -62135596800 AND 253402300799),
    end_at bigint NOT NULL CHECK (end_at BETWEEN -62135596800 AND 253402300799),
    PRIMARY KEY (account_id, scope, start_at, end_at)
);
CREATE INDEX ON inbox_tui.gaps (account_id, seq);
CREATE TABLE inbox_tui.unreadable (
    account_id integer NOT NULL, seq bigint NOT NULL, digest bytea NOT NULL, raw bytea NOT NULL,
    PRIMARY KEY (account_id, digest)
);
CREATE INDEX ON inbox_tui.unreadable (account_id, seq);
CREATE TABLE inbox_tui.cursors (
    account_id integer NOT NULL, scope bytea NOT NULL, cursor text NOT NULL,
    PRIMARY KEY (account_id, scope)
);
CREATE TABLE inbox_tui.requests (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_key text NOT NULL, scope bytea NOT NULL, fingerprint text NOT NULL,
    sent_at double precision NOT NULL CHECK (abs(sent_at) < 3.2e9),
    answered_at double precision CHECK (abs(answered_at) < 3.2e9)
);
CREATE TABLE inbox_tui.holds (
    login_key text PRIMARY KEY, kind text NOT NULL,
    until double precision CHECK (abs(until) < 3.2e9),
    attempt integer NOT NULL, reason bytea NOT NULL, at text NOT NULL, digest bytea NOT NULL,
    set_at double precision NOT NULL CHECK (abs(set_at) < 3.2e9)
);
CREATE TABLE inbox_tui.refused_passwords (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_key text NOT NULL, digest bytea NOT NULL, reason bytea NOT NULL,
    UNIQUE (login_key, digest)
);
CREATE TABLE inbox_tui.members (
    account_id integer NOT NULL, name text NOT NULL, pid integer NOT NULL,
    seq bigint NOT NULL, seen_at double precision NOT NULL CHECK (abs(seen_at) < 3.2e9),
    PRIMARY KEY (account_id, name, pid)
);
REVOKE ALL ON SCHEMA inbox_tui FROM PUBLIC;
GRANT USAGE ON SCHEMA inbox_tui TO inbox_tui_reader, inbox_tui_asker;
GRANT SELECT ON ALL TABLES IN SCHEMA inbox_tui TO inbox_tui_reader, inbox_tui_asker;
GRANT UPDATE (last_seq) ON inbox_tui.accounts TO inbox_tui_reader;
GRANT INSERT, UPDATE ON inbox_tui.states TO inbox_tui_reader;
GRANT INSERT, UPDATE, DELETE ON inbox_tui.members TO inbox_tui_reader;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA inbox_tui TO inbox_tui_asker;
REVOKE INSERT, UPDATE, DELETE ON inbox_tui.version FROM inbox_tui_asker;
"""


async def create(connection: Connection) -> bool:
    """Create the tables and roles in one transaction; return False if they exist already.

    Raises `HubRefused` if the existing ones can't be used; see `check`.
    """
    if await connection.fetchval("SELECT to_regnamespace('inbox_tui')") is not None:
        await check(connection)
        return False
    async with connection.transaction():
        for role in (ASKER, READER):
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {role} NOLOGIN")
        await connection.execute(_TABLES)
    return True


def check_server_version(connection: Connection) -> None:
    """Raise `HubRefused` if the version of PostgreSQL is too old for a hub."""
    server = connection.get_server_version().major
    if server < LEAST_SERVER_VERSION:
        raise HubRefused(
            _("PostgreSQL {least} or later is needed, this is {server}").format(
                least=LEAST_SERVER_VERSION, server=server
            )
        )


async def check(connection: Connection) -> bool:
    """Check that the database is a hub we can use; return whether we may ask, not only read.

    Raises `HubRefused` if it is no hub or gives us no access, or if its version does not fit.
    """
    if await connection.fetchval("SELECT to_regnamespace('inbox_tui')") is None:
        raise HubRefused(_("this database is not a hub: 'inbox-tui team init URL' makes it one"))
    usable, known = await connection.fetchrow(
        "SELECT has_schema_privilege('inbox_tui', 'USAGE'), EXISTS (SELECT FROM pg_class WHERE"
        " relnamespace = to_regnamespace('inbox_tui') AND relname = 'version')"
    )
    if not known:
        raise HubRefused(_("this database has an inbox_tui schema that is not a hub's"))
    if not usable:
        raise HubRefused(
            _("this user has no access: an administrator must GRANT {reader} TO it").format(
                reader=READER
            )
        )
    version = await connection.fetchval("SELECT version FROM inbox_tui.version")
    if version != VERSION:
        raise HubRefused(
            _("the hub has version {version}, but this inbox-tui needs version {own}").format(
                version=version, own=VERSION
            )
        )
    may_ask: bool = await connection.fetchval(
        "SELECT has_table_privilege('inbox_tui.requests', 'INSERT')"
    )
    return may_ask
