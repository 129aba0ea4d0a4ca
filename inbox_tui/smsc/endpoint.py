"""Parsing and validation of the server that a user gives, as a host or a URL."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from inbox_tui.locale import _

PATH = "/sys/get.php"
"""The path of the API call (api.md, Request), the same on every domain of the service."""

_WITH_BACKUP = ("smscentre.com", "smsc.ru", "smsc.kz")
"""The servers with a documented backup server (api.md, Also known)."""
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*", re.ASCII)


class EndpointRefused(ValueError):  # noqa: N818
    """The server is malformed, or not safe to send a password to; `str()` gives the reason.

    The reason never quotes the input, which may contain a password.
    """


def endpoint(server: str) -> str:
    """Return the full URL of `server`, a bare `HOST[:PORT]` or a URL.

    A bare host means `https://HOST/sys/get.php`; a URL without a path gets that path. Plain
    `http://` is allowed for loopback only: `localhost`, 127.0.0.0/8, `[::1]`. Raises
    EndpointRefused for anything else, and for a URL with a login, a query or a fragment.
    """
    server = server.strip()
    if not server:
        raise EndpointRefused(_("the server is empty"))
    if not server.isprintable() or " " in server:
        raise EndpointRefused(_("the server contains a space or a control character"))
    try:
        parts = urlsplit(server if "://" in server else f"https://{server}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise EndpointRefused(_("the server is not a host or a URL")) from None
    if "@" in parts.netloc:
        raise EndpointRefused(_("the server must not contain a login or a password"))
    if "?" in server or "#" in server:
        raise EndpointRefused(_("the server must not contain a query or a fragment"))
    if parts.scheme not in ("http", "https"):
        raise EndpointRefused(_("the server must begin with https://"))
    if port == 0 or parts.netloc.endswith(":"):
        raise EndpointRefused(_("the port of the server is not a number from 1 to 65535"))
    host = _plain_host(host)
    if parts.scheme == "http" and not is_loopback(host):
        raise EndpointRefused(_("plain http:// is for this machine only: use https://"))
    path = PATH if parts.path in ("", "/") else parts.path
    if not _PATH.fullmatch(path):
        raise EndpointRefused(
            _("the path of the server contains a character that is not allowed in a URL")
        )
    return f"{parts.scheme}://{_authority(host, port)}{path}"


def host_of(url: str) -> str:
    """Return the host of a URL from `endpoint`, with `:port` if the URL has one."""
    return urlsplit(url).netloc


def account_host(url: str) -> str:
    """Return the host that identifies an account, the same for all spellings of its URL.

    It leaves out the scheme's default port, a trailing dot, and `www.` or `www2.` (the backup
    server; api.md, Also known). `localhost` becomes 127.0.0.1.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    for prefix in ("www.", "www2."):
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            host = host.removeprefix(prefix)
            break
    if host == "localhost":
        host = "127.0.0.1"
    usual = {"https": 443, "http": 80}[parts.scheme]
    return _authority(host, None if parts.port == usual else parts.port)


def documented_backup(url: str) -> str | None:
    """Return the URL of the backup server for a URL from `endpoint`, or None if there is none."""
    main, host = account_host(url), host_of(url)
    backup = f"www2.{main}"
    return url.replace(host, backup, 1) if main in _WITH_BACKUP and host != backup else None


def is_loopback(host: str) -> bool:
    """Return whether `host` (a name, or an address without brackets) is certainly this machine."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback if address.version == 4 else address == ipaddress.ip_address("::1")


def _authority(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _plain_host(host: str) -> str:
    """Return the host in lower case and ASCII (IDNA), as it is looked up in DNS."""
    try:
        if ":" in host and "%" not in host:
            return str(ipaddress.IPv6Address(host))
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        plain = ""
    if not _HOST_NAME.fullmatch(plain) or ".." in plain:
        raise EndpointRefused(_("the server has no usable host name"))
    return plain.lower()
