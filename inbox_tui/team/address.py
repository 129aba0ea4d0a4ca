"""The address of the hub: a PostgreSQL URL without a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from inbox_tui.locale import _, mark

if TYPE_CHECKING:
    from ssl import SSLContext
    from urllib.parse import SplitResult

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_FILES = ("sslrootcert", "sslcert", "sslkey")
ALLOWED = mark(
    "URLs such as postgresql://anna@db.example.com/inbox, without a password; a Unix socket is "
    "postgresql://anna@/inbox?host=/var/run/postgresql; ?sslrootcert=FILE names a certificate "
    "authority of your own, sslcert and sslkey the files of a client certificate"
)


class HubAddress(NamedTuple):
    """A database, and the user to sign in as."""

    user: str
    host: str
    """A host name or address, or the folder of a Unix socket."""
    port: int
    database: str
    files: tuple[tuple[str, str], ...] = ()
    """TLS files, by PostgreSQL's names for them: `sslrootcert`, `sslcert`, `sslkey`."""

    @property
    def is_local(self) -> bool:
        """Whether the connection stays on this machine."""
        return self.host.startswith("/") or self.host in _LOOPBACK

    @property
    def place(self) -> str:
        """The hub as shown to users and as the host of its keyring entry: `HOST:PORT/DATABASE`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}/{self.database}"

    def url(self) -> str:
        """Return the address as a URL that `parse_hub` accepts."""
        socket = self.host.startswith("/")
        host = "" if socket else self.place.partition("/")[0]
        options = [("host", self.host), ("port", str(self.port))] if socket else []
        query = "&".join(f"{name}={quote(value)}" for name, value in (*options, *self.files))
        path = quote(self.database)
        return f"postgresql://{quote(self.user, safe='')}@{host}/{path}{query and '?' + query}"

    def tls(self) -> SSLContext | None:
        """Return a context that verifies the hub's certificate and name, or None if it is local."""
        if self.is_local:
            return None
        import ssl

        files = dict(self.files)
        if "sslrootcert" in files:
            context = ssl.create_default_context(cafile=files["sslrootcert"])
        else:
            import truststore

            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if "sslcert" in files:
            context.load_cert_chain(files["sslcert"], files.get("sslkey"))
        return context


def parse_hub(url: str) -> HubAddress:
    """Parse the URL of a hub. Raises `ValueError` with the reason if it can't be used."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(_("the hub is not a URL")) from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(_("the hub is a PostgreSQL database"))
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.password is not None or "password" in query:
        raise ValueError(_("the URL must not contain a password: 'team join' asks for it"))
    unknown = query.keys() - {"host", "port", *_FILES}
    if unknown:
        raise ValueError(
            _("the URL option {value} is not supported").format(value=sorted(unknown)[0])
        )
    user, database = unquote(parts.username or ""), unquote(parts.path.strip("/"))
    if not user or not database:
        raise ValueError(_("the URL lacks the user or the database"))
    port = _port(parts, query.get("port", "5432"))
    files = tuple((name, query[name]) for name in _FILES if name in query)
    return HubAddress(user, parts.hostname or query.get("host", "localhost"), port, database, files)


def _port(parts: SplitResult, other: str) -> int:
    """Return the port of a URL, or the number in `other` if the URL has none."""
    try:
        port = int(other) if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise ValueError(_("the port of the hub is not a number from 1 to 65535"))
    return port
