"""The settings and the file that holds them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from inbox_tui.locale import _, mark, system_words
from inbox_tui.private_files import PathRefused, read_trusted

MOST_BYTES = 256 * 1024
"""The size of the largest settings file that is read."""


class Settings(NamedTuple):
    """The checked contents of `config.toml`. `SETTINGS` describes each setting.

    Use `load_settings` to create it; the constructor does not check its arguments.
    """

    login: str = ""
    server: str = "smscentre.com"
    backup_server: str = ""
    refresh_seconds: int = 20
    server_timezone: str = "Europe/Moscow"
    only_to_phones: tuple[str, ...] = ()
    """Phone numbers as returned by `parse_phone`, without duplicates."""
    window: int = 0
    keep_days: int = 0
    notify: Literal["bell", "terminal", "off"] = "bell"
    notify_text: bool = False
    remember_filters: bool = False
    theme: str = ""
    language: Literal["", "en", "ru"] = ""
    team: str = ""
    team_name: str = ""
    names: Mapping[str, str] = MappingProxyType({})
    """Names by phone number or sender, in the form that `parse_sender` returns."""
    views: Mapping[str, str] = MappingProxyType({})
    """Searches by name of the view."""
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Keys by name of the command; `CommandKeys` checks them."""


class SettingsError(Exception):
    """The settings can't be used. `str(error)` names the place, the problem and the allowed values.

    `path`: the file. `line`: the line in it, counted from 1, or None if it is not known.
    `key`: the setting, or None if the file as a whole can't be read.
    `problem`: what is wrong, in one line. `allowed`: the allowed values, or "".
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
        place = str(self.path)
        if self.line is not None:
            place = _("{path}, line {line}").format(path=self.path, line=self.line)
        allowed = (
            _(": allowed values: {allowed}").format(allowed=self.allowed) if self.allowed else ""
        )
        return f"{place}: {self.problem}{allowed}"


class _EntryError(ValueError):
    """An invalid entry of a list or table; `str(error)` may give the reason."""

    def __init__(self, entry: str, reason: object = "") -> None:
        super().__init__(f" ({reason})" if reason else "")
        self.entry = entry


class Setting(NamedTuple):
    """A row of the table of settings."""

    name: str
    convert: Callable[[Any], object]
    """Converts a TOML value to a value of `Settings`; raises ValueError, KeyError or OSError."""
    allowed: str
    """The allowed values, worded to follow "allowed values:"."""
    description: str
    """The purpose of the setting, in lower case and without a full stop."""
    example: str = ""
    """An example of a line, if the setting is a table."""

    @property
    def default(self) -> Any:
        """The value if nothing is set, taken from `Settings`."""
        return Settings._field_defaults[self.name]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _server(value: Any) -> str:
    if not _text(value):
        raise ValueError(value)
    return str(value)


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(value)
        return value

    return convert


def _one_of(*known: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in known:
            raise ValueError(value)
        return str(value)

    return convert


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _zone(value: Any) -> str:
    zoneinfo.ZoneInfo(_text(value))
    return str(value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(value)
    return value


def _phones(value: Any) -> tuple[str, ...]:
    from inbox_tui.text.phones import NotAPhoneNumber, parse_phone

    if not isinstance(value, list):
        raise ValueError(value)
    phones: dict[str, None] = {}
    for phone in value:
        try:
            phones[parse_phone(_text(phone))] = None
        except NotAPhoneNumber as error:
            raise _EntryError(phone, error) from None
    return tuple(phones)


def _names(value: Any) -> dict[str, str]:
    from inbox_tui.text.phones import NotAPhoneNumber, parse_sender, phone_key

    names: dict[str, str] = {}
    known: set[str] = set()
    for written, name in _table(value).items():
        try:
            phone = parse_sender(written)
        except NotAPhoneNumber as error:
            raise _EntryError(written, error) from None
        if phone_key(phone) in known or not isinstance(name, str) or not name.strip():
            raise _EntryError(written)
        known.add(phone_key(phone))
        names[phone] = name.strip()
    return names


def _views(value: Any) -> dict[str, str]:
    from datetime import UTC, datetime

    from inbox_tui.text.search_query import parse_query

    for name, search in _table(value).items():
        if not isinstance(search, str) or not search.strip() or not name.strip():
            raise _EntryError(name)
        if errors := parse_query(search, datetime.now(UTC), {}).errors:
            raise _EntryError(name, str(errors[0]))
    return dict(value)


def _keys(value: Any) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {}
    for command, written in _table(value).items():
        several = written if isinstance(written, list) else [written] if written != "" else []
        if not all(isinstance(key, str) for key in several):
            raise _EntryError(command)
        keys[command] = tuple(several)
    return keys


SETTINGS: Final = (
    Setting(
        "login",
        _text,
        "logins, in quotes",
        "the account to open; empty opens the one signed in last. The password or API key "
        "is never kept here: it is in the system's keyring",
    ),
    Setting(
        "server",
        _server,
        "hosts and URLs, in quotes",
        "the server; plain `http://` only for this machine",
    ),
    Setting(
        "backup_server",
        _text,
        'hosts and URLs, and "off", in quotes',
        "the server used while `server` can't be reached; empty for the documented one",
    ),
    Setting(
        "refresh_seconds",
        _whole(20, 3600),
        "whole numbers from 20 to 3600",
        "the seconds from one request to the next",
    ),
    Setting(
        "server_timezone",
        _zone,
        'names of time zones, such as "Europe/Moscow"',
        "the time zone of the server's clock",
    ),
    Setting(
        "only_to_phones",
        _phones,
        'lists of phone numbers in quotes, such as ["+7 911 000-00-01"]',
        "fetch only messages to these receiving numbers; empty fetches all messages",
    ),
    Setting(
        "window",
        _whole(0, 168),
        "hours from 1 to 168, and 0 for everything that is kept",
        "the hours shown at the start",
    ),
    Setting(
        "keep_days",
        _whole(0, 36500),
        "days from 1 to 36500, and 0 to keep them for ever",
        "the number of days after which a message is deleted",
    ),
    Setting(
        "notify",
        _one_of("bell", "terminal", "off"),
        '"bell", "terminal" (a notification by the terminal) and "off"',
        "how a new message is announced while you look elsewhere",
    ),
    Setting(
        "notify_text",
        _yes_or_no,
        "true and false",
        "whether the terminal's notification shows sender and text",
    ),
    Setting(
        "remember_filters",
        _yes_or_no,
        "true and false",
        "whether number, window and state are restored at the start",
    ),
    Setting(
        "theme",
        _text,
        '"inbox-dark", "inbox-light", "inbox-terminal", and the names of Textual\'s themes',
        "the colours; empty for dark or light, to match the terminal",
    ),
    Setting(
        "language",
        _one_of("", "en", "ru"),
        '"en", "ru", and "" for the system\'s',
        "the language of the interface",
    ),
    Setting(
        "team",
        _text,
        "URLs as `team join` writes them, without a password",
        "the team's hub; `team join` sets it",
    ),
    Setting(
        "team_name",
        _text,
        "names, in quotes",
        "how colleagues see you",
    ),
    Setting(
        "names",
        _names,
        "lines with a number or sender and its name, each once",
        "names shown instead of phone numbers and senders",
        '"+7 911 000-00-01" = "Orders"',
    ),
    Setting(
        "views",
        _views,
        "lines with a name and a search, in quotes",
        "named searches, on the keys 1 to 9 and in the palette",
        'Codes = "has:code after:yesterday"',
    ),
    Setting(
        "keys",
        _keys,
        "lines with a command and its key, or a list of keys, in quotes",
        "other keys for commands, by their names in the README's table of keys; an empty "
        "one removes the key",
        'refresh = "f5"',
    ),
)
"""Every setting, in the order of `Settings`.

The source for the template, the checks, the output of `config` and the README's table.
"""

_BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


def toml(value: object) -> str:
    """Return a value of `Settings`, other than a table, in TOML."""
    import json  # strings and lists are written alike in JSON and TOML

    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def template() -> str:
    """Return a settings file with every setting commented out at its default.

    A setting begins with `#` and no space, an explanation with `#` and a space.
    """
    from textwrap import wrap

    parts = [_(_TEMPLATE_HEAD)]
    for setting in SETTINGS:
        description = _(setting.description)
        words = f"{description[0].upper()}{description[1:]}. "
        words += _("Allowed values: {allowed}.").format(allowed=_(setting.allowed))
        lines = wrap(words.replace("`", ""), 77, break_on_hyphens=False)
        if setting.example:
            lines += [_("For example:"), setting.example]
            default = f"[{setting.name}]"
        else:
            default = f"{setting.name} = {toml(setting.default)}"
        parts.append("".join(f"# {line}\n" for line in lines) + f"#{default}\n")
    return "\n".join(parts)


_TEMPLATE_HEAD: Final = mark("""\
# Settings of inbox-tui. A line that begins with "#" and no space shows a default:
# remove the "#" and change the value.
""")


def load_settings(path: Path) -> Settings:
    """Read and check a settings file; return the defaults if it is missing.

    Raises SettingsError if the file can't be read, has an unknown key or a bad value, or could have
    been written by another user: it names the server to which the password is sent.
    """
    source = read_source(path)
    return parse_settings(path, source) if source else Settings()  # importing tomllib is slow


def read_source(path: Path) -> str:
    """Return the text of a settings file, or "" if it is missing. Raises SettingsError."""
    try:
        return read_trusted(path, MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except PathRefused as refused:
        raise path_error(refused) from None
    except OSError as error:
        problem = _("can't be read: {strerror}").format(strerror=system_words(error))
        raise SettingsError(path, None, None, problem) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(path, line, None, _("is not UTF-8 text")) from None


def path_error(refused: PathRefused) -> SettingsError:
    """Return the SettingsError for a settings file or folder that is not private enough."""
    return SettingsError(refused.path, None, None, f"{refused.reason}; {refused.remedy}")


def parse_settings(path: Path, source: str) -> Settings:
    """Return the settings in the text of the file at `path`. Raises SettingsError."""
    values: dict[str, Any] = {}
    for key, value in _parsed(path, source).items():
        if key not in Settings._fields:
            raise _unknown(path, source, key)
        try:
            values[key] = _BY_NAME[key].convert(value)
        except (ValueError, KeyError, OSError) as error:
            raise _refused(path, source, key, value, error) from None
    return Settings(**values)


def _refused(path: Path, source: str, key: str, value: Any, error: Exception) -> SettingsError:
    line = key_line(source, key)
    if not isinstance(error, _EntryError):
        problem = f"{key} = {_shown(value)}"
    elif isinstance(value, dict):
        line = key_line(source, key, error.entry) or line
        problem = f"[{key}] {_shown(error.entry)} = {_shown(value[error.entry])}{error}"
    else:
        problem = _("{key} contains {entry}").format(key=key, entry=_shown(error.entry)) + str(
            error
        )
    return SettingsError(path, line, key, problem, _(_BY_NAME[key].allowed))


def _parsed(path: Path, source: str) -> dict[str, Any]:
    import tomllib

    line, where = None, ""
    try:
        return tomllib.loads(source)
    except RecursionError:
        reason = "Nested too deeply"
    except ValueError as error:
        reason = str(error)
        if found := re.search(r" \(at line ([0-9]+), column [0-9]+\)$", reason):
            line, reason = int(found[1]), reason[: found.start()]
        elif reason.endswith(" (at end of document)"):
            line, where = len(source.rstrip().splitlines()) or 1, _(" (at end of document)")
            reason = reason.removesuffix(" (at end of document)")
        else:  # an integer with thousands of digits
            reason = "Invalid value"
    problem = _("not TOML: {reason}").format(reason=_(reason) + where)
    raise SettingsError(path, line, None, problem)


def _unknown(path: Path, source: str, key: str) -> SettingsError:
    from difflib import get_close_matches

    problem = _("there is no setting {key}").format(key=_shown_key(key))
    if key in {"password", "psw", "api_key", "apikey"}:
        problem += _(" (passwords and API keys are kept in the keyring, never in a file)")
    elif near := get_close_matches(key, Settings._fields, n=1):
        problem += _(" (did you mean {near}?)").format(near=near[0])
    return SettingsError(path, key_line(source, key), key, problem, ", ".join(Settings._fields))


_KEY = r"""(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TABLE_LINE = rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]"
_KEY_LINE = rf"[ \t]*({_DOTTED})[ \t]*="


def key_line(source: str, *key: str) -> int | None:
    """Return the line, counted from 1, on which a TOML text first sets a key, or None.

    `key` is the path to the value, such as `"names", "79110000001"`. A table header counts as
    setting the table. A line inside a multi-line string may be mistaken for a key.
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
    """Return a TOML value for an error message: short, on one line, without control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{repr(value)[1:-1]}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _shown_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else _shown(key)
