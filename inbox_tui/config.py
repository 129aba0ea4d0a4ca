"""The settings: what they are, and the file that they are in."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from inbox_tui.private_files import PathRefused, read_trusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MOST_BYTES = 256 * 1024
"""The longest settings file that is read."""


class Settings(NamedTuple):
    """What `config.toml` says, checked; every setting has a default.

    Made by `load_settings`. The constructor takes values as they are: what comes from elsewhere
    (an option, the environment) goes through `check` first.
    """

    login: str | None = None
    """The account to open; None where the file names none."""
    server: str = "smscentre.com"
    """Host or URL of the service; who sends to it checks it further."""
    refresh_seconds: int = 20
    """Seconds between two requests, 20 to 3600; 20 is the least the limit allows."""
    server_timezone: str = "Europe/Moscow"
    """The zone of the server's clock, one that `zoneinfo` knows."""
    only_to_phones: tuple[str, ...] = ()
    """Receiving numbers to ask for, as the service writes them, each once; empty for all."""
    window: int = 24
    """Hours shown at start, 1 to 168; 0 shows everything that is kept."""
    keep_days: int = 0
    """Days after which a message is deleted; 0 keeps for ever."""
    notify: Literal["bell", "terminal", "off"] = "bell"
    """How a new message is announced."""
    notify_text: bool = False
    """Whether an announcement shows the text of the message."""
    remember_filters: bool = False
    """Whether the filters of the last run are set again at start."""
    theme: str = ""
    """Name of the colour theme, which the app checks; empty for our own."""
    names: Mapping[str, str] = MappingProxyType({})
    """Names by phone number or sender, both as the service writes them."""


class _Rule(NamedTuple):
    """What a setting can be: for `msgspec`, and in words that follow "allowed are"."""

    kind: Any
    words: str


@cache
def _rules() -> dict[str, _Rule]:
    """Return the rule of each setting. Nobody needs it, nor msgspec, without a settings file."""
    from msgspec import Meta

    def whole(least: int, most: int) -> Any:
        return Annotated[int, Meta(ge=least, le=most)]

    yes_or_no = _Rule(bool, "true and false")
    return {
        "login": _Rule(str, "the account's login, in quotes"),
        "server": _Rule(Annotated[str, Meta(min_length=1)], "a host or a URL, in quotes"),
        "refresh_seconds": _Rule(whole(20, 3600), "whole numbers from 20 to 3600"),
        "server_timezone": _Rule(str, 'names of time zones, such as "Europe/Moscow"'),
        "only_to_phones": _Rule(
            tuple[str, ...], 'lists of phone numbers in quotes, such as ["+7 911 000-00-01"]'
        ),
        "window": _Rule(whole(0, 168), "hours from 1 to 168, and 0 for everything that is kept"),
        "keep_days": _Rule(
            whole(0, 36500), "days from 1 to 36500, and 0 to keep messages for ever"
        ),
        "notify": _Rule(Literal["bell", "terminal", "off"], '"bell", "terminal" and "off"'),
        "notify_text": yes_or_no,
        "remember_filters": yes_or_no,
        "theme": _Rule(str, "names of themes, in quotes"),
        "names": _Rule(
            dict[str, str],
            'lines such as "+7 911 000-00-01" = "Orders", each number or sender once',
        ),
    }


TEMPLATE = """\
# Settings of inbox-tui. A line that begins with "#" and no space shows a default:
# take the "#" away and change the value.

# The account to open; empty asks on the sign-in screen. The password is never
# kept here: it is in the keyring of the system.
#login = ""

# Host or URL of the service. http:// is refused except for this machine.
#server = "smscentre.com"

# Seconds between two requests, 20 to 3600.
#refresh_seconds = 20

# The time zone of the server's clock.
#server_timezone = "Europe/Moscow"

# Ask only for messages to these numbers of yours, such as ["+7 911 000-00-01"];
# empty asks for all of them.
#only_to_phones = []

# Hours shown at start, 1 to 168; 0 shows everything that is kept.
#window = 24

# Delete messages after this many days, 1 to 36500; 0 keeps them for ever.
#keep_days = 0

# How a new message is announced: "bell", "terminal" (a notification by the
# terminal) or "off".
#notify = "bell"

# Whether the announcement shows the text of the message: true or false.
#notify_text = false

# Whether the filters of the last run are set again at start: true or false.
#remember_filters = false

# Name of a colour theme; empty for our own.
#theme = ""

# Names for phone numbers and senders, one a line below [names], such as
# "+7 911 000-00-01" = "Orders" or "OZON.ru" = "Shop"
#[names]
"""
"""A settings file in which every setting stands as a comment, with its default and what is allowed.

Settings begin with `#` and no space, so that what explains them is told apart from them.
"""


class SettingsError(Exception):
    """The settings can't be used. `str(error)` says where, what, and what is allowed.

    `path`: the file. `line`: its line, from 1, or None where it is not known.
    `key`: the setting, or None where the file as a whole can't be read.
    `problem`: what is wrong, one line. `allowed`: what would be right, or "".
    """

    def __init__(
        self, path: Path, line: int | None, key: str | None, problem: str, allowed: str = ""
    ) -> None:
        super().__init__(path, line, key, problem, allowed)
        self.path = path
        self.line = line
        self.key = key
        self.problem = problem
        self.allowed = allowed

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}, line {self.line}"
        return f"{place}: {self.problem}" + (
            f": allowed are {self.allowed}" if self.allowed else ""
        )


class NotAllowed(ValueError):  # noqa: N818
    """A value that a setting can't have.

    `key`: the setting. `problem`: the value, safe to draw, on one line. `allowed`: what it can be.
    `within`: the key inside of a table, where that one is to blame.
    """

    def __init__(self, key: str, problem: str, allowed: str, within: str | None = None) -> None:
        super().__init__(f"{problem}: allowed are {allowed}")
        self.key = key
        self.problem = problem
        self.allowed = allowed
        self.within = within


def allowed(key: str) -> str:
    """Return what a setting can be, in words that follow "allowed are"."""
    return _rules()[key].words


def check(key: str, value: object) -> Any:
    """Return a value of TOML as the setting `key` has it, or raise NotAllowed.

    Also for values from options and the environment, so that they are held to the same.
    """
    if key == "names" and isinstance(value, dict):
        return _names(value)
    import msgspec

    try:
        converted = msgspec.convert(value, _rules()[key].kind)
    except msgspec.ValidationError:
        raise NotAllowed(key, f"{key} = {_shown(value)}", allowed(key)) from None
    checker = _CHECKERS.get(key)
    return checker(converted) if checker else converted


def _login(value: str | None) -> str | None:
    return value or None


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise NotAllowed(
            "server_timezone", f"server_timezone = {_shown(value)}", allowed("server_timezone")
        ) from None
    return value


def _phones(value: tuple[str, ...]) -> tuple[str, ...]:
    from inbox_tui.text.phones import NotAPhoneNumber, parse_phone

    phones: dict[str, None] = {}
    for phone in value:
        try:
            phones[parse_phone(phone)] = None
        except NotAPhoneNumber as error:
            problem = f"only_to_phones holds {_shown(phone)} ({error})"
            raise NotAllowed("only_to_phones", problem, allowed("only_to_phones")) from None
    return tuple(phones)


def _names(value: dict[str, object]) -> dict[str, str]:
    from inbox_tui.text.phones import NotAPhoneNumber, parse_sender, phone_key

    names: dict[str, str] = {}
    keys: set[str] = set()
    for written, name in value.items():
        problem = f"[names] {_shown(written)} = {_shown(name)}"
        try:
            phone = parse_sender(written)
        except NotAPhoneNumber as error:
            problem = f"{problem} ({error})"
            raise NotAllowed("names", problem, allowed("names"), within=written) from None
        if phone_key(phone) in keys or not isinstance(name, str) or not name.strip():
            raise NotAllowed("names", problem, allowed("names"), within=written)
        keys.add(phone_key(phone))
        names[phone] = name.strip()
    return names


_CHECKERS: dict[str, Callable[[Any], object]] = {
    "login": _login,
    "server_timezone": _zone,
    "only_to_phones": _phones,
}


def load_settings(path: Path | None) -> Settings:
    """Read and check a settings file; a missing one, or None, gives the defaults.

    Raises SettingsError for a file that can't be read, an unknown key and a bad value, and for one
    that another user could have put there: it names the server that the password goes to.
    """
    if path is None:
        return Settings()
    try:
        source = read_trusted(path, _MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except PathRefused as refused:
        raise SettingsError(
            refused.path, None, None, f"{refused.reason}; {refused.remedy}"
        ) from None
    except OSError as error:
        raise SettingsError(path, None, None, f"can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(path, line, None, "is not UTF-8 text") from None
    values: dict[str, Any] = {}
    for key, value in _parsed(path, source).items():
        if key not in Settings._fields:
            raise _unknown(path, source, key)
        try:
            values[key] = check(key, value)
        except NotAllowed as error:
            within = () if error.within is None else (error.within,)
            line_found = key_line(source, key, *within) or key_line(source, key)
            raise SettingsError(path, line_found, key, error.problem, error.allowed) from None
    return Settings(**values)


def _parsed(path: Path, source: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(source)
    except (ValueError, RecursionError) as error:
        reason = str(error)
    if found := re.search(r" \(at line ([0-9]+), column [0-9]+\)$", reason):
        raise SettingsError(path, int(found[1]), None, f"not TOML: {reason[: found.start()]}")
    if reason.endswith(" (at end of document)"):
        last = len(source.rstrip().splitlines()) or 1
        raise SettingsError(path, last, None, f"not TOML: {reason}")
    raise SettingsError(path, None, None, f"not TOML: {reason.partition(';')[0]}")


def _unknown(path: Path, source: str, key: str) -> SettingsError:
    from difflib import get_close_matches

    problem = f"there is no setting {_shown_key(key)}"
    if key in {"password", "psw"}:
        problem += " (the keyring holds the password, never a file)"
    elif near := get_close_matches(key, Settings._fields, n=1):
        problem += f" (did you mean {near[0]}?)"
    return SettingsError(path, key_line(source, key), key, problem, ", ".join(Settings._fields))


_KEY = r"""(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TABLE_LINE = rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]"
_KEY_LINE = rf"[ \t]*({_DOTTED})[ \t]*="


def key_line(source: str, *key: str) -> int | None:
    """Return the line, from 1, on which a TOML text first sets a key; None where none is found.

    `key` is the path to it, such as `"names", "79110000001"`. A table header counts as setting the
    table. Text inside of a multi-line string is not told apart from keys.
    """
    table: tuple[str, ...] = ()
    for number, line in enumerate(source.split("\n"), start=1):
        if found := re.match(_TABLE_LINE, line):
            here = table = _path_of(found[1])
        elif found := re.match(_KEY_LINE, line):
            here = table + _path_of(found[1])
        else:
            continue
        if here[: len(key)] == key:
            return number
    return None


def _path_of(dotted: str) -> tuple[str, ...]:
    import tomllib

    path: list[str] = []
    try:
        node: Any = tomllib.loads(f"{dotted}=0")
    except tomllib.TOMLDecodeError:
        return ()
    while isinstance(node, dict):
        ((key, node),) = node.items()
        path.append(key)
    return tuple(path)


def _shown(value: object) -> str:
    """Return a value of TOML for an error: short, on one line, without control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{repr(value)[1:-1]}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _shown_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else _shown(key)
